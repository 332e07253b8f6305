"""Electricity of a station: what the pumps take, and whether the three phases carry alike."""

import numpy as np

from alerting.judging.signals.family import Column, Columns, Family, Moment, Signal
from config.rules.scopes import STATION
from heating.points import CIRCULATION_PUMPS

__all__ = ["FAMILY"]

_LEAST_V, _LEAST_A = 50.0, 2.0
"""Below these a phase is dead or nothing runs: the unbalance of small figures is noise [V], [A]."""


def _columns(moment: Moment) -> Columns:
    powers = [moment.point(f"circulation_pump_{number}_power_kw") for number in CIRCULATION_PUMPS]
    known = np.vstack(powers)
    missing = np.isnan(known)
    power = np.where(missing.all(axis=0), np.nan, np.where(missing, 0.0, known).sum(axis=0))
    return {
        "pump_power": power,
        "voltage_unbalance_pct": _unbalance(moment, "voltage_{}_v", _LEAST_V),
        "current_unbalance_pct": _unbalance(moment, "current_{}_a", _LEAST_A),
    }


def _unbalance(moment: Moment, stem: str, least: float) -> Column:
    """Return the largest distance of a phase from the mean of the three, over the mean (NEMA MG 1) [%]."""
    phases = np.vstack([moment.point(stem.format(phase)) for phase in "abc"])
    mean = phases.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(mean > least, np.abs(phases - mean).max(axis=0) / mean * 100.0, np.nan)


FAMILY = Family(
    scope=STATION,
    signals=(
        Signal("pump_power", "kW", "electric power of the circulation pumps together"),
        Signal("voltage_unbalance_pct", "%", "unbalance of the three voltages"),
        Signal("current_unbalance_pct", "%", "unbalance of the three currents; unknown while nothing runs"),
    ),
    columns=_columns,
)
