"""History is loaded file by file, each once, and led through the rules in the order of time."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.sample_files import BrokenSampleFileError, write_sample_file
from heating.intervals import from_epoch_ms
from heating.points import Measurement
from heating.protocols import AppendMark
from heating.samples import ObjectRef, Sample, SampleBatch
from runtime.history import HistoryLoader, judge_history

HOUR_MS = 3_600_000
START_MS = 1_768_435_200_000
"""2026-01-15 00:00 UTC [epoch ms]."""
ROOM = ObjectRef(Measurement.ROOM, "R1")


def batch(*minutes: float) -> SampleBatch:
    """Return readings of one room at minutes after the start; the value is the minute."""
    return SampleBatch.from_samples(
        Sample(ROOM, "room_temp_c", START_MS + int(minute * 60_000), minute) for minute in minutes
    )


class Store:
    """Keeps what is appended."""

    def __init__(self) -> None:
        self.appended: list[tuple[list[float], AppendMark | None]] = []

    def append(self, rows: SampleBatch, *, mark: AppendMark | None = None) -> None:
        self.appended.append((rows.value.tolist(), mark))


def loader_of(folder: Path, store: Store, *, keep_from_ms: int = START_MS + HOUR_MS) -> HistoryLoader:
    return HistoryLoader(folder=folder, store=store, keep_from_ms=keep_from_ms)  # type: ignore[arg-type]


def test_files_are_loaded_in_order_of_their_names_each_once_and_deleted(tmp_path: Path) -> None:
    store = Store()
    loader = loader_of(tmp_path, store)
    write_sample_file(tmp_path / "0002.npz", batch(20))
    write_sample_file(tmp_path / "0001.npz", batch(10, 11))
    assert loader.load_new() == 2
    assert loader.load_new() == 0
    write_sample_file(tmp_path / "0003.npz", batch(30))
    assert loader.load_new() == 1
    assert store.appended == [
        ([10, 11], AppendMark("history", 1)),
        ([20], AppendMark("history", 2)),
        ([30], AppendMark("history", 3)),
    ]
    assert loader.rows == 4
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_still_being_written_waits(tmp_path: Path) -> None:
    (tmp_path / "0001.npz.77.part").write_bytes(b"half")
    assert loader_of(tmp_path, Store()).load_new() == 0
    assert (tmp_path / "0001.npz.77.part").exists()


def test_a_broken_file_is_told_and_stays(tmp_path: Path) -> None:
    (tmp_path / "0001.npz").write_bytes(b"nothing")
    with pytest.raises(BrokenSampleFileError, match=r"0001\.npz"):
        loader_of(tmp_path, Store()).load_new()
    assert (tmp_path / "0001.npz").exists()


def test_only_recent_rows_are_kept_for_the_rules(tmp_path: Path) -> None:
    loader = loader_of(tmp_path, Store())
    write_sample_file(tmp_path / "1.npz", batch(0, 59.9))
    write_sample_file(tmp_path / "2.npz", batch(59, 60, 61))
    loader.load_new()
    assert [kept.value.tolist() for kept in loader.recent] == [[60, 61]]


class Judge:
    """Live state and rules in one: notes what came before each tick."""

    def __init__(self) -> None:
        self.ticks: list[tuple[datetime, list[float]]] = []
        self._since: list[float] = []

    def accept(self, rows: SampleBatch) -> None:
        self._since += rows.value.tolist()

    def tick(self, now: datetime, *, history: bool = False) -> None:
        assert history, "the watch must not take the steps of history for blindness"
        self.ticks.append((now, self._since))
        self._since = []


def judged(*batches: SampleBatch, step: timedelta = timedelta(minutes=5)) -> Judge:
    judge = Judge()
    made = judge_history(batches, live_state=judge, service=judge, step=step)  # type: ignore[arg-type]
    assert made == len(judge.ticks)
    return judge


def at(minute: float) -> datetime:
    return from_epoch_ms(START_MS + int(minute * 60_000))


def test_each_tick_sees_what_was_measured_up_to_it() -> None:
    judge = judged(batch(7, 1), batch(4, 12))
    assert judge.ticks == [(at(5), [1, 4]), (at(10), [7]), (at(12), [12])]


def test_a_reading_on_the_very_moment_of_a_tick_is_seen_by_it() -> None:
    assert judged(batch(0, 5, 10)).ticks == [(at(0), [0]), (at(5), [5]), (at(10), [10])]


def test_nothing_to_judge_makes_no_tick() -> None:
    assert judged().ticks == []


@given(minutes=st.lists(st.integers(0, 300), min_size=1, max_size=40), cut=st.integers(0, 40))
def test_ticks_rise_and_no_reading_is_lost_or_seen_before_its_time(minutes: list[int], cut: int) -> None:
    judge = judged(batch(*minutes[:cut]), batch(*minutes[cut:]))
    times = [when for when, _ in judge.ticks]
    assert times == sorted(times)
    seen = [minute for _, rows in judge.ticks for minute in rows]
    assert seen == sorted(minutes)
    assert all(at(minute) <= when for when, rows in judge.ticks for minute in rows)


def test_progress_reaches_its_end() -> None:
    told: list[tuple[int, int]] = []
    judge = Judge()
    judge_history(
        [batch(0, 20)],
        live_state=judge,  # type: ignore[arg-type]
        service=judge,  # type: ignore[arg-type]
        progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (len(judge.ticks), len(judge.ticks))
