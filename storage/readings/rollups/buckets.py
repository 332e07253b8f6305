"""Open buckets of the roll-ups: running count, sum, minimum and maximum of every object and point.

Dense arrays, one table a bucket; only a few buckets are open at a time. When a bucket is closed and written lives in
`rollup_writer`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heating.points import POINTS
from storage.readings.statistics import Statistics

__all__ = ["OpenBucket"]


class OpenBucket:
    """Readings of one bucket of time.

    Parameters
    ----------
    start_ms
        Start of the bucket [epoch ms].
    """

    def __init__(self, start_ms: int) -> None:
        self.start_ms = start_ms
        self._row_of_point = np.full(len(POINTS), -1, np.int64)
        self._points: list[int] = []
        self._width = 0
        self._count: NDArray[np.int32] = np.zeros((0, 0), np.int32)
        self._sum: NDArray[np.float64] = np.zeros((0, 0))
        self._low: NDArray[np.float64] = np.zeros((0, 0))
        self._high: NDArray[np.float64] = np.zeros((0, 0))

    def add(self, index: NDArray[np.int32], point: NDArray[np.int16], value: NDArray[np.float64]) -> None:
        """Take readings.

        Parameters
        ----------
        index
            ``(n,)`` number of each reading's object.
        point
            ``(n,)`` place in `heating.points.POINTS`.
        value
            ``(n,)`` finite.
        """
        if not len(value):
            return
        self._make_room(np.unique(point), int(index.max()) + 1)
        flat = self._row_of_point[point] * self._width + index
        np.add.at(self._count.reshape(-1), flat, 1)
        np.add.at(self._sum.reshape(-1), flat, value)
        np.minimum.at(self._low.reshape(-1), flat, value)
        np.maximum.at(self._high.reshape(-1), flat, value)

    def _make_room(self, points: NDArray[np.int16], objects: int) -> None:
        for place in points.tolist():
            if self._row_of_point[place] < 0:
                self._row_of_point[place] = len(self._points)
                self._points.append(place)
        rows = len(self._points)
        width = self._width if objects <= self._width else max(objects, 2 * self._width, 1024)
        if rows == len(self._count) and width == self._width:
            return
        self._count = _grown(self._count, rows, width, 0)
        self._sum = _grown(self._sum, rows, width, 0.0)
        self._low = _grown(self._low, rows, width, np.inf)
        self._high = _grown(self._high, rows, width, -np.inf)
        self._width = width

    def statistics(self, object_ids: Sequence[str]) -> list[Statistics]:
        """Return the statistics of each point that came.

        Parameters
        ----------
        object_ids
            Names of the objects by their number.
        """
        found: list[Statistics] = []
        for row, place in enumerate(self._points):
            objects = np.flatnonzero(self._count[row])
            count = self._count[row][objects].astype(np.int64)
            found.append(
                Statistics(
                    point=POINTS[place].name,
                    object_ids=tuple(object_ids[number] for number in objects.tolist()),
                    bucket_ms=np.full(len(objects), self.start_ms, np.int64),
                    mean=self._sum[row][objects] / count,
                    minimum=self._low[row][objects],
                    maximum=self._high[row][objects],
                    count=count,
                )
            )
        return found


def _grown(array: NDArray[Any], rows: int, width: int, fill: float) -> NDArray[Any]:
    bigger = np.full((rows, width), fill, array.dtype)
    bigger[: array.shape[0], : array.shape[1]] = array
    return bigger
