"""Which table a row belongs to: one a measurement and UTC day, one a roll-up and UTC month.

The hours of rooms are so many that they have a table a day as well; months of them written before are still read.

Names only; the tables themselves are made in `catalogue`.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from heating.intervals import to_epoch_ms
from heating.points import Measurement
from heating.protocols import RollupName

__all__ = ["DAY_MS", "Partition", "partition_named", "partitions_of_times"]

DAY_MS = 86_400_000
"""Length of a day [ms]."""

_MEASUREMENTS = frozenset(measurement.value for measurement in Measurement)
_ROLLUPS = frozenset(rollup.value for rollup in RollupName)
_DAILY_ROLLUPS = frozenset({RollupName.ROOM_1H.value})
_NAME = re.compile(r"(?P<kind>[a-z0-9_]+)_(?P<date>\d{8}|\d{6})")


@dataclass(frozen=True, slots=True)
class Partition:
    """One table: its kind (measurement or roll-up) and the times ``[start_ms, end_ms)`` it holds."""

    kind: str
    start_ms: int
    end_ms: int

    @property
    def is_rollup(self) -> bool:
        """Whether it holds roll-up rows (the last of two wins) and not readings (the first wins)."""
        return self.kind in _ROLLUPS

    @property
    def name(self) -> str:
        """Name of the table, for example ``room_20260105`` or ``room_1h_202601``."""
        moment = datetime.fromtimestamp(self.start_ms / 1000, UTC)
        return (
            f"{self.kind}_{moment:%Y%m}"
            if self.end_ms - self.start_ms > DAY_MS
            else f"{self.kind}_{moment:%Y%m%d}"
        )


def partition_named(name: str) -> Partition | None:
    """Return the partition of a table name, None when the table is none of ours."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    kind, date = match["kind"], match["date"]
    if kind in _ROLLUPS and len(date) == 6:
        return _month(kind, int(date[:4]) * 12 + int(date[4:]) - 1)
    if kind in _MEASUREMENTS | _DAILY_ROLLUPS and len(date) == 8:
        start_ms = to_epoch_ms(datetime(int(date[:4]), int(date[4:6]), int(date[6:]), tzinfo=UTC))
        return Partition(kind, start_ms, start_ms + DAY_MS)
    return None


def partitions_of_times(
    kind: str, time_ms: NDArray[np.int64]
) -> list[tuple[Partition, NDArray[np.intp] | slice]]:
    """Return the partitions that rows of a kind fall into, each with its rows (all of them as one slice)."""
    if _is_monthly(kind):
        codes = time_ms.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
    else:
        codes = time_ms // DAY_MS
    first, last = int(codes.min()), int(codes.max())
    if first == last:
        return [(_of_code(kind, first), slice(None))]
    return [(_of_code(kind, code), np.flatnonzero(codes == code)) for code in np.unique(codes).tolist()]


def _is_monthly(kind: str) -> bool:
    return kind in _ROLLUPS and kind not in _DAILY_ROLLUPS


def _of_code(kind: str, code: int) -> Partition:
    if _is_monthly(kind):
        return _month(kind, code)
    return Partition(kind, code * DAY_MS, (code + 1) * DAY_MS)


def _month(kind: str, months: int) -> Partition:
    """Return the partition of a month counted from the year 0."""
    start, end = (to_epoch_ms(datetime(m // 12, m % 12 + 1, 1, tzinfo=UTC)) for m in (months, months + 1))
    return Partition(kind, start, end)
