"""The newest value of each point: what is newer, what is usable, what counts as heard."""

import numpy as np
import pytest

from alerting.judging.object_table import ObjectTable
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef, Sample, SampleBatch

IDS = ("S1", "S2", "S3")
SUPPLY, FLOW, LINK = "secondary_supply_temp_c", "secondary_flow_m3_per_h", "gateway_online"
NAN = pytest.approx(np.nan, nan_ok=True)


def sample(
    at_ms: int,
    value: float,
    *,
    quality: int = 0,
    station: str = "S1",
    point: str = SUPPLY,
    received_ms: int | None = None,
) -> Sample:
    return Sample(ObjectRef(Measurement.STATION, station), point, at_ms, value, quality, received_ms)


def table_after(*batches: list[Sample], ids: tuple[str, ...] = IDS) -> ObjectTable:
    table = ObjectTable(Measurement.STATION, ids)
    for samples in batches:
        batch = SampleBatch.from_samples(samples)
        rows = np.arange(len(batch))
        place = np.array([table.index[batch.objects[index].object_id] for index in batch.object_index])
        table.hear(batch, rows, place)
        table.apply(batch, rows, place)
    return table


def current(table: ObjectTable, oldest_ms: float = 0.0, point: str = SUPPLY) -> list[float]:
    return [float(v) for v in table.current(point, oldest_ms=np.full(len(IDS), oldest_ms))]


def test_the_newest_of_a_batch_in_any_order_is_kept_for_each_point_of_each_object() -> None:
    table = table_after(
        [
            sample(30, 3.0),
            sample(10, 1.0),
            sample(20, 2.0),
            sample(20, 9.0, point=FLOW),
            sample(5, 5.0, station="S3"),
        ]
    )
    assert current(table) == [3.0, NAN, 5.0]
    assert current(table, point=FLOW) == [9.0, NAN, NAN]


def test_one_object_alone_keeps_each_of_its_points() -> None:
    table = table_after([sample(30, 3.0), sample(20, 9.0, point=FLOW)], ids=("S1",))
    found = {name: table.value[row, 0] for name, row in table.points.items() if table.measured_ms[row, 0]}
    assert found == {SUPPLY: 3.0, FLOW: 9.0}


def test_a_value_of_the_same_moment_is_not_newer() -> None:
    table = table_after([sample(10, 1.0)], [sample(10, 2.0)], [sample(9, 3.0)])
    assert current(table) == [1.0, NAN, NAN]
    assert current(table_after([sample(10, 1.0)], [sample(11, 2.0)])) == [2.0, NAN, NAN]


def test_a_value_as_old_as_the_limit_counts_and_an_older_one_does_not() -> None:
    table = table_after([sample(100, 1.0)])
    assert (current(table, 100.0)[0], current(table, 100.5)[0]) == (1.0, NAN)


def test_a_value_never_measured_is_unknown_whatever_the_limit() -> None:
    assert current(table_after([sample(100, 1.0)]), -1.0) == [1.0, NAN, NAN]


@pytest.mark.parametrize(
    ("bad_ms", "known"),
    [(101, False), (100, True), (99, True)],  # only what came after it speaks against it
)
def test_a_bad_value_hides_an_older_good_one_only(bad_ms: int, known: bool) -> None:
    table = table_after([sample(100, 1.0)], [sample(bad_ms, 9.0, quality=Quality.BAD)])
    assert current(table)[0] == (1.0 if known else NAN)


def test_a_good_value_of_the_moment_of_a_bad_one_counts_until_something_newer_is_bad() -> None:
    bad_first = [[sample(100, 9.0, quality=Quality.BAD)], [sample(100, 1.0)]]
    assert current(table_after(*bad_first))[0] == 1.0
    assert current(table_after(*bad_first, [sample(101, 9.0, quality=Quality.BAD)]))[0] == NAN


@pytest.mark.parametrize(
    ("quality", "usable"),
    [(Quality.GOOD, True), (Quality.UNCERTAIN, True), (127, True), (Quality.BAD, False), (255, False)],
)
def test_uncertain_values_are_kept_and_bad_ones_are_not(quality: int, usable: bool) -> None:
    table = table_after([sample(100, 1.0, quality=quality)])
    row = table.points[SUPPLY]
    assert current(table)[0] == (1.0 if usable else NAN)
    assert (int(table.quality[row, 0]), int(table.newest_ms[row, 0])) == (quality, 100)


def test_null_is_no_value_even_where_its_quality_says_good() -> None:
    table = table_after([sample(100, 1.0)], [sample(110, float("nan"))])
    assert (current(table)[0], int(table.measured_ms[table.points[SUPPLY], 0])) == (1.0, 100)


def test_an_object_was_heard_at_its_latest_arrival_and_its_link_status_does_not_count() -> None:
    table = table_after(
        [sample(10, 1.0, received_ms=50), sample(20, 1.0, received_ms=40)],
        [sample(30, 1.0, point=LINK, received_ms=90), sample(5, 1.0, station="S2", received_ms=7)],
        [sample(40, 1.0, quality=Quality.BAD, station="S3", received_ms=8)],
    )
    assert table.heard_ms.tolist() == [50, 7, 8]


def test_what_was_measured_before_a_moment_is_forgotten_with_its_quality_but_not_that_it_was_heard() -> None:
    table = table_after(
        [sample(100, 1.0, station=name, quality=64, received_ms=120) for name in IDS],
        [sample(110, 9.0, station="S2", quality=Quality.BAD)],
    )
    table.forget_before(np.array([101, 105, 100]))
    row = table.points[SUPPLY]
    assert current(table) == [NAN, NAN, 1.0]
    assert [float(v) for v in table.value[row]] == [NAN, NAN, 1.0]
    assert table.measured_ms[row].tolist() == [0, 0, 100]
    assert table.received_ms[row].tolist() == [0, 0, 120]
    assert table.newest_ms[row].tolist() == [0, 110, 100]
    assert table.quality[row].tolist() == [0, Quality.BAD, 64]
    assert table.heard_ms.tolist() == [120, 120, 120]


def test_places_of_many_tuples_of_ids_are_answered_rightly_however_often_they_are_asked_for() -> None:
    table = ObjectTable(Measurement.STATION, IDS)
    asked = [(*IDS[:n], f"nobody {n}") for n in (1, 2, 3) for _ in range(12)]
    for ids in asked + asked:
        assert table.places_of(ids).tolist() == table.places_of(list(ids)).tolist()
    assert table.places_of(["S3", "nobody", "S1"]).tolist() == [2, -1, 0]
    assert table.places_of(asked[0]) is table.places_of(asked[0])
    assert len(table._asked) <= 16
