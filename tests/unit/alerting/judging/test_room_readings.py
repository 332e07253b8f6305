"""The last hour of a room sensor: which readings are kept, which stand in the median, and which are forgotten."""

import numpy as np
import pytest

from alerting.judging.room_readings import READINGS_KEPT, RoomReadings

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
T0_MS = 1_000 * HOUR_MS


def at(minute: float) -> int:
    return T0_MS + round(minute * MINUTE_MS)


def add(rooms: RoomReadings, *readings: tuple[float, float], sensor: int = 0, past: bool = False) -> None:
    """Add (minute, temperature) readings of one sensor in one call."""
    minutes, values = zip(*readings, strict=True)
    take = rooms.fill if past else rooms.add
    take(np.full(len(values), sensor), np.array([at(m) for m in minutes]), np.array(values, np.float64))


def kept(rooms: RoomReadings, sensor: int = 0) -> list[tuple[float, float]]:
    """Return the kept (minute, temperature) readings of a sensor, oldest first."""
    pairs = zip(rooms.time_ms[sensor].tolist(), rooms.value[sensor].tolist(), strict=True)
    return sorted(((time_ms - T0_MS) / MINUTE_MS, value) for time_ms, value in pairs if time_ms > 0)


def medians(rooms: RoomReadings, minute: float, *, window_min: float = 60.0) -> list[float]:
    """Return the median of each sensor over a window; sensors beyond the first have twice that window."""
    window_ms = np.full(len(rooms.value), round(2 * window_min * MINUTE_MS))
    window_ms[0] = round(window_min * MINUTE_MS)
    found = rooms.median(round(window_min * MINUTE_MS), window_ms, now_ms=at(minute))
    return [float(value) for value in found]


def test_readings_of_a_chatty_sensor_are_kept_from_four_minutes_apart() -> None:
    rooms = RoomReadings(1)
    for minute in (0.0, 3.99, 4.0, 7.0, 8.0):
        add(rooms, (minute, 20 + minute))
    assert kept(rooms) == [(0.0, 20.0), (4.0, 24.0), (8.0, 28.0)]


def test_the_first_reading_ever_is_kept_whatever_its_time() -> None:
    rooms = RoomReadings(1)
    rooms.add(np.array([0]), np.array([240_000]), np.array([20.0]))
    assert rooms.time_ms[0].tolist().count(240_000) == 1


def test_twelve_readings_are_kept_and_the_thirteenth_takes_the_place_of_the_oldest() -> None:
    rooms = RoomReadings(1)
    for place in range(READINGS_KEPT + 2):
        add(rooms, (5.0 * place, float(place)))
    assert [value for _, value in kept(rooms)] == [float(n) for n in range(2, 14)]


def test_several_readings_of_several_sensors_in_one_batch_count_as_if_they_came_apart() -> None:
    together, apart = RoomReadings(3), RoomReadings(3)
    rows = [(0, 0, 20.0), (0, 5, 21.0), (0, 10, 25.0), (2, 0, 10.0), (2, 5, 11.0)]
    sensor, minute, value = (np.array(column) for column in zip(*rows, strict=True))
    together.add(sensor, T0_MS + minute * MINUTE_MS, value)
    for row in rows:
        add(apart, (row[1], row[2]), sensor=row[0])
    assert np.array_equal(together.value, apart.value, equal_nan=True)
    assert medians(together, 10)[0] == 21.0 and medians(together, 10)[2] == 10.5


def test_a_batch_without_usable_readings_changes_nothing() -> None:
    rooms = RoomReadings(1)
    rooms.add(np.zeros(0, np.intp), np.zeros(0, np.int64), np.zeros(0))
    rooms.fill(np.zeros(0, np.intp), np.zeros(0, np.int64), np.zeros(0))
    assert kept(rooms) == []


@pytest.mark.parametrize(
    ("values", "median"),
    [
        ([20.0], 20.0),
        ([20.0, 23.0], 21.5),
        ([25.0, 20.0, 21.0], 21.0),
        ([25.0, 20.0, 21.0, 22.0], 21.5),
        ([float(n) for n in range(12)], 5.5),
    ],
)
def test_the_median_is_the_middle_reading_or_the_mean_of_the_two(values: list[float], median: float) -> None:
    rooms = RoomReadings(1)
    add(rooms, *((4.0 * place, value) for place, value in enumerate(values)))
    assert medians(rooms, 47.0) == [median]


def test_a_reading_leaves_the_median_when_it_is_as_old_as_the_window() -> None:
    rooms = RoomReadings(2)
    for sensor in (0, 1):
        add(rooms, (0, 10.0), (30, 20.0), sensor=sensor)
    minutes = (59.99, 60.0, 89.99, 90.0, 119.99, 120.0, 150.0)
    found = [medians(rooms, minute) for minute in minutes]
    nan = pytest.approx(np.nan, nan_ok=True)
    assert [first for first, _ in found] == [15.0, 20.0, 20.0, nan, nan, nan, nan]
    assert [second for _, second in found] == [15.0, 15.0, 15.0, 15.0, 15.0, 20.0, nan]


def test_each_window_has_a_median_of_its_own() -> None:
    rooms = RoomReadings(1)
    add(rooms, (0, 10.0), (40, 20.0))
    assert (medians(rooms, 45), medians(rooms, 45, window_min=30)) == ([15.0], [20.0])
    add(rooms, (50, 30.0))
    assert (medians(rooms, 55), medians(rooms, 55, window_min=30)) == ([20.0], [25.0])


def test_a_reading_of_one_sensor_changes_the_median_of_no_other() -> None:
    rooms = RoomReadings(2)
    add(rooms, (0, 10.0), sensor=0)
    add(rooms, (0, 20.0), sensor=1)
    assert medians(rooms, 1) == [10.0, 20.0]
    add(rooms, (10, 12.0), sensor=0)
    assert medians(rooms, 11) == [11.0, 20.0]


def test_the_past_fills_gaps_before_and_between_and_leaves_what_is_near_a_kept_reading() -> None:
    rooms = RoomReadings(1)
    add(rooms, (20, 20.0), (40, 22.0))
    assert medians(rooms, 45) == [21.0]
    add(rooms, (10, 19.0), (16.0, 18.0), (16.1, 1.0), (23.9, 1.0), (36.1, 1.0), (30, 17.0), past=True)
    assert kept(rooms) == [(10, 19.0), (16, 18.0), (20, 20.0), (30, 17.0), (40, 22.0)]
    assert medians(rooms, 45) == [19.0]


def test_the_past_pushes_out_the_oldest_and_the_present_goes_on_after_it() -> None:
    rooms = RoomReadings(1)
    add(rooms, *((5.0 * n, float(n)) for n in range(1, 12)))
    add(rooms, (-20, -4.0), (-10, -2.0), past=True)
    assert [value for _, value in kept(rooms)] == [-2.0, *map(float, range(1, 12))]
    add(rooms, (60, 12.0))  # the place of the oldest is taken
    assert [value for _, value in kept(rooms)] == [float(n) for n in range(1, 13)]
    add(rooms, (62, 0.0))  # too near to the one before
    assert kept(rooms)[-1] == (60, 12.0)


def test_after_the_past_alone_the_present_is_measured_against_its_newest() -> None:
    rooms = RoomReadings(1)
    add(rooms, (10, 20.0), (0, 19.0), past=True)
    add(rooms, (13, 30.0), (14, 21.0))
    assert kept(rooms) == [(0, 19.0), (10, 20.0), (14, 21.0)]


def test_the_past_counts_in_the_hour_that_runs_and_lets_known_hours_stand() -> None:
    rooms = RoomReadings(1)
    add(rooms, (-50, 10.0), (10, 20.0))
    add(rooms, (-40, 30.0), (-110, 12.0), (20, 22.0), past=True)
    hour = T0_MS // HOUR_MS
    assert [float(rooms.hours.of_hour(hour + n)[0]) for n in (-2, -1, 0)] == [12.0, 10.0, 21.0]


def test_what_was_measured_before_a_moment_is_forgotten_and_nothing_else() -> None:
    rooms = RoomReadings(2)
    for sensor in (0, 1):
        add(rooms, (0, 10.0), (10, 20.0), (20, 30.0), sensor=sensor)
    assert medians(rooms, 25) == [20.0, 20.0]
    rooms.forget_before(np.array([at(10), 0]))
    assert (kept(rooms), kept(rooms, 1)) == ([(10, 20.0), (20, 30.0)], [(0, 10.0), (10, 20.0), (20, 30.0)])
    assert medians(rooms, 25) == [25.0, 20.0]
    add(rooms, (23, 40.0))  # still measured against the reading of minute 20
    assert len(kept(rooms)) == 2


def test_after_everything_is_forgotten_a_sensor_begins_like_a_new_one() -> None:
    rooms = RoomReadings(1)
    add(rooms, (0, 10.0))
    rooms.forget_before(np.array([at(1)]))
    add(rooms, (2, 20.0))
    assert kept(rooms) == [(2, 20.0)]
    assert medians(rooms, 3) == [20.0]
    assert float(rooms.hours.of_hour(T0_MS // HOUR_MS)[0]) == 20.0
