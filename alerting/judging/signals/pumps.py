"""Pumps of a station: whether they run, their faults and their speed."""

from collections.abc import Sequence

import numpy as np

from alerting.judging.signals.family import Column, Columns, Family, Moment, Signal
from config.rules.scopes import STATION
from heating.points import CIRCULATION_PUMPS, MAKEUP_PUMPS

__all__ = ["FAMILY"]


def _columns(moment: Moment) -> Columns:
    """One running pump is enough to know; that all stand still is known only when every reporting pump is."""
    points = [f"circulation_pump_{number}_running" for number in CIRCULATION_PUMPS]
    runs = np.vstack([moment.point(point) for point in points])
    reports = moment.plants.newest_ms[[moment.plants.points[point] for point in points]] > 0
    any_on = (runs == 1.0).any(axis=0)
    any_unknown = (reports & np.isnan(runs)).any(axis=0) | ~reports.any(axis=0)
    return {
        "run_max": np.where(any_on, 1.0, np.where(any_unknown, np.nan, 0.0)),
        "flt_max": _highest(moment, "circulation_pump_N_fault", CIRCULATION_PUMPS),
        "hz_max": _highest(moment, "circulation_pump_N_frequency_hz", CIRCULATION_PUMPS),
        "makeup_flt_max": _highest(moment, "makeup_pump_N_fault", MAKEUP_PUMPS),
    }


def _highest(moment: Moment, stem: str, numbers: Sequence[int]) -> Column:
    """Return the highest known value over the pumps; NaN where none is known."""
    values = np.vstack([moment.point(stem.replace("N", str(number))) for number in numbers])
    missing = np.isnan(values)
    return np.where(missing.all(axis=0), np.nan, np.where(missing, -np.inf, values).max(axis=0))


FAMILY = Family(
    scope=STATION,
    signals=(
        Signal("run_max", "", "1 while any circulation pump runs, 0 when every reporting pump stands still"),
        Signal("flt_max", "", "1 while any circulation pump reports a fault"),
        Signal("hz_max", "Hz", "highest frequency of a circulation pump"),
        Signal("makeup_flt_max", "", "1 while a make-up pump reports a fault"),
    ),
    columns=_columns,
    of_circuits=True,
)
