"""Steps of a live run grow with its speed."""

import pytest

from simulators.publishing.live import step_for_speed


@pytest.mark.parametrize(("speed", "step_s"), [(0.1, 1), (1, 1), (10, 5), (60, 30), (100_000, 60)])
def test_steps_grow_with_speed(speed: float, step_s: float) -> None:
    assert step_for_speed(speed) == step_s
