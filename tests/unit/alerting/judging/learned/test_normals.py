"""Normals: learned from good values, frozen on odd ones, and a new normal proposed after five odd days."""

import numpy as np
import pytest
from numpy.typing import NDArray

from alerting.judging.learned.declared import SLOTS_A_DAY, CurveKind, Learns, NormalKind
from alerting.judging.learned.memory import Memory

PLAIN = NormalKind(name="plain", unit="K", meaning="", odd=1.0, warm_slots=3, learn_days=0.02, slow_days=1.0)
RATIO = NormalKind(name="ratio", unit="", meaning="", odd=0.1, ratio=True, warm_slots=3)
LINE = CurveKind(name="line", unit="K", meaning="", features=("1", "x"), odd=1.0, warm_slots=30)
LEARNS = Learns(normals=(PLAIN, RATIO), curves=(LINE,))


def fed(name: str, values: list[float], *, usable: bool = True, memory: Memory | None = None) -> Memory:
    """Return a memory of one object that took some values."""
    known = Memory(LEARNS, 1) if memory is None else memory
    for place, value in enumerate(values):
        known.begin(place + 1)
        known.against_normal(name, np.array([value]), np.array([usable]))
        known.finish(day_ends=(place + 1) % SLOTS_A_DAY == 0)
    return known


def test_a_normal_is_unknown_until_enough_was_learned() -> None:
    assert np.isnan(fed("plain", [5.0, 5.0]).known("plain")[0])
    assert fed("plain", [4.0, 5.0, 6.0]).known("plain")[0] == pytest.approx(5.0)


def test_an_odd_value_is_told_from_the_normal_and_teaches_nothing() -> None:
    memory = fed("plain", [5.0] * 10)
    memory.begin(11)
    assert memory.against_normal("plain", np.array([9.0]), np.array([True]))[0] == 4.0
    memory.finish(day_ends=False)
    assert memory.known("plain")[0] == 5.0


def test_a_slow_change_is_followed_slowly() -> None:
    memory = fed("plain", [5.0] * 10 + [5.5] * SLOTS_A_DAY)
    assert 5.2 < memory.known("plain")[0] < 5.4


def test_a_value_that_may_not_teach_does_not() -> None:
    assert np.isnan(fed("plain", [5.0] * 10, usable=False).known("plain")[0])


def test_a_ratio_is_compared_by_quotient() -> None:
    memory = fed("ratio", [50.0] * 5)
    memory.begin(6)
    assert memory.against_normal("ratio", np.array([60.0]), np.array([True]))[0] == pytest.approx(1.2)
    memory.finish(day_ends=False)
    assert memory.known("ratio")[0] == 50.0
    assert fed("ratio", [54.0], memory=memory).known("ratio")[0] > 50.0


@pytest.mark.parametrize("days, proposed", [(4, False), (5, True)])
def test_five_odd_days_in_a_row_propose_a_new_normal(days: int, proposed: bool) -> None:
    memory = fed("plain", [5.0] * SLOTS_A_DAY + [8.0] * (days * SLOTS_A_DAY))
    found = memory.proposals()
    assert bool(found) is proposed
    if found:
        assert (found[0].kind, found[0].row, found[0].present, found[0].proposed) == (PLAIN, 0, 5.0, 8.0)
        memory.adopt("plain", 0)
        assert memory.known("plain")[0] == 8.0 and memory.proposals() == ()


def test_a_fine_day_ends_a_row_of_odd_ones() -> None:
    odd, fine = [8.0] * SLOTS_A_DAY, [5.0] * SLOTS_A_DAY
    assert fed("plain", fine + odd * 4 + fine + odd * 4).proposals() == ()


def test_a_day_without_a_word_neither_counts_nor_ends_the_row() -> None:
    memory = fed("plain", [5.0] * SLOTS_A_DAY + [8.0] * (4 * SLOTS_A_DAY))
    fed("plain", [8.0] * SLOTS_A_DAY, usable=False, memory=memory)
    assert memory.proposals() == ()
    assert len(fed("plain", [8.0] * SLOTS_A_DAY, memory=memory).proposals()) == 1


def learn_line(memory: Memory, x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    found = float("nan")
    for at, value in zip(x, y, strict=True):
        found = float(memory.residual("line", (1.0, np.array([at])), np.array([value]), np.array([True]))[0])
        memory.finish(day_ends=False)
    return found


def test_a_curve_learns_a_line_and_says_what_is_off_it() -> None:
    memory = Memory(LEARNS, 1)
    x = np.random.default_rng(1).uniform(-1, 1, 60)
    assert abs(learn_line(memory, x, 3.0 + 2.0 * x)) < 0.05
    off = memory.residual("line", (1.0, np.array([0.5])), np.array([9.0]))
    assert off[0] == pytest.approx(5.0, abs=0.05)


def test_a_curve_does_not_learn_what_is_odd_nor_what_it_only_looks_at() -> None:
    memory = Memory(LEARNS, 1)
    x = np.random.default_rng(1).uniform(-1, 1, 60)
    learn_line(memory, x, 3.0 + 2.0 * x)
    weights = memory.weights.copy()
    learn_line(memory, x, 9.0 + 2.0 * x)
    memory.residual("line", (1.0, np.array([0.5])), np.array([4.1]))
    memory.finish(day_ends=False)
    assert np.array_equal(memory.weights, weights)


def test_forgotten_normals_and_curves_are_learned_from_the_beginning() -> None:
    memory = fed("plain", [5.0] * 10)
    learn_line(memory, np.linspace(-1, 1, 60), np.full(60, 3.0))
    memory.reset("plain", 0)
    memory.reset("line", 0)
    fresh = Memory(LEARNS, 1)
    assert np.array_equal(memory.normals, fresh.normals, equal_nan=True)
    assert np.array_equal(memory.covariances, fresh.covariances) and not memory.weights.any()


def test_what_was_learned_can_be_shown() -> None:
    plain, ratio = fed("plain", [5.0] * 10).learned_of(0)
    assert (plain.kind, plain.value, plain.learned_slots, plain.is_known) == (PLAIN, 5.0, 10, True)
    assert not ratio.is_known
