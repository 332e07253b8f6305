"""Whether the circulation pumps of a station run."""

import numpy as np

from alerting.judging.signals.family import Columns, Family, Moment, Signal
from config.rules.scopes import STATION
from heating.points import CIRCULATION_PUMPS

__all__ = ["FAMILY"]


def _columns(moment: Moment) -> Columns:
    """One running pump is enough to know; that all stand still is known only when every reporting pump is."""
    points = [f"circulation_pump_{number}_running" for number in CIRCULATION_PUMPS]
    runs = np.vstack([moment.point(point) for point in points])
    reports = moment.plants.newest_ms[[moment.plants.points[point] for point in points]] > 0
    any_on = (runs == 1.0).any(axis=0)
    any_unknown = (reports & np.isnan(runs)).any(axis=0) | ~reports.any(axis=0)
    return {"run_max": np.where(any_on, 1.0, np.where(any_unknown, np.nan, 0.0))}


FAMILY = Family(
    scope=STATION,
    signals=(
        Signal("run_max", "", "1 while any circulation pump runs, 0 when every reporting pump stands still"),
    ),
    columns=_columns,
    of_circuits=True,
)
