"""The spool: one commit keeps all or nothing, repeats are found over restarts and hours, files go when they may."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from collector.decoders.native.decoder import NativeDecoder
from collector.intake.decoder_chain import DecoderChain
from collector.intake.spool.rejections import (
    RejectionFilter,
    count_by_reason,
    list_rejections,
    replay_rejected,
)
from collector.intake.spool.seen_keys import SeenKeys
from collector.intake.spool.spool import Committed, Spool, SpoolError, SpoolInUseError
from collector.messages.arrived_message import ArrivedMessage
from collector.messages.decoded import Reason
from collector.messages.known_objects import KnownObjects
from heating.clock import ManualClock
from heating.intervals import from_epoch_ms
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.samples import ObjectRef
from tests.unit.collector.intake.fakes import NOW_MS, reading, room

KNOWN = KnownObjects({ObjectRef(Measurement.ROOM, f"S{number}"): "xl" for number in range(5)})
CHAIN = DecoderChain(routes=[("heat/#", NativeDecoder())], known=KNOWN)


class Bench:
    """A spool that can be closed and opened again, on a clock of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock(from_epoch_ms(NOW_MS))
        self.spool = Spool(folder, clock=self.clock)

    def reopen(self) -> None:
        self.spool.close()
        self.spool = Spool(self.folder, clock=self.clock)

    def commit(self, *messages: RawMessage) -> Committed:
        return self.spool.commit(messages, CHAIN.read(messages))

    def forwarded(self) -> list[float]:
        batches, reached = self.spool.read(max_rows=10_000)
        self.spool.set_cursor(reached)
        return [value for batch in batches for value in batch.samples.value.tolist()]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "spool")
    yield made
    made.spool.close()


def again(message: RawMessage) -> ArrivedMessage:
    return ArrivedMessage(
        message.topic, message.payload, message.received_ms, message.packet_id, redelivered=True
    )


def test_rows_come_back_in_order_and_once(bench: Bench) -> None:
    for value in (1, 2, 3):
        bench.commit(
            reading(1, value, t=NOW_MS + value), reading(2, value + 10, t=NOW_MS)
        ) if value == 1 else bench.commit(reading(1, value, t=NOW_MS + value))
    assert bench.forwarded() == [1.0, 11.0, 2.0, 3.0]
    assert bench.forwarded() == []


def test_the_cursor_and_the_rows_survive_a_restart(bench: Bench) -> None:
    bench.commit(reading(1, 1))
    assert bench.forwarded() == [1.0]
    bench.commit(reading(1, 2, t=NOW_MS + 1))
    bench.reopen()
    assert bench.forwarded() == [2.0]
    assert bench.commit(reading(1, 3, t=NOW_MS + 2)).sequence == 3


def test_the_same_content_again_is_a_duplicate_even_after_a_restart(bench: Bench) -> None:
    bench.commit(reading(1, 20))
    bench.reopen()
    counts = bench.commit(reading(1, 20), reading(2, 20), reading(2, 20)).counts
    assert (counts.accepted, counts.stored, counts.rejected, counts.duplicates) == (1, 1, 0, 2)
    assert len(bench.forwarded()) == 2


def test_other_content_is_a_conflict_and_the_first_wins(bench: Bench) -> None:
    counts = bench.commit(reading(1, 20), reading(1, 21)).counts
    assert (counts.stored, counts.rejected) == (1, 1)
    assert bench.forwarded() == [20.0]
    assert [item.reason for item in list_rejections(bench.folder)] == [Reason.CONFLICT]


def test_other_points_of_the_same_time_are_no_conflict(bench: Bench) -> None:
    bench.commit(reading(1, 20))
    counts = bench.commit(room(1, b'{"t":%d,"v":{"battery_v":3,"room_temp_c":20}}' % NOW_MS)).counts
    assert (counts.stored, counts.rejected, counts.rows) == (1, 0, 1)
    assert bench.commit(room(1, b'{"t":%d,"v":{"battery_v":4}}' % NOW_MS)).counts.rejected == 1


def test_repeats_are_found_over_the_turn_of_the_hour(bench: Bench) -> None:
    bench.commit(reading(1, 20))
    bench.clock.advance(timedelta(hours=1))
    bench.commit(reading(1, 21, t=NOW_MS + 1))
    assert len(list(bench.folder.glob("spool-*.sqlite3"))) == 2
    counts = bench.commit(reading(1, 20), reading(1, 22)).counts
    assert (counts.duplicates, counts.rejected, counts.stored) == (1, 1, 0)


def test_a_redelivered_message_without_time_or_without_sense_is_not_kept_twice(bench: Bench) -> None:
    timeless, broken = room(1, b'{"v":{"room_temp_c":20}}'), room(2, b"{", packet_id=2)
    bench.commit(timeless, broken)
    bench.clock.advance(1.0)
    later = replace(again(timeless), received_ms=NOW_MS + 1000)
    counts = bench.commit(later, again(broken)).counts
    assert (counts.accepted, counts.duplicates, counts.rejections) == (0, 2, 0)
    assert bench.commit(replace(timeless, received_ms=NOW_MS + 2000, packet_id=3)).counts.stored == 1


def test_rejections_that_come_again_are_looked_up_once_a_batch_and_file(bench: Bench) -> None:
    broken = [room(number, b"{", packet_id=number) for number in range(1, 31)]
    bench.commit(*broken[:20])
    bench.clock.advance(timedelta(hours=1))
    bench.commit(reading(1, 20))
    writer = bench.spool._writer
    assert writer is not None
    asked: list[str] = []
    writer.set_trace_callback(asked.append)
    counts = bench.commit(*map(again, broken)).counts
    assert (counts.duplicates, counts.rejected) == (20, 10)
    assert len([text for text in asked if text.startswith("SELECT content")]) == 1


def test_a_full_disk_keeps_nothing_and_the_same_commit_succeeds_later(bench: Bench) -> None:
    bench.commit(reading(1, 1))
    writer = bench.spool._writer
    assert writer is not None
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count={pages}")
    many = [reading(number % 5, 20.0, t=NOW_MS + 10 + number) for number in range(2_000)]
    with pytest.raises(SpoolError, match="full"):
        bench.commit(*many)
    assert bench.forwarded() == [1.0]
    assert bench.commit(*many).counts.stored == 2_000
    assert len(bench.forwarded()) == 2_000


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_a_disk_that_refuses_again_and_again_leaks_nothing(bench: Bench) -> None:
    """Neither open files nor rows of half a commit nor files beside the spool's own."""
    bench.commit(reading(1, 1))
    many = [reading(number % 5, 20.0, t=NOW_MS + 10 + number) for number in range(2_000)]
    names: set[str] = set()
    open_before = -1
    for _try in range(6):
        writer = bench.spool._connection(NOW_MS)
        pages = writer.execute("PRAGMA page_count").fetchone()[0]
        writer.execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(SpoolError, match="full"):
            bench.commit(*many)
        if open_before < 0:
            open_before, names = descriptors(), {path.name for path in bench.folder.iterdir()}
    assert descriptors() == open_before
    assert {path.name for path in bench.folder.iterdir()} == names
    assert bench.commit(*many).counts.stored == 2_000


def test_keys_that_the_disk_refuses_leave_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = SeenKeys.of([(1, np.arange(10, dtype=np.uint64))])
    keys.save(tmp_path / "x.keys", last_sequence=1)
    before, open_before = (tmp_path / "x.keys").read_bytes(), descriptors()

    def refuse(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr("config.drafts.os.fsync", refuse)
    for _try in range(3):
        with pytest.raises(OSError, match="no space"):
            SeenKeys.of([(2, np.arange(5, dtype=np.uint64))]).save(tmp_path / "x.keys", last_sequence=2)
    assert [path.name for path in tmp_path.iterdir()] == ["x.keys"]
    assert (tmp_path / "x.keys").read_bytes() == before
    assert descriptors() == open_before


def test_a_second_collector_on_the_folder_is_refused(bench: Bench) -> None:
    with pytest.raises(SpoolInUseError, match="another collector"):
        Spool(bench.folder, clock=bench.clock)


def test_a_damaged_file_is_set_aside_and_told(bench: Bench) -> None:
    bench.commit(reading(1, 1))
    bench.spool.close()
    damaged = next(bench.folder.glob("spool-*.sqlite3"))
    damaged.write_bytes(b"no database at all" * 300)
    bench.spool = Spool(bench.folder, clock=bench.clock)
    assert bench.spool.damaged_files == 1
    assert list(bench.folder.glob("*.damaged"))


def test_old_forwarded_files_go_and_their_rejections_stay(bench: Bench) -> None:
    bench.commit(reading(1, 20), room(2, b"{"))
    bench.clock.advance(timedelta(hours=1))
    bench.commit(reading(1, 21, t=NOW_MS + 1))
    day_ms = 86_400_000
    bench.clock.advance(timedelta(hours=25))
    assert bench.spool.tidy(keep_ms=day_ms, max_rejections=10) == 0
    bench.forwarded()
    assert bench.spool.tidy(keep_ms=day_ms, max_rejections=10, safe_sequence=0) == 0
    assert bench.spool.tidy(keep_ms=day_ms, max_rejections=10) == 1
    assert [item.payload for item in list_rejections(bench.folder)] == [b"{"]
    bench.reopen()
    assert bench.commit(reading(1, 22, t=NOW_MS + 2)).sequence == 3


def test_the_oldest_rejections_above_the_cap_are_deleted_and_counted(bench: Bench) -> None:
    for number in range(6):
        bench.commit(room(1, b"{%d" % number))
    bench.spool.tidy(keep_ms=1, max_rejections=2)
    assert [item.payload for item in list_rejections(bench.folder)] == [b"{5", b"{4"]
    assert bench.spool.rejections_dropped == 4


def test_rejections_are_listed_by_reason_and_given_back_once(bench: Bench) -> None:
    bench.commit(reading(9, 1), room(1, b"{"), room(2, b"x" * 300_000))
    assert count_by_reason(bench.folder) == {"bad_json": 1, "too_big": 1, "unknown_device": 1}
    wanted = RejectionFilter(reasons=frozenset({Reason.UNKNOWN_DEVICE}))
    sent: list[tuple[str, bytes]] = []
    assert replay_rejected(bench.folder, sent.extend, now_ms=NOW_MS, wanted=wanted) == 1
    assert sent == [(reading(9, 1).topic, reading(9, 1).payload)]
    assert replay_rejected(bench.folder, sent.extend, now_ms=NOW_MS, wanted=wanted) == 0
    assert len(next(i.payload for i in list_rejections(bench.folder) if i.reason is Reason.TOO_BIG)) == 1_024


def test_every_commit_is_synchronous(bench: Bench) -> None:
    bench.commit(reading(1, 1))
    writer = bench.spool._writer
    assert isinstance(writer, sqlite3.Connection)
    assert writer.execute("PRAGMA synchronous").fetchone() == (2,)
    assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
