"""The whole path on fakes: order of the promise, counters, bad input, a store or a disk that is away."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collector.decoders.native.decoder import NativeDecoder
from collector.intake.backoff import Backoff
from collector.intake.decoder_chain import DecoderChain
from collector.intake.forwarder import Forwarder
from collector.intake.live_feed import LiveFeed
from collector.intake.pipeline import Collector
from collector.intake.spool.disk_guard import DiskGuard
from collector.intake.spool.rejections import count_by_reason, list_rejections
from collector.intake.spool.spool import Spool, SpoolError
from collector.messages.decoded import Reason
from collector.messages.known_objects import KnownObjects
from config.settings.tree import CollectorSettings
from heating.clock import ManualClock
from heating.intervals import from_epoch_ms
from heating.points import Measurement
from heating.protocols import HealthStatus, RawMessage
from heating.samples import ObjectRef, SampleBatch
from tests.support.waiting import wait_until
from tests.unit.collector.intake.fakes import NOW_MS, FakeSource, FakeStore, moved, reading, room

KNOWN = KnownObjects({ObjectRef(Measurement.ROOM, f"S{number}"): "xl" for number in range(10)})


class Rig:
    """A collector on fakes."""

    def __init__(self, folder: Path, *, free_pct: float = 50.0) -> None:
        self.source, self.store = FakeSource(), FakeStore()
        self.seen: list[SampleBatch] = []
        self.free_pct = free_pct
        settings = CollectorSettings(spool_dir=folder, batch_wait_ms=5, coalesce_ms=1)
        self.spool = Spool(folder, clock=ManualClock(from_epoch_ms(NOW_MS)))
        self.collector = Collector(
            source=self.source,
            chain=DecoderChain(routes=[("heat/#", NativeDecoder())], known=KNOWN),
            spool=self.spool,
            forwarder=Forwarder(
                spool=self.spool,
                store=self.store,
                slot="c0",
                settings=settings,
                backoff=Backoff(first_s=0.01, longest_s=0.05),
            ),
            sinks=[self],
            disk=DiskGuard(folder=folder, min_free_pct=5.0, measure=lambda _folder: self.free_pct),
            settings=settings,
        )

    def accept(self, batch: SampleBatch) -> None:
        self.seen.append(batch)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path / "spool")
    made.collector.start()
    yield made
    made.collector.stop(drain=False, timeout_s=5)


def test_messages_reach_store_and_sinks_and_are_acknowledged(rig: Rig) -> None:
    messages = [reading(number % 10, number % 30, t=NOW_MS + number) for number in range(700)]
    rig.source.put(*messages)
    assert wait_until(lambda: len(rig.store.rows) == 700)
    assert rig.source.acknowledged == messages
    assert sum(len(batch) for batch in rig.seen) == 700
    assert rig.collector.stop(timeout_s=5)
    counts = rig.collector.counts()
    assert (counts.accepted, counts.stored, counts.rejected, counts.forwarded_rows) == (700, 700, 0, 700)


BAD: list[tuple[RawMessage, Reason]] = [
    (room(1, b'{"v":'), Reason.BAD_JSON),
    (room(1, b"\xff"), Reason.BAD_UTF8),
    (room(1, b'{"t":1,"v":{"room_temp_c":"x"}}'), Reason.WRONG_TYPE),
    (room(1, b'{"t":1,"v":{"nonsense":1}}'), Reason.UNKNOWN_POINT),
    (reading(99, 1), Reason.UNKNOWN_DEVICE),
    (reading(2, 5, t=NOW_MS + 400_000), Reason.FUTURE_TIME),
    (reading(2, 5, t=NOW_MS - 8 * 86_400_000), Reason.TOO_LATE),
    (room(1, b"x" * 10_000_000), Reason.TOO_BIG),
    (moved(reading(1, 1), "heat/other/room/S1/telemetry"), Reason.TOPIC_MISMATCH),
    (moved(reading(1, 1), "heat/xl/nothing/S1/telemetry"), Reason.BAD_TOPIC),
    (moved(reading(1, 1), "elsewhere/x"), Reason.BAD_TOPIC),
    (room(1, b'{"cmd":"open"}'), Reason.NOT_TELEMETRY),
]


def test_every_kind_of_bad_input_is_kept_with_its_reason_and_the_collector_lives_on(
    rig: Rig, tmp_path: Path
) -> None:
    absurd = reading(3, 5_000.0)
    rig.source.put(*(message for message, _reason in BAD), absurd, reading(4, 20))
    wait_until(lambda: rig.store.values() == [20.0, 5_000.0])
    expected: dict[str, int] = {"range": 1}
    for _message, reason in BAD:
        expected[reason.value] = expected.get(reason.value, 0) + 1
    assert count_by_reason(tmp_path / "spool") == expected
    counts = rig.collector.counts()
    assert (counts.accepted, counts.stored, counts.rejected) == (len(BAD) + 2, 2, len(BAD))
    assert len(rig.source.acknowledged) == len(BAD) + 2


def test_nothing_is_acknowledged_before_its_commit(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = rig.spool.commit
    fails = iter([True, True])

    def unwilling(*arguments: Any) -> Any:
        if next(fails, False):
            assert not rig.source.acknowledged
            raise SpoolError("database or disk is full")
        return commit(*arguments)

    monkeypatch.setattr("collector.intake.pipeline.RETRY_S", 0.01)
    monkeypatch.setattr(rig.spool, "commit", unwilling)
    rig.source.put(reading(1, 20))
    wait_until(lambda: rig.collector.health().status is HealthStatus.DOWN)
    wait_until(lambda: rig.store.values() == [20.0])
    assert len(rig.source.acknowledged) == 1
    wait_until(lambda: rig.collector.health().status is HealthStatus.OK)


def test_below_the_free_share_nothing_is_acknowledged_until_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.intake.pipeline.RETRY_S", 0.02)
    monkeypatch.setattr("collector.intake.spool.disk_guard.LOOK_EVERY_S", 0.0)
    rig = Rig(tmp_path / "spool", free_pct=4.0)
    rig.collector.start()
    rig.source.put(reading(1, 20))
    wait_until(lambda: "disk" in rig.collector.health().reason)
    assert not rig.source.acknowledged
    rig.free_pct = 6.0
    wait_until(lambda: rig.store.values() == [20.0])
    assert rig.collector.stop(timeout_s=5)


def test_a_store_that_is_away_gets_everything_later_in_order(rig: Rig) -> None:
    rig.store.away = True
    rig.source.put(*(reading(1, number, t=NOW_MS + number) for number in range(5)))
    wait_until(lambda: rig.store.appends > 3)
    assert rig.collector.health().status is HealthStatus.DEGRADED
    assert len(rig.source.acknowledged) == 5
    rig.store.away = False
    wait_until(lambda: [sample.value for sample in rig.store.rows] == [0, 1, 2, 3, 4])


def test_rows_that_the_store_refuses_become_rejections_and_the_rest_is_stored(
    rig: Rig, tmp_path: Path
) -> None:
    rig.store.refuse = {13.0}
    rig.source.put(*(reading(number % 10, number, t=NOW_MS + number) for number in range(40)))
    wait_until(lambda: len(rig.store.rows) == 39)
    wait_until(lambda: rig.collector.counts().rejected == 1)
    kept = list_rejections(tmp_path / "spool")
    assert [(item.reason, item.whole) for item in kept] == [(Reason.STORE_REJECTED, True)]
    counts = rig.collector.counts()
    assert counts.accepted == counts.stored + counts.rejected == 40


def test_a_store_that_refuses_everything_is_a_wrong_store_and_loses_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Backoff, "next_pause_s", lambda _self, now_s: 1.0)
    rig.store.refuse = {float(number) for number in range(30)}
    rig.source.put(*(reading(number % 10, number % 30, t=NOW_MS + number) for number in range(400)))
    wait_until(lambda: "refuses nearly everything" in rig.collector.health().reason)
    rig.store.refuse = set()
    wait_until(lambda: rig.collector.counts().forwarded_rows == 400)
    assert rig.collector.counts().rejected == 0


def test_a_sink_that_raises_harms_nobody_and_is_told(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig, "accept", lambda _batch: 1 / 0)
    rig.source.put(reading(1, 20))
    wait_until(lambda: rig.store.values() == [20.0])
    wait_until(lambda: rig.collector.health().status is HealthStatus.DEGRADED)


def test_a_crash_between_append_and_cursor_stores_nothing_twice(tmp_path: Path) -> None:
    rig = Rig(tmp_path / "spool")
    rig.spool.commit(
        [reading(1, 20)], DecoderChain(routes=[("#", NativeDecoder())], known=KNOWN).read([reading(1, 20)])
    )
    rig.store.marks[rig.collector._forwarder.source] = 1
    rig.collector.start()
    wait_until(lambda: rig.spool.cursor == 1)
    assert rig.collector.stop(timeout_s=5)
    assert rig.store.rows == []


def test_the_live_feed_hands_rows_on_without_a_spool() -> None:
    source, seen = FakeSource(), []

    class Sink:
        def accept(self, batch: SampleBatch) -> None:
            seen.extend(batch.value.tolist())

    feed = LiveFeed(
        source=source, chain=DecoderChain(routes=[("heat/#", NativeDecoder())], known=KNOWN), sinks=[Sink()]
    )
    feed.start()
    source.put(reading(1, 20), room(2, b"{"), reading(3, 21))
    wait_until(lambda: seen == [20.0, 21.0])
    wait_until(lambda: len(source.acknowledged) == 3)
    assert (feed.rejections, feed.health().status) == (1, HealthStatus.OK)
    feed.stop()
    assert source.stopped


def test_pauses_grow_and_shrink_only_after_a_stable_time() -> None:
    backoff = Backoff(first_s=1.0, longest_s=8.0, stable_s=300.0, random_source=random.Random(1))
    pauses = [backoff.next_pause_s(now_s=0.0) for _ in range(6)]
    assert all(0.5 * span <= pause <= span for pause, span in zip(pauses, [1, 2, 4, 8, 8, 8], strict=True))
    backoff.succeeded(now_s=10.0)
    assert backoff.next_pause_s(now_s=200.0) >= 4.0
    backoff.succeeded(now_s=200.0)
    assert backoff.next_pause_s(now_s=501.0) <= 1.0


@pytest.mark.parametrize(
    ("free_pct", "status"), [(21.0, HealthStatus.OK), (19.0, HealthStatus.DEGRADED), (3.0, HealthStatus.DOWN)]
)
def test_a_disk_that_fills_is_told_long_before_anything_stops(
    tmp_path: Path, free_pct: float, status: HealthStatus
) -> None:
    rig = Rig(tmp_path / "spool", free_pct=free_pct)
    rig.collector.start()
    try:
        rig.source.put(reading(1, 20))
        wait_until(lambda: rig.collector.health().figures["disk_free_pct"] == free_pct)
        wait_until(lambda: rig.collector.health().status is status)
        assert ("of the disk is free" in rig.collector.health().reason) is (status is not HealthStatus.OK)
    finally:
        rig.collector.stop()
