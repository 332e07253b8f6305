"""Late readings added to roll-up rows that are already written."""

import numpy as np

from heating.intervals import Interval, from_epoch_ms
from heating.protocols import RollupBatch
from storage.readings.identifiers import MAX_IDS_IN_A_READ
from storage.readings.statistics import RollupStore, Statistics, merge_statistics

__all__ = ["amended"]

DAY_MS = 86_400_000


def amended(store: RollupStore, late: RollupBatch) -> list[RollupBatch]:
    """Return the rows that replace the written ones: each written row together with the late readings.

    Reads at most a day and 2,000 objects at a time.

    Parameters
    ----------
    late
        Statistics of late readings alone, one row an object and bucket.

    Raises
    ------
    heating.errors.HeatingError
        When the store cannot be read; nothing has changed.
    """
    found: list[RollupBatch] = []
    step_ms = int(late.name.step.total_seconds() * 1000)
    for day in np.unique(late.bucket_ms // DAY_MS).tolist():
        of_day = np.flatnonzero(late.bucket_ms // DAY_MS == day)
        for ids in _portions([late.object_ids[row] for row in of_day.tolist()]):
            rows = [row for row in of_day.tolist() if late.object_ids[row] in ids]
            part = _rows(late, rows)
            first, last = int(part.bucket_ms.min()), int(part.bucket_ms.max())
            window = Interval(from_epoch_ms(first), from_epoch_ms(last + step_ms))
            written = Statistics.of_rollup(store.read_rollup(late.name, late.point, sorted(ids), window))
            touched = set(zip(part.object_ids, part.bucket_ms.tolist(), strict=True))
            pairs = zip(written.object_ids, written.bucket_ms.tolist(), strict=True)
            kept = [row for row, pair in enumerate(pairs) if pair in touched]
            before = _rows(written.as_rollup(late.name), kept)
            found.append(merge_statistics(before, part).as_rollup(late.name))
    return found


def _portions(ids: list[str]) -> list[frozenset[str]]:
    distinct = sorted(set(ids))
    return [
        frozenset(distinct[start : start + MAX_IDS_IN_A_READ])
        for start in range(0, len(distinct), MAX_IDS_IN_A_READ)
    ]


def _rows(rows: RollupBatch, chosen: list[int]) -> Statistics:
    places = np.array(chosen, np.intp)
    return Statistics(
        rows.point,
        tuple(rows.object_ids[place] for place in chosen),
        rows.bucket_ms[places],
        rows.mean[places],
        rows.minimum[places],
        rows.maximum[places],
        rows.count[places],
    )
