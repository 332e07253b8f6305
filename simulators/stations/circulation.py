"""Circulation pumps: curves, affinity, drives, and the flow that a station's resistances allow.

What lives here: pump and drive of each station. What does not: what divides the flow
(`simulators.stations.secondary_network`), static pressure (`simulators.stations.pressure_keeping`).

H = H0·s² - a·G² with s the speed over that at 50 Hz, in series with exchanger and strainer and the buildings:
G = s·sqrt(H0/(a + R)), so G ~ s, H ~ s² and P ~ s³. Efficiency falls to both sides of the best point at equal G/s.
Two pumps, one on duty; they change every week.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout
from simulators.effects import Effects
from simulators.random_streams import RandomStreams

__all__ = ["Circulation", "PumpParameters", "draw_pumps"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_NOMINAL_HZ = 50.0
_BAND_HZ = (25.0, 50.0)
_RAMP_HZ_PER_S = 1.5
_COAST_DOWN_S = 2.5
_CONTROL_S = 180.0
"""Time in which the drive corrects the differential pressure."""
_EXCHANGER_MPA, _STRAINER_MPA = 0.045, (0.006, 0.014)
"""Pressure loss of clean exchanger and strainer on the secondary side at design flow."""
_SHUT_OFF = 1.35
_WEEK_S = 7 * 86400.0
_LEAST_SHARE = 0.002


@dataclass(frozen=True)
class PumpParameters:
    """Constants, shape ``(n_stations,)``."""

    design_m3_per_h: Floats
    design_hz: Floats
    design_mpa: Floats
    """Head at design: buildings, exchanger and strainer."""
    network_mpa: Floats
    """Differential pressure of the buildings at design, the setpoint of drives that keep it."""
    exchanger_mpa: Floats
    """Loss of the clean exchanger at design flow."""
    strainer_mpa: Floats
    """Loss of the clean strainer at design flow."""
    efficiency: Floats
    """Pump, motor and drive at the best point."""
    keeps_pressure: Flags
    """True where the drive keeps the differential pressure, False where it follows the weather."""
    first_duty: NDArray[np.int64]
    air_phase: Floats
    """Where the swing of air-bound flow begins, 0 to 1."""

    def steepness(self) -> Floats:
        """Return a of the pump curve [MPa/(m³/h)²]."""
        return np.asarray((_SHUT_OFF - 1) * self.design_mpa / np.square(self.design_m3_per_h))

    def shut_off_mpa(self) -> Floats:
        """Return H0 at 50 Hz [MPa]."""
        return np.asarray(_SHUT_OFF * self.design_mpa * np.square(_NOMINAL_HZ / self.design_hz))


def draw_pumps(
    layout: CityLayout, random: RandomStreams, *, flow_m3_per_h: Floats, network_mpa: Floats
) -> PumpParameters:
    """Draw the pumps for design flow and network loss, shape ``(n_stations,)``, from streams ``pump.*``."""
    keys = layout.station_key

    def between(name: str, low: float, high: float) -> Floats:
        return low + (high - low) * random.uniform(f"pump.{name}", keys)

    strainer = between("strainer", *_STRAINER_MPA)
    exchanger = np.full(len(keys), _EXCHANGER_MPA)
    return PumpParameters(
        design_m3_per_h=flow_m3_per_h,
        design_hz=between("frequency", 40, 46),
        design_mpa=network_mpa + exchanger + strainer,
        network_mpa=network_mpa,
        exchanger_mpa=exchanger,
        strainer_mpa=strainer,
        efficiency=between("efficiency", 0.52, 0.66),
        keeps_pressure=random.uniform("pump.keeps_pressure", keys) < 0.6,
        first_duty=(random.uniform("pump.duty", keys) < 0.5).astype(np.int64),
        air_phase=random.uniform("pump.air", keys),
    )


class Circulation:
    """State of all circulation pumps, shape ``(n_stations,)``."""

    def __init__(self, parameters: PumpParameters) -> None:
        p = self.parameters = parameters
        n = len(p.design_hz)
        self._shut_off, self._steepness = p.shut_off_mpa(), p.steepness()
        self._per_square = 1 / np.square(p.design_m3_per_h)
        self.frequency_hz = p.design_hz.copy()
        self._wanted_hz = p.design_hz.copy()
        self.flow_m3_per_h = p.design_m3_per_h.copy()
        self.runs = np.ones(n, np.bool_)
        self.fault = np.zeros(n, np.bool_)
        """The duty pump has tripped."""
        self.duty = p.first_duty + 1
        """Pump on duty, 1 or 2."""
        self.network_mpa = p.network_mpa.copy()
        """Differential pressure between supply and return header."""
        self.exchanger_mpa = p.exchanger_mpa.copy()
        self.strainer_mpa = p.strainer_mpa.copy()
        self.power_kw = np.zeros(n)

    def drive(self, dt_s: float, t_s: float, outdoor_c: Floats, allowed: Flags, effects: Effects) -> None:
        """Start, stop and speed pumps.

        Parameters
        ----------
        dt_s, t_s : float
            Length of the step, and the moment at its end [epoch s].
        outdoor_c : ndarray
            (n_stations,) filtered outdoor temperature.
        allowed : ndarray
            (n_stations,) False where low pressure locks the pump.
        effects : Effects
            Reads `mains_ok`, `pump_tripped`, `drive_frozen`.
        """
        p = self.parameters
        self.fault = effects.pump_tripped
        self.runs = effects.mains_ok & ~effects.pump_tripped & allowed
        self.duty = (p.first_duty + int(t_s // _WEEK_S)) % 2 + 1
        relief = np.clip((-10 - outdoor_c) / 20, -0.5, 1.0)
        by_weather = p.design_hz * (0.94 + 0.06 * relief)
        miss = (p.network_mpa - self.network_mpa) / p.network_mpa
        by_pressure = self._wanted_hz + p.design_hz * np.clip(miss, -0.5, 0.5) * 0.5 * min(
            dt_s / _CONTROL_S, 1.0
        )
        wanted = np.clip(np.where(p.keeps_pressure & self.runs, by_pressure, by_weather), *_BAND_HZ)
        self._wanted_hz = np.where(effects.drive_frozen, self._wanted_hz, wanted)
        target = np.where(self.runs, self._wanted_hz, 0.0)
        rate = np.where(self.runs, _RAMP_HZ_PER_S * dt_s, 100.0)
        way = target - self.frequency_hz
        self.frequency_hz = self.frequency_hz + np.minimum(np.maximum(way, -rate), rate)

    def flow(self, dt_s: float, t_s: float, network_conductance: Floats, effects: Effects) -> None:
        """Find the flow.

        Parameters
        ----------
        dt_s, t_s : float
            Length of the step, and the moment at its end [epoch s].
        network_conductance : ndarray
            (n_stations,) of all buildings [m³/h/MPa^½].
        effects : Effects
            Reads `pump_head_factor`, `strainer_secondary_factor`, `exchanger_resistance_factor`, `air_share`.
        """
        p = self.parameters
        strainer = p.strainer_mpa * self._per_square * effects.strainer_secondary_factor
        exchanger = p.exchanger_mpa * self._per_square * effects.exchanger_resistance_factor
        buildings = 1 / np.square(np.maximum(network_conductance, 1e-6))
        speed = self.frequency_hz / _NOMINAL_HZ
        against = effects.pump_head_factor * self._steepness + strainer + exchanger + buildings
        target = speed * np.sqrt(effects.pump_head_factor * self._shut_off / against)
        if effects.air_share.any():
            target = target * (1 - effects.air_share * self._swing(t_s))
        flow = target + (self.flow_m3_per_h - target) * np.exp(-dt_s / _COAST_DOWN_S)
        self.flow_m3_per_h = np.where(flow < _LEAST_SHARE * p.design_m3_per_h, 0.0, flow)
        square = np.square(self.flow_m3_per_h)
        self.network_mpa, self.exchanger_mpa = buildings * square, exchanger * square
        self.strainer_mpa = strainer * square
        self._draw_power(speed)

    def _swing(self, t_s: float) -> Floats:
        """Return how strongly air acts at a moment, 0.4 to 1: two swings of minutes, at each station its own."""
        turn = self.parameters.air_phase
        slow = np.sin(2 * np.pi * (t_s / (310 + 130 * turn) + turn))
        fast = np.sin(2 * np.pi * (t_s / (83 + 40 * turn) + 3 * turn))
        return np.asarray(0.7 + 0.18 * slow + 0.12 * fast)

    def _draw_power(self, speed: Floats) -> None:
        p = self.parameters
        head = self.network_mpa + self.exchanger_mpa + self.strainer_mpa
        best = p.design_m3_per_h * self.frequency_hz / p.design_hz
        off = self.flow_m3_per_h / np.maximum(best, 1e-9) - 1
        efficiency = p.efficiency * np.maximum(1 - 0.6 * off * off, 0.25)
        water_kw = self.flow_m3_per_h * head / 3.6
        idle_kw = 0.25 * p.design_m3_per_h * p.design_mpa / 3.6 * speed**3
        self.power_kw = np.where(self.runs, np.maximum(water_kw / efficiency, idle_kw), 0.0)
