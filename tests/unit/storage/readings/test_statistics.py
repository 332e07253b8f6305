"""Statistics in buckets: the arithmetic behind the roll-ups."""

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heating.points import Measurement
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.statistics import (
    Statistics,
    bucket_statistics,
    merge_statistics,
    of_group,
    statistics_of_batch,
)

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.floats(-30, 60)), min_size=1, max_size=60)


def statistics(rows: list[tuple[int, int, float]]) -> Statistics:
    who, when, value = (np.array(column) for column in zip(*rows, strict=True))
    return bucket_statistics(
        "room_temp_c", ["a", "b", "c", "d"], who, when.astype(np.int64) * 300_000, value.astype(np.float64)
    )


def as_rows(found: Statistics) -> dict[tuple[str, int], tuple[float, ...]]:
    columns = (found.mean, found.minimum, found.maximum, found.count)
    cells = zip(*(column.tolist() for column in columns), strict=True)
    return dict(zip(zip(found.object_ids, found.bucket_ms.tolist(), strict=True), cells, strict=True))


@given(ROWS, st.integers(0, 60))
def test_merging_two_parts_gives_what_the_whole_gives(rows: list[tuple[int, int, float]], cut: int) -> None:
    first, second = rows[:cut], rows[cut:]
    whole = as_rows(statistics(rows))
    parts = [statistics(part) for part in (first, second) if part]
    merged = as_rows(merge_statistics(parts[0], parts[1]) if len(parts) == 2 else parts[0])
    assert merged.keys() == whole.keys()
    for key, row in whole.items():
        assert np.allclose(row, merged[key])


@given(ROWS)
def test_every_mean_lies_between_minimum_and_maximum_and_nothing_is_lost(
    rows: list[tuple[int, int, float]],
) -> None:
    found = statistics(rows)
    assert found.count.sum() == len(rows)
    assert np.all(found.minimum <= found.mean + 1e-9) and np.all(found.mean <= found.maximum + 1e-9)


def test_only_usable_finite_readings_count() -> None:
    ref = ObjectRef(Measurement.ROOM, "R-1")
    batch = SampleBatch.from_samples(
        [
            Sample(ref, "room_temp_c", 1000, 20.0),
            Sample(ref, "room_temp_c", 2000, 22.0, quality=65),
            Sample(ref, "room_temp_c", 3000, 99.0, quality=129),
            Sample(ref, "room_temp_c", 4000, float("nan"), quality=128),
            Sample(ref, "room_humidity_pct", 1000, 40.0),
        ]
    )
    found = statistics_of_batch(batch, Measurement.ROOM, ["room_temp_c"], step=timedelta(minutes=5))
    assert [part.point for part in found] == ["room_temp_c"]
    assert as_rows(found[0]) == {("R-1", 0): (21.0, 20.0, 22.0, 2)}


def test_a_chatty_room_weighs_no_more_than_a_quiet_one() -> None:
    rooms = statistics([(0, 0, 10.0)] * 9 + [(1, 0, 20.0), (2, 0, 99.0)])
    found = of_group(rooms, ["B-1", "B-1", ""])
    assert as_rows(found) == {("B-1", 0): (15.0, 10.0, 20.0, 2)}
