"""After a start the rooms know their last hours from the store, by few reads over all homes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.judging.live_state import LiveState
from alerting.judging.room_readings import RoomReadings
from alerting.judging.signals.tables import Signals, SignalTable
from alerting.serving.warm_start import warm_newest, warm_past, warm_windows
from heating.heat_tree import build_heat_tree
from heating.intervals import Interval, to_epoch_ms
from heating.points import Measurement
from heating.protocols import RollupBatch, RollupName
from heating.samples import ObjectRef, Sample, SampleBatch
from tests.support.examples import examples
from tests.support.small_site import small_site

NOW = datetime(2026, 1, 11, 3, 20, tzinfo=UTC)
SITE = small_site()


class Store:
    """Keeps samples of two rooms every five minutes for two days; counts the reads."""

    def __init__(self, *, with_rollups: bool) -> None:
        self.with_rollups = with_rollups
        self.reads = 0
        self.samples = [
            Sample(ObjectRef(Measurement.ROOM, sensor), "room_temp_c", to_epoch_ms(at), value(sensor, at))
            for at in (NOW - timedelta(minutes=5 * n) for n in range(1, 576))
            for sensor in ("R1-1", "R1-2")
        ]

    def latest(self, measurement: Measurement, window: Interval) -> SampleBatch:
        self.reads += 1
        start, end = to_epoch_ms(window.start), to_epoch_ms(window.end)
        newest: dict[str, Sample] = {}
        for sample in self.samples:
            inside = start <= sample.measured_ms < end and sample.ref.measurement is measurement
            known = newest.get(sample.ref.object_id)
            if inside and (known is None or known.measured_ms < sample.measured_ms):
                newest[sample.ref.object_id] = sample
        return SampleBatch.from_samples(list(newest.values()))

    def read_rollup(
        self, name: RollupName, point: str, object_ids: Sequence[str], window: Interval
    ) -> RollupBatch:
        self.reads += 1
        hours = range(to_epoch_ms(window.start), to_epoch_ms(window.end), 3_600_000)
        rows = [(sensor, hour) for sensor in ("R1-1", "R1-2") for hour in hours] if self.with_rollups else []
        mean = np.array([value(sensor, datetime.fromtimestamp(hour / 1000, UTC)) for sensor, hour in rows])
        ids = tuple(sensor for sensor, _ in rows)
        bucket_ms = np.array([hour for _, hour in rows], np.int64)
        return RollupBatch(name, ids, point, bucket_ms, mean, mean, mean, np.full(len(rows), 12, np.int64))


def value(sensor: str, at: datetime) -> float:
    """Cold until an hour ago in the first room, warm in the second."""
    return 21.0 if sensor == "R1-2" else 17.0 if at < NOW - timedelta(minutes=35) else 19.0


def homes_of(live: LiveState) -> SignalTable:
    with live.held() as windows:
        tables = Signals(standard_c=18.0, watching_since_ms=0).tables(windows, now_ms=to_epoch_ms(NOW))
    return tables["household"]


def warmed(store: Store) -> dict[str, list[float]]:
    live = LiveState(SITE, build_heat_tree(SITE), now=NOW)
    warm_newest(live, store, now=NOW)  # type: ignore[arg-type]  # only what a warm start calls
    warm_past(live, store, now=NOW)  # type: ignore[arg-type]
    table = homes_of(live)
    rows = table.subjects.rows_of(["H1-1", "H1-2", "H1-3"])
    return {name: column[rows].tolist() for name, column in table.columns.items()}


def home_signals(live: LiveState) -> dict[str, float]:
    table = homes_of(live)
    (row,) = table.subjects.rows_of(["H1-1"])
    return {name: float(column[row]) for name, column in table.columns.items()}


@pytest.mark.parametrize("with_rollups", [True, False])
def test_medians_and_degree_hours_do_not_start_from_one_reading(with_rollups: bool) -> None:
    signals = warmed(Store(with_rollups=with_rollups))
    assert signals["t_room"][:2] == [19.0, 21.0]
    assert signals["t_room_med30"][0] == 19.0
    assert signals["t_room_med60"][:2] == [19.0, 21.0]  # seven warm readings of eleven
    assert min(signals["covered_hours_24h"][:2]) >= 23.0
    assert 19.5 < signals["cold_degree_hours_24h"][0] < 21.5
    assert signals["cold_degree_hours_24h"][1] == 0.0
    assert np.isnan(signals["t_room_med60"][2])
    assert signals["covered_hours_24h"][2] == 0.0


def test_a_warm_start_reads_by_time_and_never_home_by_home() -> None:
    store = Store(with_rollups=True)
    warmed(store)
    windows = warm_windows([sensor.interval_s for sensor in SITE.sensors])
    assert (
        store.reads == len(Measurement) + windows.lately // windows.slice + 1 + 1
    )  # newest, lately, who was silent for longer, hours
    alone = Store(with_rollups=False)
    warmed(alone)
    assert alone.reads <= store.reads + 24


def test_windows_are_as_long_as_the_sensors_need() -> None:
    quick = warm_windows([300.0] * 19 + [3600.0])
    assert quick.newest[Measurement.ROOM] == timedelta(minutes=7, seconds=30)
    assert quick.newest[Measurement.STATION] == timedelta(minutes=30)
    assert (quick.lately, quick.slice) == (timedelta(minutes=60), timedelta(minutes=5))
    hourly = warm_windows([3600.0] * 50)
    assert hourly.newest[Measurement.ROOM] == timedelta(minutes=30)
    assert (hourly.lately, hourly.slice) == (timedelta(minutes=90), timedelta(minutes=30))
    assert warm_windows([1.0]).newest[Measurement.ROOM] == timedelta(minutes=5)
    assert warm_windows([]) == hourly


def test_hours_without_any_room_end_the_look_back() -> None:
    store = Store(with_rollups=False)
    store.samples = [
        sample for sample in store.samples if sample.measured_ms > to_epoch_ms(NOW) - 3 * 3_600_000
    ]
    windows = warm_windows([sensor.interval_s for sensor in SITE.sensors])
    warmed(store)
    assert store.reads == len(Measurement) + windows.lately // windows.slice + 1 + 1 + 3 + 2


def test_what_follows_from_the_past_is_unknown_until_the_past_is_read() -> None:
    live, store = LiveState(SITE, build_heat_tree(SITE), now=NOW), Store(with_rollups=True)
    warm_newest(live, store, now=NOW)  # type: ignore[arg-type]
    assert live.past_is_missing
    before = home_signals(live)
    assert before["t_room"] == 19.0
    assert np.isnan([before["t_room_med60"], before["t_room_med30"], before["cold_degree_hours_24h"]]).all()
    warm_past(live, store, now=NOW, stopped=lambda: not live.past_is_missing)  # type: ignore[arg-type]
    assert home_signals(live)["t_room_med60"] == 19.0
    assert home_signals(live)["covered_hours_24h"] < 3.0
    warm_past(live, store, now=NOW)  # type: ignore[arg-type]
    assert not live.past_is_missing
    after = home_signals(live)
    assert (after["t_room_med60"], after["t_room"]) == (19.0, 19.0)
    assert after["cold_degree_hours_24h"] > 19.0


def test_reading_the_past_stops_between_two_slices_and_goes_on_from_the_start() -> None:
    live, store = LiveState(SITE, build_heat_tree(SITE), now=NOW), Store(with_rollups=True)
    warm_newest(live, store, now=NOW)  # type: ignore[arg-type]
    warm_past(live, store, now=NOW, stopped=lambda: store.reads >= 7)  # type: ignore[arg-type]
    assert (store.reads, live.past_is_missing) == (7, True)
    warm_past(live, store, now=NOW)  # type: ignore[arg-type]
    assert (live.past_is_missing, home_signals(live)["t_room_med60"]) == (False, 19.0)


def test_what_comes_in_meanwhile_is_never_overwritten_by_the_past() -> None:
    live, store = LiveState(SITE, build_heat_tree(SITE), now=NOW), Store(with_rollups=True)
    warm_newest(live, store, now=NOW)  # type: ignore[arg-type]
    fresh = Sample(ObjectRef(Measurement.ROOM, "R1-1"), "room_temp_c", to_epoch_ms(NOW), 23.5)
    live.accept(SampleBatch.from_samples([fresh]))
    warm_past(live, store, now=NOW)  # type: ignore[arg-type]
    latest = live.of_object(fresh.ref)["room_temp_c"]
    assert (latest.value, latest.measured_ms) == (23.5, fresh.measured_ms)
    assert home_signals(live)["t_room"] == 23.5
    with live.held() as windows:
        ring = windows.newest(Measurement.ROOM).index["R1-1"]
        assert windows.readings.value[ring, -1] == 23.5
        assert (np.diff(windows.readings.time_ms[ring]) > 0).all()


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=30, unique=True), st.data())
def test_readings_of_the_past_in_any_order_leave_the_ring_that_their_own_order_leaves(
    minutes: list[int], data: st.DataObject
) -> None:
    known = data.draw(st.lists(st.sampled_from(minutes), unique=True))
    known = sorted(known)
    late = data.draw(st.permutations([minute for minute in minutes if minute not in known]))
    ordered, mixed = RoomReadings(2), RoomReadings(2)
    for readings, add, sequence in (
        (ordered, ordered.add, sorted(minutes)),
        (mixed, mixed.add, known),
        (mixed, mixed.fill, late),
        (mixed, mixed.fill, minutes),  # again: changes nothing
    ):
        for minute in sequence:
            time_ms = np.array([(100_000 + 5 * minute) * 60_000])
            add(np.array([1]), time_ms, np.array([float(minute)]))
            assert readings.time_ms[0].max() == 0
    assert np.array_equal(np.sort(ordered.time_ms[1]), np.sort(mixed.time_ms[1]))
    now_ms = (100_000 + 5 * 41) * 60_000
    window_ms = np.full(2, 3_600_000)
    assert np.array_equal(
        ordered.median(1, window_ms, now_ms=now_ms), mixed.median(1, window_ms, now_ms=now_ms), equal_nan=True
    )
    after_ms = np.array([now_ms])
    for readings in (ordered, mixed):
        readings.add(np.array([1]), after_ms, np.array([99.0]))
    assert np.array_equal(np.sort(ordered.time_ms[1]), np.sort(mixed.time_ms[1]))
