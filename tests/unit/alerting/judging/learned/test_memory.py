"""Windows of memory: their place follows from the slot, and what was missed stands in them as missing."""

import numpy as np
import pytest

from alerting.judging.learned.declared import SLOT_MS, Figure, Learns
from alerting.judging.learned.memory import Memory

LEARNS = Learns(rings={"short": 3, "long": 6}, kept={"since": 7.0}, figures=(Figure("f", "K", ""),))


def filled(slots: range, *, objects: int = 1) -> Memory:
    """Return a memory whose windows hold the number of each slot."""
    memory = Memory(LEARNS, objects)
    for slot in slots:
        memory.begin(slot)
        for name in LEARNS.rings:
            memory.push(name, slot, np.full(objects, float(slot)))
    return memory


def test_windows_hold_the_newest_slots_in_order() -> None:
    memory = filled(range(100, 108))
    assert memory.ordered("short", 107)[:, 0].tolist() == [105.0, 106.0, 107.0]
    assert memory.ordered("long", 107, 2)[:, 0].tolist() == [106.0, 107.0]
    assert memory.back("long", 107, 5)[0] == 102.0
    assert sorted(memory.window("short")[:, 0].tolist()) == [105.0, 106.0, 107.0]


@pytest.mark.parametrize(
    "missed, left", [(1, [106.0, np.nan]), (2, [np.nan, np.nan]), (50, [np.nan, np.nan])]
)
def test_missed_slots_are_gaps(missed: int, left: list[float]) -> None:
    memory = filled(range(100, 107))
    slot = 107 + missed
    memory.begin(slot)
    memory.push("short", slot, np.array([1.0]))
    assert memory.ordered("short", slot)[:-1, 0].tolist() == pytest.approx(left, nan_ok=True)


def test_objects_that_were_taken_at_different_times_each_have_their_own_gaps() -> None:
    whole = Memory(LEARNS, 2)
    whole.take_from(filled(range(100, 107)), [0], [0])  # type: ignore[arg-type]
    whole.take_from(filled(range(100, 106)), [1], [0])  # type: ignore[arg-type]
    whole.begin(107)
    whole.push("short", 107, np.array([1.0, 1.0]))
    assert whole.ordered("short", 107)[:, 0].tolist() == [105.0, 106.0, 1.0]
    assert whole.ordered("short", 107)[:, 1].tolist() == pytest.approx([105.0, np.nan, 1.0], nan_ok=True)


def test_a_clock_set_back_empties_windows_and_keeps_the_rest() -> None:
    memory = filled(range(100, 107))
    memory.follow_clock(-20 * SLOT_MS, now_ms=90 * SLOT_MS)
    assert np.isnan(memory.rings).all() and memory.slot.tolist() == [90]
    assert memory.carried("since")[0] == 7.0
    memory.follow_clock(5 * SLOT_MS, now_ms=95 * SLOT_MS)
    assert memory.slot.tolist() == [90]


def test_carried_figures_are_written_in_place_and_given_ones_stand() -> None:
    memory = Memory(LEARNS, 2)
    memory.carried("since")[1] = 3.0
    memory.give("f", np.array([1.0, 2.0]))
    assert memory.carried("since").tolist() == [7.0, 3.0]
    assert memory.figure("f").tolist() == [1.0, 2.0]
