"""How old a value may be: the one rule for pages, alert rules and diagnosis.

A value passes four stages, by its age in reporting intervals of its object: *fresh* counts everywhere; *stale* is shown
hatched and is left out of averages, but alert rules still judge by it; *outdated* says nothing of the present, so
rules take it as unknown; an object whose messages stay away for longer than its silence limit is *silent*, which raises
an alarm. Not here: the alarms of silence, whose limits an operator may change (``DQ-01.yaml`` and ``DQ-08.yaml`` ship
those of `SILENT`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heating.points import Measurement

__all__ = ["JUDGED", "SILENT", "STALE_INTERVALS", "AgeLimit"]

STALE_INTERVALS = 2.0
"""A value older than this many intervals is stale: one message may be lost or late without a mark on the page."""


@dataclass(frozen=True, slots=True)
class AgeLimit:
    """A highest age: some reporting intervals, and never less than a floor."""

    intervals: float
    at_least_s: float
    """For objects that report so often that a few lost messages mean nothing [s]."""

    def age_s(self, interval_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the highest age of each object [s]; `interval_s` is what it reports at [s], shape ``(n,)``."""
        return np.maximum(self.intervals * interval_s, self.at_least_s)


_STATION = AgeLimit(5.0, 300.0)

JUDGED: Mapping[Measurement, AgeLimit] = {
    Measurement.STATION: _STATION,
    Measurement.CIRCUIT: _STATION,
    Measurement.ROOM: AgeLimit(2.5, 1800.0),
}
"""Rules judge by a value up to this age. Rooms: one lost reading of an hourly sensor leaves no gap, two do."""

SILENT: Mapping[Measurement, AgeLimit] = {
    Measurement.STATION: _STATION,
    Measurement.CIRCUIT: _STATION,
    Measurement.ROOM: AgeLimit(3.0, 21_600.0),
}
"""An object is silent when nothing came for longer. Rooms: sensors on batteries skip hours in deep cold."""
