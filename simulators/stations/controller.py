"""Station controllers: outdoor filter, setpoint, PI control of the valve, and the actuator.

What lives here: what the controller sees and commands. What does not: what the water does
(`simulators.stations.station_model`), pumps (`simulators.stations.circulation`).

The controller scans once a minute, knows the water temperature of the scan before (sensor pocket, pipes, averaging) and
holds its command between scans; with the valve's stroke of 60 to 150 s this dead time makes the loop hunt when its gain
is far too high. The mode says who steers: AUTO the curve, REMOTE the same from the dispatch centre, LOCAL nobody:
valve and setpoint stay.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout
from simulators.effects import Effects
from simulators.random_streams import RandomStreams
from simulators.stations.compensation_curve import design_waters_c, setback_share

__all__ = ["ControlMode", "ControllerParameters", "StationControllers", "draw_controllers"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_SCAN_S = 60.0
"""Cycle of the loop: slow valves on slow water are scanned about once a minute."""
_ROOM_C = 20.0
_ZONE_H = 8.0
"""Local time of the controllers against UTC [h]."""
_SUN_K_PER_W_M2 = 0.014
"""Rise of a sensor on a sunlit wall per W/m² [K]; 8 K at a clear noon."""
_SUPPLY_BAND_C = (20.0, 95.0)
_HAND = (2.0, 98.0)


class ControlMode(IntEnum):
    """Who steers a station, as sent in ``control_mode``."""

    LOCAL = 0
    REMOTE = 1
    AUTO = 2


@dataclass(frozen=True)
class ControllerParameters:
    """Constants, shape ``(n_stations,)``."""

    curve_supply_c: Floats
    """Supply temperature at design weather."""
    curve_return_c: Floats
    curve_exponent: Floats
    curve_offset_k: Floats
    """What operators have added over the years."""
    filter_s: Floats
    """Time constant of the outdoor filter, 2 to 4 h."""
    setback_k: Floats
    """Depth of the station's own night setback; 0 for most."""
    setback_begin_h: Floats
    setback_length_h: Floats
    gain_pct_per_k: Floats
    reset_s: Floats
    stroke_s: Floats
    """Time from shut to open, 60 to 150 s."""
    outdoor_bias_k: Floats


def draw_controllers(
    layout: CityLayout, random: RandomStreams, *, curve_supply_c: Floats, spread_k: Floats, offset_k: Floats
) -> ControllerParameters:
    """Draw the controllers from streams ``controller.*``.

    Parameters
    ----------
    layout : CityLayout
        Stations.
    random : RandomStreams
        Where the numbers come from.
    curve_supply_c, spread_k : ndarray
        (n_stations,) supply temperature and spread at design weather.
    offset_k : ndarray
        (n_stations,) per-station offset of the curve.
    """
    keys = layout.station_key

    def between(name: str, low: float, high: float) -> Floats:
        return low + (high - low) * random.uniform(f"controller.{name}", keys)

    floor = layout.station_floor_heating
    sets_back = random.uniform("controller.sets_back", keys) < 0.15
    return ControllerParameters(
        curve_supply_c=curve_supply_c,
        curve_return_c=curve_supply_c - spread_k,
        curve_exponent=np.where(floor, between("floor", 0.0, 0.1), between("radiator", 0.25, 0.35)),
        curve_offset_k=offset_k,
        filter_s=between("filter", 2 * 3600, 4 * 3600),
        setback_k=np.where(sets_back, between("setback", 1.0, 2.0), 0.0),
        setback_begin_h=between("begin", 22.0, 23.5),
        setback_length_h=between("length", 5.0, 6.5),
        gain_pct_per_k=between("gain", 0.6, 1.0),
        reset_s=between("reset", 240, 400),
        stroke_s=between("stroke", 60, 150),
        outdoor_bias_k=0.4 * random.normal("controller.outdoor", keys),
    )


class StationControllers:
    """State of all controllers, shape ``(n_stations,)``."""

    def __init__(self, parameters: ControllerParameters, *, outdoor_c: float, t_s: float = 0.0) -> None:
        p = self.parameters = parameters
        n = len(p.filter_s)
        self.outdoor_sensor_c = outdoor_c + p.outdoor_bias_k
        """What the outdoor sensor shows, sun included [°C]."""
        self.outdoor_filtered_c = self.outdoor_sensor_c.copy()
        self.mode = np.full(n, int(ControlMode.AUTO), np.int64)
        self.valve_command_pct = np.full(n, 60.0)
        self.valve_pct = np.full(n, 60.0)
        self._integral_pct = np.full(n, 60.0)
        self._since_scan_s = 0.0
        self.setpoint_c = np.round(self._curve(t_s, np.zeros(n), np.zeros(n)), 1)
        self._seen_c = self.setpoint_c.copy()

    def _curve(self, t_s: float, extra_setback_k: Floats, clock_shift_s: Floats) -> Floats:
        p = self.parameters
        supply, _ = design_waters_c(
            self.outdoor_filtered_c,
            room_c=_ROOM_C,
            supply_c=p.curve_supply_c,
            return_c=p.curve_return_c,
            exponent=p.curve_exponent,
        )
        hour = np.mod((t_s + clock_shift_s) / 3600 + _ZONE_H, 24.0)
        share = setback_share(hour, begin_h=p.setback_begin_h, length_h=p.setback_length_h)
        return np.asarray(supply + p.curve_offset_k - (p.setback_k + extra_setback_k) * share)

    def look_outside(self, dt_s: float, outdoor_c: float, radiation_w_per_m2: float, sun: Floats) -> None:
        """Filter what the outdoor sensors show; `sun` is 0 in the shade to 1 on a sunlit wall."""
        p = self.parameters
        self.outdoor_sensor_c = outdoor_c + p.outdoor_bias_k + _SUN_K_PER_W_M2 * radiation_w_per_m2 * sun
        keep = np.exp(-dt_s / p.filter_s)
        self.outdoor_filtered_c = (
            self.outdoor_sensor_c + (self.outdoor_filtered_c - self.outdoor_sensor_c) * keep
        )

    def steer(self, dt_s: float, t_s: float, supply_c: Floats, circulates: Flags, effects: Effects) -> None:
        """Scan, command and let the actuators travel.

        Parameters
        ----------
        dt_s, t_s : float
            Length of the step, and the moment at its end [epoch s].
        supply_c : ndarray
            (n_stations,) true secondary supply temperature.
        circulates : ndarray
            (n_stations,) True where a circulation pump runs; elsewhere the interlock shuts the valve.
        effects : Effects
            Reads what acts on controllers, valves and the supply sensor.
        """
        self._since_scan_s += dt_s
        if self._since_scan_s >= _SCAN_S - 1e-6:
            seen_c = self._seen_c + effects.supply_sensor_shift_k
            self._scan(self._since_scan_s, t_s, seen_c, circulates, effects)
            self._since_scan_s, self._seen_c = 0.0, supply_c.copy()
        steered = effects.mains_ok & (self.mode != ControlMode.LOCAL)
        shut = steered & ~circulates
        self.valve_command_pct = np.where(shut, 0.0, self.valve_command_pct)
        moves = effects.mains_ok & ~effects.valve_stuck
        travel: Floats = np.where(moves, 100 * dt_s / self.parameters.stroke_s, 0.0)
        low, high = self.valve_pct - travel, self.valve_pct + travel
        self.valve_pct = np.minimum(np.maximum(self.valve_command_pct, low), high)

    def _scan(self, dt_s: float, t_s: float, seen_c: Floats, circulates: Flags, effects: Effects) -> None:
        p = self.parameters
        curve = self._curve(t_s, effects.setback_k, effects.controller_clock_shift_s) + effects.curve_shift_k
        steered = effects.mains_ok & (self.mode != ControlMode.LOCAL)
        low, high = _SUPPLY_BAND_C
        wanted = np.asarray(np.minimum(np.maximum(curve, low), high), np.float64).round(1)
        self.setpoint_c = np.where(steered, wanted, self.setpoint_c)
        error_k = self.setpoint_c - seen_c
        active = steered & circulates
        gain = p.gain_pct_per_k * effects.valve_gain_factor
        step = gain * error_k * dt_s / p.reset_s
        integral = np.clip(self._integral_pct + step, *_HAND)
        self._integral_pct = np.where(active, integral, self._integral_pct)
        command = np.clip(self._integral_pct + gain * error_k, 0.0, 100.0)
        self.valve_command_pct = np.where(active, command, self.valve_command_pct)
