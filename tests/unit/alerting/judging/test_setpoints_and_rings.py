"""What is remembered between messages: the setpoint of the last move, and one reading of a room for each minute or so."""

import numpy as np
import pytest

from alerting.judging.room_readings import RoomReadings
from alerting.judging.windows import Setpoints

HOUR_MS = 3_600_000


def moves(*setpoints_c: float) -> list[int]:
    """Return after each setpoint when the last move was; the n-th comes at n hours."""
    setpoints, found = Setpoints(1), []
    for hour, setpoint_c in enumerate(setpoints_c, start=1):
        setpoints.note(np.array([setpoint_c]), np.array([hour]))
        found.append(int(setpoints.moved_ms[0]))
    return found


@pytest.mark.parametrize(
    ("setpoints_c", "moved"),
    [
        ((50.0, 52.0, 48.0), [0, 0, 0]),  # 2 K is no move yet
        ((50.0, 52.1, 52.1, 52.1), [0, 2, 2, 2]),  # one move is noted once
        ((50.0, 55.0, 50.0), [0, 2, 3]),
        ((50.0, 51.0, 52.0, 53.0, 54.0), [0, 0, 0, 4, 4]),  # small steps add up from the last move
        ((np.nan, 50.0, np.nan, 55.0), [0, 0, 0, 4]),
    ],
)
def test_a_setpoint_moves_when_it_leaves_the_one_of_the_last_move_by_more_than_2_k(
    setpoints_c: tuple[float, ...], moved: list[int]
) -> None:
    assert moves(*setpoints_c) == moved


def median_after(*readings: tuple[int, float]) -> float:
    """Return the median of the last hour at its end, of readings at some milliseconds."""
    rooms = RoomReadings(1)
    for time_ms, value_c in readings:
        rooms.add(np.array([0]), np.array([time_ms]), np.array([value_c]))
    return float(rooms.median(HOUR_MS, np.array([HOUR_MS]), now_ms=HOUR_MS)[0])


def test_a_reading_that_comes_twice_or_too_late_counts_once() -> None:
    minute = 60_000
    once = median_after((10 * minute, 20.0), (20 * minute, 21.0), (30 * minute, 25.0))
    twice = median_after(
        (10 * minute, 20.0),
        (20 * minute, 21.0),
        (30 * minute, 25.0),
        (30 * minute, 25.0),
        (30 * minute, 25.0),
    )
    late = median_after(
        (10 * minute, 20.0), (20 * minute, 21.0), (30 * minute, 25.0), (5 * minute, 5.0), (6 * minute, 5.0)
    )
    assert (once, twice, late) == (21.0, 21.0, 21.0)
