"""Repeats against a naive oracle: over batches, hours, restarts and lost key files."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collector.intake.spool.recent_batches import RecentBatches, SpooledBatch
from collector.intake.spool.rejections import count_by_reason
from collector.intake.spool.seen_keys import SeenKeys, reading_keys
from collector.intake.spool.spool import Spool
from heating.clock import ManualClock
from heating.intervals import from_epoch_ms
from heating.points import Measurement
from heating.samples import ObjectRef, Sample, SampleBatch
from tests.support.examples import examples
from tests.unit.collector.intake.fakes import NOW_MS, reading
from tests.unit.collector.intake.spool.test_spool import CHAIN

Steps = list[tuple[str, list[tuple[int, int, int]]]]

STEPS: st.SearchStrategy[Steps] = st.lists(
    st.tuples(
        st.sampled_from(["stay", "restart", "next hour", "lose the keys"]),
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 2)), max_size=12),
    ),
    max_size=8,
)


@settings(max_examples=examples(40))
@example(steps=[("stay", [(0, 0, 0)]), ("next hour", []), ("next hour", []), ("restart", [(0, 0, 0)])])
@given(steps=STEPS)
def test_every_reading_is_new_repeated_or_in_conflict_as_a_naive_memory_says(
    steps: Steps, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    clock = ManualClock(from_epoch_ms(NOW_MS))
    spool = Spool(folder, clock=clock)
    first: dict[tuple[int, int], int] = {}
    new = repeated = clashing = 0
    expected = [0, 0, 0]
    for change, readings in steps:
        if change in ("restart", "lose the keys"):
            spool.close()
            for path in folder.glob("*.keys") if change == "lose the keys" else ():
                path.unlink()
            spool = Spool(folder, clock=clock)
        elif change == "next hour":
            clock.advance(timedelta(hours=1))
        messages = [reading(device, value, t=NOW_MS + 30_000 * time) for device, time, value in readings]
        counts = spool.commit(messages, CHAIN.read(messages)).counts
        new, repeated, clashing = (
            new + counts.stored,
            repeated + counts.duplicates,
            clashing + counts.rejected,
        )
        for device, time, value in readings:
            former = first.setdefault((device, time), -1)
            if former == -1:
                first[device, time] = value
                expected[0] += 1
            else:
                expected[1 if former == value else 2] += 1
    assert [new, repeated, clashing] == expected
    assert count_by_reason(folder).get("conflict", 0) == expected[2]
    spool.close()


def test_keys_are_found_in_every_run_with_their_batches() -> None:
    keys = SeenKeys()
    numbers = np.random.default_rng(3).permutation(5_000).astype(np.uint64)
    for sequence, part in enumerate(np.array_split(numbers, 60)):
        keys.add(part, sequence)
    asked = np.arange(0, 10_000, 7, dtype=np.uint64)
    found = keys.find(asked)
    assert found.keys.tolist() == list(range(0, 5_000, 7))
    places = {int(key): place for place, part in enumerate(np.array_split(numbers, 60)) for key in part}
    assert [places[key] for key in found.keys.tolist()] == found.sequences.tolist()
    assert len(keys) == 5_000


def test_saved_keys_come_back_and_damaged_or_older_ones_do_not(tmp_path: Path) -> None:
    path = tmp_path / "x.keys"
    keys = SeenKeys()
    keys.add(np.array([5, 3, 9], np.uint64), 7)
    keys.save(path, last_sequence=7)
    opened = SeenKeys.open(path, last_sequence=7)
    assert opened is not None
    assert opened.find(np.array([3, 4, 9], np.uint64)).sequences.tolist() == [7, 7]
    assert SeenKeys.open(path, last_sequence=8) is None
    path.write_bytes(path.read_bytes()[:-1])
    assert SeenKeys.open(path, last_sequence=7) is None
    assert SeenKeys.open(tmp_path / "none.keys", last_sequence=7) is None


def test_the_same_object_and_time_have_the_same_key_in_any_batch() -> None:
    one, two = ObjectRef(Measurement.ROOM, "S1"), ObjectRef(Measurement.STATION, "S1")
    times = np.array([NOW_MS, NOW_MS], np.int64)
    forward = reading_keys((one, two), np.array([0, 1], np.int32), times)
    backward = reading_keys((two, one), np.array([1, 0], np.int32), times)
    assert forward.tolist() == backward.tolist()
    assert forward[0] != forward[1]


def batch(sequence: int, rows: int = 1) -> SpooledBatch:
    """A batch of rows of one room."""
    samples = [
        Sample(ObjectRef(Measurement.ROOM, "S1"), "room_temp_c", NOW_MS + row, 20.0) for row in range(rows)
    ]
    return SpooledBatch(sequence, SampleBatch.from_samples(samples), np.zeros(rows, np.int32))


def test_batches_at_hand_are_complete_from_some_sequence_on_or_not_given_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("collector.intake.spool.recent_batches.MAX_ROWS", 5)
    recent = RecentBatches(after=10)
    assert recent.after(9, max_rows=99) is None
    for sequence in range(11, 16):
        recent.put(batch(sequence), reached=sequence)
    assert [item.sequence for item in recent.after(11, max_rows=2) or ()] == [12, 13]
    recent.put(batch(16, rows=2), reached=16)
    assert recent.after(11, max_rows=99) is None
    assert [item.sequence for item in recent.after(12, max_rows=99) or ()] == [13, 14, 15, 16]
    recent.drop_through(14)
    assert recent.after(13, max_rows=99) is None
    recent.restart(after=20)
    assert recent.after(20, max_rows=99) == []
