"""Random numbers depend on names and moments only, never on what else is drawn."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulators.random_streams import RandomStreams, entity_keys

KEYS = entity_keys([f"e-{number}" for number in range(20_000)])


@given(seed=st.integers(0, 2**40), step=st.integers(0, 2**41), cut=st.integers(1, 50))
def test_an_entity_keeps_its_number_when_others_come_or_go(seed: int, step: int, cut: int) -> None:
    keys = KEYS[:60]
    whole = RandomStreams(seed).normal("noise", keys, step)
    busy = RandomStreams(seed)
    busy.normal("something else", keys, step)
    np.testing.assert_array_equal(busy.normal("noise", keys[cut:], step), whole[cut:])


def test_uniform_numbers_are_uniform_and_normal_ones_normal() -> None:
    random = RandomStreams(5)
    uniform = random.uniform("u", KEYS, 3)
    assert uniform.min() >= 0 and uniform.max() < 1
    assert abs(uniform.mean() - 0.5) < 0.01
    assert abs(np.histogram(uniform, 10)[0] - 2000).max() < 250
    normal = random.normal("n", KEYS, 3)
    assert abs(normal.mean()) < 0.03 and abs(normal.std() - 1) < 0.03


def test_names_steps_and_seeds_give_unrelated_numbers() -> None:
    random = RandomStreams(5)
    base = random.normal("a", KEYS, 1)
    others = [random.normal("b", KEYS, 1), random.normal("a", KEYS, 2), RandomStreams(6).normal("a", KEYS, 1)]
    for other in others:
        assert abs(np.corrcoef(base, other)[0, 1]) < 0.03


def test_steps_may_differ_between_entities() -> None:
    random = RandomStreams(1)
    steps = np.arange(5, dtype=np.int64)
    together = random.uniform("u", KEYS[:5], steps)
    assert [random.uniform("u", KEYS[i : i + 1], int(steps[i]))[0] for i in range(5)] == together.tolist()
