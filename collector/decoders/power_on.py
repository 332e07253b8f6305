"""85.0 °C: what a DS18B20 shows before its first measurement after power on, when it is not really so warm.

A probe at 85.0 °C exactly after a jump is doubtful until another value comes: after a reset that is a normal one, and
where it truly got hot one near 85. A probe that was near 85 before is believed.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heating.points import POINTS, PointKind
from heating.quality import Quality
from heating.quantities import Unit
from heating.samples import SampleBatch

__all__ = ["PowerOnColumns", "PowerOnWatch"]

POWER_ON_C: Final = 85.0
JUMP_K: Final = 10.0
"""A last value this far away makes 85.0 a jump [K]."""
MAX_PROBES: Final = 500_000
"""Probes that are remembered; beyond it the memory starts again."""


class PowerOnWatch:
    """Remembers which probes showed last a temperature far from 85 °C."""

    def __init__(self) -> None:
        self._far: set[int] = set()

    def quality(self, object_id: str, point: int, celsius: float) -> int:
        """Return uncertain_unconfirmed for a power-on value, good for any other; a live value is remembered.

        Parameters
        ----------
        point
            Place in `heating.points.POINTS`.
        celsius
            The live value [°C].
        """
        probe = hash((object_id, point))
        if celsius == POWER_ON_C:
            return Quality.UNCERTAIN_UNCONFIRMED if probe in self._far else Quality.GOOD
        if abs(celsius - POWER_ON_C) < JUMP_K:
            self._far.discard(probe)
        else:
            if len(self._far) >= MAX_PROBES:
                self._far.clear()
            self._far.add(probe)
        return Quality.GOOD


_HOT = np.array(
    [
        point.unit is Unit.CELSIUS and point.kind is PointKind.GAUGE and point.maximum > POWER_ON_C
        for point in POINTS
    ]
)
"""Points that a DS18B20 may measure and that may be as warm: 85.0 of a room is out of its range anyway."""
_MEASURED = frozenset(point.measurement for point, hot in zip(POINTS, _HOT.tolist(), strict=True) if hot)


class PowerOnColumns:
    """The same for batches of readings as columns: what it costs must not grow with the rooms of a city."""

    def __init__(self) -> None:
        self._row_of: dict[tuple[str, str], int] = {}
        self._far = np.zeros((0, len(POINTS)), np.bool_)
        """Whether a point of an object showed last a temperature far from 85 °C."""

    def judged(self, samples: SampleBatch) -> SampleBatch:
        """Return readings in their order with power-on values marked uncertain_unconfirmed."""
        if _MEASURED.isdisjoint({ref.measurement for ref in samples.objects}):
            return samples
        rows = np.flatnonzero(_HOT[samples.point] & np.isfinite(samples.value))
        if not len(rows):
            return samples
        objects, points = self._rows(samples)[samples.object_index[rows]], samples.point[rows]
        shown_c = samples.value[rows]
        doubtful = shown_c == POWER_ON_C
        suspect = np.zeros(len(rows), np.bool_)
        # Every other value before an 85.0 settles whether that is a jump; an 85.0 itself settles nothing.
        for place in np.flatnonzero(doubtful).tolist():
            same = (objects[:place] == objects[place]) & (points[:place] == points[place]) & ~doubtful[:place]
            before = np.flatnonzero(same)
            if len(before):
                suspect[place] = abs(shown_c[before[-1]] - POWER_ON_C) >= JUMP_K
            else:
                suspect[place] = self._far[objects[place], points[place]]
        settled = ~doubtful
        # Of several values of one point numpy keeps the last.
        self._far[objects[settled], points[settled]] = np.abs(shown_c[settled] - POWER_ON_C) >= JUMP_K
        if not suspect.any():
            return samples
        quality = samples.quality.copy()
        marked = rows[suspect]
        quality[marked] = np.maximum(quality[marked], np.uint8(Quality.UNCERTAIN_UNCONFIRMED))
        return replace(samples, quality=quality)

    def _rows(self, samples: SampleBatch) -> NDArray[np.intp]:
        """Return the row of each object of a batch; new ones get one, those that are not measured so none."""
        if len(self._row_of) > MAX_PROBES:
            self._row_of.clear()
            self._far[:] = False
        rows = [
            self._row_of.setdefault((ref.measurement.value, ref.object_id), len(self._row_of))
            if ref.measurement in _MEASURED
            else -1
            for ref in samples.objects
        ]
        if len(self._row_of) > len(self._far):
            more = np.zeros((max(64, 2 * len(self._row_of)) - len(self._far), len(POINTS)), np.bool_)
            self._far = np.concatenate([self._far, more])
        return np.array(rows, np.intp)
