"""Damage: bytes that rot in the spool and a store that was lost stop nothing, and are told."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.intake.forwarder import Forwarder
from collector.intake.spool.spool import Spool, SpoolError
from config.settings.tree import CollectorSettings
from heating.clock import ManualClock
from heating.intervals import from_epoch_ms
from tests.unit.collector.intake.fakes import NOW_MS, FakeStore, reading
from tests.unit.collector.intake.spool.test_spool import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "spool")
    yield made
    made.spool.close()


def rot(folder: Path, sequence: int, body: bytes) -> None:
    """Write other bytes over the body of a batch."""
    with sqlite3.connect(next(folder.glob("spool-*.sqlite3"))) as connection:
        connection.execute("UPDATE batch SET body = ? WHERE sequence = ?", (body, sequence))
    connection.close()


def test_a_damaged_batch_is_put_aside_and_those_after_it_are_forwarded(bench: Bench) -> None:
    for value in range(4):
        bench.commit(reading(1, value, t=NOW_MS + value))
    rot(bench.folder, 2, b"NLB1 rotten")
    bench.reopen()
    assert bench.forwarded() == [0.0, 2.0, 3.0]
    assert bench.spool.damaged_files == 1
    assert (bench.folder / "damaged-2.batch").read_bytes() == b"NLB1 rotten"
    assert bench.spool.cursor == 4


def test_a_message_whose_batch_rotted_is_taken_again_when_it_comes_again(bench: Bench) -> None:
    bench.commit(reading(1, 20))
    rot(bench.folder, 1, b"")
    bench.reopen()
    assert bench.commit(reading(1, 20)).counts.stored == 1


def fill(bench: Bench, batches: int) -> int:
    """Commit batches large enough to fill many pages; return how many values."""
    for number in range(batches):
        bench.commit(*(reading(row % 5, row % 40, t=NOW_MS + 1_000 * number + row) for row in range(700)))
    return batches * 700


def break_pages(path: Path, *, share: float = 0.5) -> None:
    """Overwrite a stretch of a database behind its first pages."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(int(size * share))
        file.write(b"\xff" * 40_000)


def test_broken_pages_cost_only_what_lay_on_them(bench: Bench) -> None:
    values = fill(bench, 30)
    bench.spool.close()
    break_pages(next(bench.folder.glob("spool-*.sqlite3")))
    bench.spool = Spool(bench.folder, clock=bench.clock)
    found = bench.forwarded()
    while bench.spool.cursor < bench.spool.last_sequence:
        found += bench.forwarded()
    assert bench.spool.damaged_files > 0
    assert values * 2 / 3 < len(found) < values
    try:
        bench.commit(reading(1, 1, t=NOW_MS + 200_000))
    except SpoolError:
        bench.commit(reading(1, 1, t=NOW_MS + 200_000))
    assert bench.forwarded() == [1.0]


def test_a_lost_embedded_store_is_filled_again_from_the_oldest_kept_file(tmp_path: Path) -> None:
    class Embedded(FakeStore):
        def checkpointed_mark(self, source: str) -> int | None:
            return self.marks.get(source, 0)

    bench = Bench(tmp_path / "spool")
    for hour in range(3):
        bench.commit(*(reading(number, number, t=NOW_MS + hour) for number in range(4)))
        bench.clock.advance(3600.0)
    settings = CollectorSettings(spool_dir=bench.folder)
    stores: list[FakeStore] = [Embedded(), Embedded(), FakeStore(marks=False)]
    for store in stores:
        forwarder = Forwarder(spool=bench.spool, store=store, slot="c0", settings=settings)
        forwarder._align()
        while not forwarder.is_drained:
            forwarder.forward_once()
    assert [len(store.rows) for store in stores] == [12, 12, 0]
    bench.spool.close()


def test_the_hours_of_a_clock_that_jumps_lose_nothing(tmp_path: Path) -> None:
    clock = ManualClock(from_epoch_ms(NOW_MS))
    spool = Spool(tmp_path / "spool", clock=clock)
    bench = Bench.__new__(Bench)
    bench.folder, bench.clock, bench.spool = tmp_path / "spool", clock, spool
    for place, jump_s in enumerate([0.0, 7_200.0, -86_400.0, 400 * 86_400.0, -500 * 86_400.0, 3_600.0]):
        clock.set(from_epoch_ms(clock.now_ms() + int(jump_s * 1000)))
        bench.commit(reading(1, place, t=NOW_MS + place))
        assert bench.commit(reading(1, place, t=NOW_MS + place)).counts.duplicates == 1
    assert bench.forwarded() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    spool.close()
