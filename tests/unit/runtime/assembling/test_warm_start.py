"""The warm start waits for nothing but the newest values, and gives the rules the past when it has it."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import numpy as np

from alerting.judging.live_state import LiveState
from heating.clock import ManualClock
from heating.heat_tree import build_heat_tree
from heating.intervals import Interval, to_epoch_ms
from heating.points import Measurement
from heating.protocols import HealthStatus, RollupBatch, RollupName
from heating.samples import ObjectRef, Sample, SampleBatch
from runtime.assembling.warm_start import WarmStart
from storage.readings.errors import StoreUnavailableError
from tests.support.small_site import small_site
from tests.support.waiting import wait_until

NOW = datetime(2026, 1, 11, 3, 20, tzinfo=UTC)
ROOM = ObjectRef(Measurement.ROOM, "R1-1")


class Store:
    """Has one room's reading of a minute ago; is away, or slow with the past, when told."""

    def __init__(self) -> None:
        self.is_away = self.past_is_away = self.past_is_broken = False
        self.past_may_go_on = threading.Event()
        self.past_may_go_on.set()
        self.reads_of_the_past = 0
        self._newest_left = len(Measurement)

    def latest(self, measurement: Measurement, window: Interval) -> SampleBatch:
        if self.is_away:
            raise StoreUnavailableError("the store is away")
        if self._newest_left:
            self._newest_left -= 1
        else:
            self._read_past()
        at_ms = to_epoch_ms(NOW) - 60_000
        if measurement is Measurement.ROOM and window.start_ms <= at_ms < window.end_ms:
            return SampleBatch.from_samples([Sample(ROOM, "room_temp_c", at_ms, 20.0)])
        return SampleBatch.empty()

    def _read_past(self) -> None:
        assert self.past_may_go_on.wait(20.0)
        self.reads_of_the_past += 1
        if self.past_is_broken:
            raise ValueError("a mistake of ours")
        if self.past_is_away:
            raise StoreUnavailableError("the past is away")

    def read_rollup(
        self, name: RollupName, point: str, object_ids: Sequence[str], window: Interval
    ) -> RollupBatch:
        self._read_past()
        none = np.zeros(0)
        whole = np.zeros(0, np.int64)
        return RollupBatch(name, (), point, whole, none, none, none, whole)


@contextmanager
def warm_start(store: Store, clock: ManualClock) -> Iterator[tuple[WarmStart, LiveState]]:
    site = small_site()
    live = LiveState(site, build_heat_tree(site), now=NOW)
    warm = WarmStart(live_state=live, store=store, clock=clock, again_after_s=0.01)  # type: ignore[arg-type]
    try:
        warm.start()
        yield warm, live
    finally:
        store.past_may_go_on.set()
        warm.stop()


def test_the_start_waits_for_the_newest_values_and_not_for_the_past() -> None:
    store = Store()
    store.past_may_go_on.clear()
    with warm_start(store, ManualClock(NOW)) as (warm, live):
        assert live.of_object(ROOM)["room_temp_c"].value == 20.0
        assert (warm.done, live.past_is_missing) == (False, True)
        assert warm.health().status is HealthStatus.OK
        store.past_may_go_on.set()
        wait_until(lambda: warm.done, timeout_s=10)
        assert not live.past_is_missing
        assert warm.health().reason == ""


def test_a_store_that_is_away_delays_nothing_and_is_read_when_it_is_back() -> None:
    store = Store()
    store.is_away = True
    with warm_start(store, ManualClock(NOW)) as (warm, live):
        assert (warm.health().status, warm.health().reason) == (HealthStatus.DEGRADED, "the store is away")
        assert not live.past_is_missing  # nothing is known of the past; the rules judge by what comes in
        assert live.of_object(ROOM) == {}
        store.is_away = False
        wait_until(lambda: warm.done, timeout_s=10)
        assert live.of_object(ROOM)["room_temp_c"].value == 20.0


def test_a_past_that_cannot_be_read_holds_the_rules_for_ten_minutes_at_the_most() -> None:
    store, clock = Store(), ManualClock(NOW)
    store.past_is_away = True
    with warm_start(store, clock) as (warm, live):
        wait_until(lambda: store.reads_of_the_past > 2, timeout_s=10)
        assert live.past_is_missing
        clock.advance(timedelta(minutes=11))
        wait_until(lambda: not live.past_is_missing, timeout_s=10)
        assert not warm.done
        store.past_is_away = False
        wait_until(lambda: warm.done, timeout_s=10)


def test_a_stop_ends_the_reading_of_the_past() -> None:
    store = Store()
    store.past_is_away = True
    with warm_start(store, ManualClock(NOW)) as (warm, live):
        wait_until(lambda: store.reads_of_the_past > 0, timeout_s=10)
        warm.stop()
        reads = store.reads_of_the_past
        assert (warm.done, live.past_is_missing) == (False, True)
    assert store.reads_of_the_past == reads


def test_a_reader_that_broke_is_not_alive_and_one_that_has_read_everything_is() -> None:
    store = Store()
    with warm_start(store, ManualClock(NOW)) as (warm, _live):
        wait_until(lambda: warm.done, timeout_s=10)
        warm.stop()
        assert warm.is_alive
    broken = Store()
    broken.past_is_broken = True
    with warm_start(broken, ManualClock(NOW)) as (warm, _live):
        wait_until(lambda: not warm.is_alive, timeout_s=10)
        assert not warm.done
