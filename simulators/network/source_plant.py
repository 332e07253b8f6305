"""Heat sources: boilers with capacity and ramp, network pumps, make-up and pressure keeping.

What lives here: the state of the sources, shape ``(n_sources,)``. What does not: pipes and stations
(`simulators.network.primary_network`).

Boilers are one volume of water: V·c·dT/dt = heat - c·G·(T - T_return). Heat follows the wish c·G·(T_set - T_return) and what
warms the volume, at most 2 % of capacity a minute up (fluidised-bed boilers and extraction turbines 2 to 5 %), never
above capacity: when the load is larger, the supply temperature falls. A trip takes capacity away at once. Pumps follow
the affinity laws and keep the differential pressure at the source.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.water import WATER_KJ_PER_M3_K, WATER_KW_PER_M3_PER_H_K

__all__ = ["HeatSources", "SourceParameters", "SourceState"]

Floats = NDArray[np.float64]

_FILTER_S = 6 * 3600.0
_MILD_C, _COLD_C = 76.0, 106.0
"""Supply temperature at +5 and at -25 °C outside [°C]."""
_SETPOINT_RAMP_K_PER_H = 15.0
_HEAT_RAMP_PER_H = 1.2
"""Rise of heat a boiler house can follow, as a share of capacity."""
_BOILER_H = 0.1
"""Content of boilers and headers in hours of design flow."""
_WARM_UP_S = 900.0
_HOLD_MPA = 0.30
"""Setpoint of the return pressure at the source."""
_SUCTION_MPA = 0.06
"""Below this return pressure the network pumps cavitate."""
_MAKEUP_SHARE = 0.04
"""Largest make-up as a share of design flow: twice the normal 2 % (CJJ/T 34, emergency)."""
_SEEPAGE_SHARE = 0.003
"""What every network loses, as a share of the flow."""
_MAKEUP_C = 20.0
_SPEED_LIMIT = 1.05
_SPEED_S = 60.0
_SHUT_OFF = 1.25
"""Head of the pumps at no flow over head at design."""


@dataclass(frozen=True)
class SourceParameters:
    """Constants of the sources, shape ``(n_sources,)``."""

    design_m3_per_h: Floats
    design_head_mpa: Floats
    """Differential pressure at design, which the pumps keep."""
    capacity_kw: Floats
    compliance_m3_per_mpa: Floats

    def steepness(self) -> Floats:
        """Return a of the pump curve H = H0·s² - a·G² [MPa/(m³/h)²]."""
        return np.asarray((_SHUT_OFF - 1) * self.design_head_mpa / np.square(self.design_m3_per_h))


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the sources meter, shape ``(n_sources,)``."""

    supply_c: Floats
    return_c: Floats
    flow_m3_per_h: Floats
    supply_mpa: Floats
    return_mpa: Floats
    makeup_m3_per_h: Floats
    heat_gj_per_h: Floats


class HeatSources:
    """State of all sources, shape ``(n_sources,)``."""

    def __init__(self, parameters: SourceParameters, *, outdoor_c: float) -> None:
        p = self.parameters = parameters
        n = len(p.design_m3_per_h)
        self._outdoor_c = outdoor_c
        self.setpoint_c = np.full(n, _schedule_c(outdoor_c))
        self.supply_c = self.setpoint_c.copy()
        self.return_c = np.full(n, 45.0)
        self.heat_kw = 0.6 * p.capacity_kw
        self.speed = np.full(n, 0.9)
        self.hold_mpa = np.full(n, _HOLD_MPA)
        self.flow_m3_per_h = 0.8 * p.design_m3_per_h
        self.makeup_m3_per_h = _SEEPAGE_SHARE * self.flow_m3_per_h
        self.pump_factor = np.ones(n)
        self.heat_kj = np.zeros(n)
        """Given to the water since the start [kJ]."""
        self.water_kj = np.zeros(n)
        """Heat that make-up brought less what it replaced took away, over the start, negative [kJ]."""

    def head_mpa(self) -> Floats:
        """Return the head of the pumps at no flow [MPa]."""
        kept = np.clip(self.hold_mpa / _SUCTION_MPA, 0.0, 1.0)
        return np.asarray(
            _SHUT_OFF * self.parameters.design_head_mpa * self.speed**2 * self.pump_factor * kept
        )

    def turn_pumps(self, dt_s: float, pump_factor: Floats) -> None:
        """Let the drives of the pumps follow the differential pressure.

        Parameters
        ----------
        dt_s : float
            Length of the step.
        pump_factor : ndarray
            (n_sources,) share of the head that is left.
        """
        p = self.parameters
        self.pump_factor = pump_factor
        wanted = p.design_head_mpa + p.steepness() * np.square(self.flow_m3_per_h)
        available = np.maximum(_SHUT_OFF * p.design_head_mpa * pump_factor, 1e-9)
        target = np.minimum(np.sqrt(wanted / available), _SPEED_LIMIT)
        self.speed = target + (self.speed - target) * np.exp(-dt_s / _SPEED_S)

    def fire(
        self,
        dt_s: float,
        outdoor_c: float,
        *,
        return_c: Floats,
        flow_m3_per_h: Floats,
        capacity_factor: Floats,
    ) -> None:
        """Let boilers give heat for a step.

        Parameters
        ----------
        dt_s : float
            Length of the step.
        outdoor_c : float
            Weather.
        return_c, flow_m3_per_h : ndarray
            (n_sources,) of the water that came back during the step, make-up included.
        capacity_factor : ndarray
            (n_sources,) share of the capacity that is left.
        """
        p, hours = self.parameters, dt_s / 3600
        self._outdoor_c = outdoor_c + (self._outdoor_c - outdoor_c) * float(np.exp(-dt_s / _FILTER_S))
        change = np.clip(
            _schedule_c(self._outdoor_c) - self.setpoint_c,
            -_SETPOINT_RAMP_K_PER_H * hours,
            _SETPOINT_RAMP_K_PER_H * hours,
        )
        self.setpoint_c = self.setpoint_c + change
        water_kj_per_k = _BOILER_H * p.design_m3_per_h * WATER_KJ_PER_M3_K
        carried = WATER_KW_PER_M3_PER_H_K * flow_m3_per_h
        wish = carried * (self.setpoint_c - return_c)
        wish = wish + water_kj_per_k / _WARM_UP_S * (self.setpoint_c - self.supply_c)
        limit = np.minimum(
            p.capacity_kw * capacity_factor, self.heat_kw + _HEAT_RAMP_PER_H * hours * p.capacity_kw
        )
        self.heat_kw = np.clip(wish, 0.0, limit)
        gain_kw = self.heat_kw - carried * (self.supply_c - return_c)
        self.supply_c = self.supply_c + gain_kw * dt_s / water_kj_per_k
        self.return_c, self.flow_m3_per_h = return_c, flow_m3_per_h
        self.heat_kj = self.heat_kj + self.heat_kw * dt_s

    def make_up(self, dt_s: float, *, returned_m3_per_h: Floats, sent_m3_per_h: Floats) -> Floats:
        """Replace what the network lost and keep the return pressure; return the make-up [m³/h].

        Parameters
        ----------
        dt_s : float
            Length of the step.
        returned_m3_per_h, sent_m3_per_h : ndarray
            (n_sources,) flow coming back and flow sent out.
        """
        p = self.parameters
        lost = np.maximum(sent_m3_per_h - returned_m3_per_h, 0.0) + _SEEPAGE_SHARE * sent_m3_per_h
        wish = lost + p.compliance_m3_per_mpa * (_HOLD_MPA - self.hold_mpa) * 12
        self.makeup_m3_per_h = np.clip(wish, 0.0, _MAKEUP_SHARE * p.design_m3_per_h)
        gain_m3 = (self.makeup_m3_per_h - lost) * dt_s / 3600
        self.hold_mpa = np.clip(self.hold_mpa + gain_m3 / p.compliance_m3_per_mpa, 0.005, 1.6)
        return self.makeup_m3_per_h

    def mixed_return_c(self, return_c: Floats, sent_m3_per_h: Floats, dt_s: float) -> Floats:
        """Return the temperature of the return after the make-up has been mixed in [°C]."""
        cold = np.minimum(self.makeup_m3_per_h, sent_m3_per_h)
        fall_k = cold * (return_c - _MAKEUP_C) / np.maximum(sent_m3_per_h, 1e-9)
        self.water_kj = self.water_kj - WATER_KW_PER_M3_PER_H_K * sent_m3_per_h * fall_k * dt_s
        return np.asarray(return_c - fall_k)

    def stored_kj(self) -> Floats:
        """Return the heat in boilers and headers above 0 °C [kJ]."""
        return np.asarray(_BOILER_H * self.parameters.design_m3_per_h * WATER_KJ_PER_M3_K * self.supply_c)


def _schedule_c(outdoor_c: float) -> float:
    share = min(1.1, max(-0.1, (5 - outdoor_c) / 30))
    return _MILD_C + (_COLD_C - _MILD_C) * share
