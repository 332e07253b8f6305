"""Messages without a time of their own: kept once and in order whatever is sent again, restarted or refused."""

import sqlite3
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from collector.intake.decoder_chain import DecoderChain
from collector.intake.spool.spool import Spool, SpoolError
from collector.intake.spool.spool_files import find_files
from collector.messages.arrived_message import REPLAY_EPOCH, ArrivedMessage
from heating.clock import ManualClock
from heating.intervals import from_epoch_ms
from heating.protocols import RawMessage
from heating.quality import Quality
from tests.unit.collector.intake.fakes import NOW_MS, reading
from tests.unit.collector.intake.spool.test_spool import CHAIN

STATES = (b"offline", b"online")


def status(word: bytes, *, number: int = 1, **more: object) -> ArrivedMessage:
    """A link state of a room sensor."""
    return ArrivedMessage(f"heat/xl/room/S{number}/status", word, **{"received_ms": NOW_MS, **more})  # type: ignore[arg-type]


def untimed(value: float, *, number: int = 1, **more: object) -> ArrivedMessage:
    """A reading without a time."""
    payload = b'{"v":{"room_temp_c":%g}}' % value
    topic = f"heat/xl/room/S{number}/telemetry"
    return ArrivedMessage(topic, payload, **{"received_ms": NOW_MS, **more})  # type: ignore[arg-type]


@dataclass(slots=True)
class House:
    """A spool, and what a store would make of it: the newest value under each object, time and point."""

    folder: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(from_epoch_ms(NOW_MS)))
    rows: list[tuple[int, float]] = field(default_factory=list)
    spool: Spool = field(init=False)

    def __post_init__(self) -> None:
        self.spool = Spool(self.folder, clock=self.clock)

    def restart(self) -> None:
        self.spool.close()
        self.spool = Spool(self.folder, clock=self.clock)

    def take(self, *messages: RawMessage, chain: DecoderChain = CHAIN) -> int:
        """Commit messages; return how many rows were new."""
        fresh = self.spool.commit(messages, chain.read(messages)).fresh
        self.rows += zip(fresh.measured_ms.tolist(), fresh.value.tolist(), strict=True)
        return len(fresh)

    def in_order(self) -> list[float]:
        """The values by time; every time stands once."""
        assert len({time for time, _value in self.rows}) == len(self.rows)
        return [value for _time, value in sorted(self.rows)]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "spool")


# --- order ----------------------------------------------------------------------------------------------------------


def test_a_last_will_and_a_birth_in_one_read_end_online(house: House) -> None:
    assert house.take(status(b"offline", packet_id=1), status(b"online", packet_id=2)) == 2
    assert house.in_order() == [0.0, 1.0]
    assert house.rows[-1] == (NOW_MS + 1, 1.0)


def test_a_backlog_in_one_read_is_stored_whole_and_in_order(house: House) -> None:
    values = [21, 21, 20, 21, 22, 22, 22, 19, 21, 20]
    house.take(*(untimed(value, packet_id=place + 1) for place, value in enumerate(values)))
    house.restart()
    house.take(untimed(18, packet_id=11))
    assert house.in_order() == [*values, 18]


@pytest.mark.parametrize(("back_ms", "kept"), [(7_200_000, True), (400 * 86_400_000, False)])
def test_a_clock_set_back_keeps_the_order_unless_it_was_plainly_wrong(
    house: House, back_ms: int, kept: bool
) -> None:
    house.take(untimed(20, packet_id=1))
    house.restart()
    house.take(untimed(21, packet_id=2, received_ms=NOW_MS - back_ms))
    assert house.in_order() == ([20, 21] if kept else [21, 20])
    assert house.rows[-1][0] == (NOW_MS + 1 if kept else NOW_MS - back_ms)


def test_a_reading_gives_way_to_a_measured_time_and_is_no_conflict(house: House) -> None:
    house.take(reading(1, 25, t=NOW_MS), reading(1, 26, t=NOW_MS + 1))
    assert house.take(untimed(25, packet_id=3), untimed(27, packet_id=4)) == 2
    assert house.in_order() == [25, 26, 25, 27]
    assert house.take(reading(1, 30, t=NOW_MS)) == 0, "measured times: the first wins"


# --- once -----------------------------------------------------------------------------------------------------------


def test_a_reading_sent_again_is_known_and_one_that_never_was_kept_is_not_lost(house: House) -> None:
    house.take(untimed(20, packet_id=7))
    assert house.take(untimed(20, packet_id=7, redelivered=True)) == 0
    assert house.take(untimed(20, packet_id=8, redelivered=True)) == 1, (
        "the same payload came earlier in the hour"
    )
    house.clock.advance(timedelta(hours=2))
    house.restart()
    assert house.take(untimed(20, packet_id=8, redelivered=True)) == 0, "after the hour as well"
    assert house.take(untimed(20, packet_id=8)) == 1, "without the mark the identifier is given out again"
    assert house.take(ArrivedMessage("heat/xl/room/S3/telemetry", b"{", NOW_MS, 8)) == 0
    assert house.take(untimed(20, packet_id=8, redelivered=True)) == 1, "another message had it since"


def test_a_broker_that_numbers_from_one_again_is_recognised_by_content(house: House) -> None:
    house.take(*(untimed(value, packet_id=value) for value in range(1, 30)))
    house.restart()
    assert house.take(*(untimed(29 - 3 + place, packet_id=place, redelivered=True) for place in (1, 2))) == 0
    assert (
        house.take(untimed(29, packet_id=3, redelivered=True), untimed(40, packet_id=4, redelivered=True))
        == 1
    )
    house.restart()
    again = [
        untimed(value, packet_id=place, redelivered=True) for place, value in ((2, 28), (3, 29), (4, 40))
    ]
    assert house.take(*again) == 0
    assert house.in_order() == [*range(1, 30), 40]


def test_a_commit_that_reached_the_disk_and_failed_is_not_kept_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.take(untimed(19, packet_id=1))
    batch = [untimed(20, packet_id=2), untimed(20), reading(2, 5)]
    decoded = CHAIN.read(batch)
    writer = house.spool._writer

    class Liar:
        """Commits, and says that it could not."""

        def __getattr__(self, name: str) -> object:
            return getattr(writer, name)

        def execute(self, sql: str, *rest: object) -> object:
            assert writer is not None
            done = writer.execute(sql, *rest)
            if sql == "COMMIT":
                raise sqlite3.OperationalError("disk I/O error")
            return done

    monkeypatch.setattr(house.spool, "_writer", Liar())
    with pytest.raises(SpoolError):
        house.spool.commit(batch, decoded)
    assert house.spool.commit(batch, decoded).counts.duplicates == 3
    assert len(house.spool.read(max_rows=99)[0]) == 2


def test_number_one_that_was_never_kept_begins_no_new_numbering(house: House) -> None:
    """A collector died before its first commit, and what is new came first: the same value again is no repeat."""
    house.take(*(untimed(20, packet_id=number) for number in (3, 4)))
    assert house.take(*(untimed(20, packet_id=number, redelivered=True) for number in (1, 2, 3, 4))) == 2


def test_a_round_that_ends_while_the_collector_is_dead_is_no_new_numbering(house: House) -> None:
    """Its last window was delivered and never kept; the same values again are no repeats of those before."""
    house.take(untimed(19, packet_id=30_000))
    house.take(*(untimed(20, packet_id=number) for number in (60_000, 60_001)))
    house.restart()
    assert house.take(untimed(21, packet_id=1)) == 1
    assert house.take(*(untimed(20, packet_id=number, redelivered=True) for number in (60_002, 60_003))) == 2
    assert house.take(untimed(20, packet_id=60_001, redelivered=True)) == 0


# --- retained copies ------------------------------------------------------------------------------------------------


def test_a_retained_copy_of_the_last_delivery_is_no_news(house: House) -> None:
    house.take(untimed(21.5, packet_id=1), status(b"online", packet_id=2))
    for hours in (1, 50):
        house.clock.advance(timedelta(hours=hours))
        house.restart()
        at = house.clock.now_ms()
        copies = [
            untimed(21.5, packet_id=3, received_ms=at, retained=True),
            status(b"online", packet_id=4, received_ms=at, retained=True),
        ]
        assert house.take(*copies) == 0
    news = [
        untimed(22, packet_id=5, received_ms=at + 9, retained=True),
        status(b"offline", packet_id=6, received_ms=at + 9, retained=True),
    ]
    decoded = CHAIN.read(news)
    fresh = house.spool.commit(news, decoded).fresh
    assert fresh.measured_ms.min() >= at + 9
    assert set(fresh.quality.tolist()) == {int(Quality.UNCERTAIN_TIME)}
    assert house.take(*news) == 0


def test_an_old_copy_between_readings_that_are_not_kept_comes_once(house: House) -> None:
    assert house.take(untimed(15, packet_id=1, retained=True)) == 1
    house.take(untimed(20, packet_id=2), status(b"online", packet_id=3))
    assert house.take(untimed(15, packet_id=4, retained=True)) == 0
    assert house.take(status(b"offline", packet_id=5, retained=True)) == 1
    house.take(status(b"online", packet_id=6))
    assert house.take(status(b"offline", packet_id=7, retained=True)) == 1, "a link state is always kept"


def test_a_copy_does_not_overtake_what_the_session_has_queued(house: House) -> None:
    house.take(status(b"online", packet_id=1))
    copy = status(b"online", packet_id=3, retained=True, resumed=True)
    house.take(status(b"offline", packet_id=2))
    assert house.take(copy) == 0
    assert house.take(status(b"online", packet_id=4)) == 1
    assert house.take(replace(copy, topic="heat/xl/room/S2/status")) == 1, "a topic that nobody knows yet"
    assert house.take(status(b"offline", retained=True, resumed=True)) == 1, "QoS 0 is queued nowhere"


def test_a_replay_keeps_its_first_arrival_and_moves_nothing(house: House) -> None:
    house.take(untimed(20, packet_id=1))
    old = [RawMessage(m.topic, m.payload, NOW_MS - 60_000, 0, REPLAY_EPOCH) for m in (untimed(5), untimed(6))]
    assert house.take(*old) == 2
    assert house.take(old[0]) == 0
    assert house.in_order() == [5, 6, 20]


# --- rotation -------------------------------------------------------------------------------------------------------


def test_a_clock_wrong_for_a_moment_costs_one_file_that_is_deleted_like_others(house: House) -> None:
    house.take(untimed(1, packet_id=1))
    house.clock.advance(timedelta(days=400))
    house.take(untimed(2, packet_id=2, number=2, received_ms=house.clock.now_ms()))
    house.clock.advance(timedelta(days=-400))
    house.take(untimed(3, packet_id=3))
    house.restart()
    house.clock.advance(timedelta(hours=1))
    house.take(untimed(4, packet_id=4, received_ms=house.clock.now_ms()))
    files, _damaged = find_files(house.folder)
    assert [file.last_sequence for file in files] == [1, 2, 3, 4]
    assert [batch.sequence for batch in house.spool.read(max_rows=99)[0]] == [1, 2, 3, 4]
    house.clock.advance(timedelta(hours=26))
    house.take(untimed(5, packet_id=5, received_ms=house.clock.now_ms()))
    house.spool.set_cursor(5)
    assert house.spool.tidy(keep_ms=86_400_000, max_rejections=10) == 4
    house.restart()
    assert house.take(untimed(5, packet_id=5, redelivered=True)) == 0, "the newest file says it all"
    assert house.take(untimed(5, packet_id=6, received_ms=house.clock.now_ms(), retained=True)) == 0


def test_neither_repeats_nor_measured_times_drive_what_follows_into_one_another(house: House) -> None:
    """A repeat in the same read is no reason to move, and many rows that move keep their distance."""
    house.take(untimed(10, packet_id=1), reading(2, 30, t=NOW_MS + 1_000))
    later = NOW_MS + 1_000
    values = list(range(11, 61))
    batch = [
        untimed(10, packet_id=1, received_ms=later, redelivered=True),
        *(untimed(value, packet_id=value, received_ms=later) for value in values),
        *(untimed(value, packet_id=value + 100, received_ms=later, number=2) for value in values),
    ]
    assert house.take(*batch) == 100
    of_first, of_second = house.rows[2:52], house.rows[52:]
    assert of_first == [(later + place, value) for place, value in enumerate(values)]
    assert of_second == [(later + 1 + place, value) for place, value in enumerate(values)]
