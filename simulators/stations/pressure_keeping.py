"""Static pressure of the secondary side: make-up, tank, leaks, relief valve, low-pressure lock.

What lives here: how much water the closed loop holds and what that does to its pressure. What does not: where holes
come from (`simulators.faults`).

The loop takes up water with a compliance [m³/MPa] (expansion vessel and trapped air). Make-up pumps start below the setpoint
and stop above it, the second one when the first cannot hold; a float valve refills the tank. Primary water that comes
through a leaking exchanger raises the pressure until the relief valve opens.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.effects import Effects
from simulators.orifice import orifice_m3_per_h

__all__ = ["PressureKeeping", "PressureParameters"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_START_MPA, _STOP_MPA = 0.009, 0.004
"""Make-up starts this far below and stops this far above the setpoint."""
_SECOND_MPA = 0.022
_MAKEUP_SHARE = 0.022
"""Delivery of one make-up pump as a share of design flow."""
_RELIEF_OPENS_MPA, _RELIEF_SHUTS_MPA = 0.18, 0.12
"""Over the setpoint of the return pressure."""
_RELIEF_M2 = 2.0e-4
_LOCK_MPA, _UNLOCK_MPA = 0.11, 0.06
"""Below the setpoint: the circulation pump stops, and may start again."""
_TANK_LOCK_M, _TANK_UNLOCK_M = 0.3, 0.45
_INLET_M3_PER_H = 6.0
_FLOAT_SHARE = 0.85
_MOST_MPA = 1.6


@dataclass(frozen=True)
class PressureParameters:
    """Constants, shape ``(n_stations,)``."""

    setpoint_mpa: Floats
    """Setpoint of the return pressure."""
    compliance_m3_per_mpa: Floats
    makeup_m3_per_h: Floats
    """Delivery of one make-up pump."""
    seepage_m3_per_h: Floats
    """What every old network loses."""
    tank_full_m: Floats
    tank_m2: Floats

    @staticmethod
    def makeup_of(flow_m3_per_h: Floats) -> Floats:
        """Return the delivery of a make-up pump for a design flow [m³/h]."""
        return np.asarray(_MAKEUP_SHARE * flow_m3_per_h)


class PressureKeeping:
    """State of all loops, shape ``(n_stations,)``."""

    def __init__(self, parameters: PressureParameters) -> None:
        p = self.parameters = parameters
        n = len(p.setpoint_mpa)
        self.hold_mpa = p.setpoint_mpa - 0.003
        """Return pressure."""
        self.makeup_runs = np.zeros(n, np.bool_)
        self.second_runs = np.zeros(n, np.bool_)
        self.makeup_fault = np.zeros(n, np.bool_)
        self.makeup_m3_per_h = np.zeros(n)
        self.leak_m3_per_h = p.seepage_m3_per_h.copy()
        self.relief_m3_per_h = np.zeros(n)
        self.relief_open = np.zeros(n, np.bool_)
        self.pump_allowed = np.ones(n, np.bool_)
        self.tank_m = 0.82 * p.tank_full_m
        self._tank_dry = np.zeros(n, np.bool_)
        self.makeup_total_m3 = np.zeros(n)

    def step(self, dt_s: float, lift_mpa: Floats, from_primary_m3_per_h: Floats, effects: Effects) -> None:
        """Go on by `dt_s` seconds.

        Parameters
        ----------
        dt_s : float
            Length of the step.
        lift_mpa : ndarray
            (n_stations,) differential pressure of the network; a hole sees half of it on average.
        from_primary_m3_per_h : ndarray
            (n_stations,) water coming through the exchanger; negative where it leaves.
        effects : Effects
            Reads `makeup_failed`, `mains_ok`, `secondary_leak_m2`.
        """
        p, hours = self.parameters, dt_s / 3600
        self._run_makeup(effects)
        seep = p.seepage_m3_per_h * np.sqrt(np.maximum(self.hold_mpa / p.setpoint_mpa, 0.0))
        hole = orifice_m3_per_h(effects.secondary_leak_m2, self.hold_mpa + 0.5 * lift_mpa)
        self._relieve()
        supply = self.makeup_m3_per_h + from_primary_m3_per_h
        held = np.maximum(self.hold_mpa * p.compliance_m3_per_mpa / hours + supply, 0.0)
        self.leak_m3_per_h = np.minimum(seep + hole, held)
        gain = (supply - self.leak_m3_per_h - self.relief_m3_per_h) * hours / p.compliance_m3_per_mpa
        self.hold_mpa = np.clip(self.hold_mpa + gain, 0.0, _MOST_MPA)
        below = p.setpoint_mpa - self.hold_mpa
        self.pump_allowed = np.where(self.pump_allowed, below < _LOCK_MPA, below < _UNLOCK_MPA)
        inlet = np.clip((_FLOAT_SHARE * p.tank_full_m - self.tank_m) * 20, 0.0, _INLET_M3_PER_H)
        level = self.tank_m + (inlet - self.makeup_m3_per_h) * hours / p.tank_m2
        self.tank_m = np.clip(level, 0.0, p.tank_full_m)
        self.makeup_total_m3 = self.makeup_total_m3 + self.makeup_m3_per_h * hours

    def _run_makeup(self, effects: Effects) -> None:
        p = self.parameters
        below = p.setpoint_mpa - self.hold_mpa
        self._tank_dry = np.where(self._tank_dry, self.tank_m < _TANK_UNLOCK_M, self.tank_m < _TANK_LOCK_M)
        able = effects.mains_ok & ~self._tank_dry
        wants = np.where(self.makeup_runs, below > -_STOP_MPA, below > _START_MPA)
        second = np.where(self.second_runs, below > _START_MPA, below > _SECOND_MPA)
        self.makeup_fault = effects.makeup_failed & wants
        able = able & ~effects.makeup_failed
        self.makeup_runs, self.second_runs = wants & able, second & wants & able
        pumps = self.makeup_runs.astype(np.float64) + 0.9 * self.second_runs
        self.makeup_m3_per_h = p.makeup_m3_per_h * pumps

    def _relieve(self) -> None:
        over = self.hold_mpa - self.parameters.setpoint_mpa
        self.relief_open = np.where(self.relief_open, over > _RELIEF_SHUTS_MPA, over > _RELIEF_OPENS_MPA)
        area = np.where(self.relief_open, _RELIEF_M2, 0.0)
        self.relief_m3_per_h = orifice_m3_per_h(area, self.hold_mpa)
