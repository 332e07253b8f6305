"""After the machine's clock was set, silence goes on from where it was and nothing remembered hides what comes now."""

from datetime import UTC, datetime

import numpy as np

from alerting.judging.by_object import move_future
from alerting.judging.layout import Layout
from alerting.judging.room_hours import RoomHours
from alerting.judging.windows import Windows
from heating.heat_tree import build_heat_tree
from heating.intervals import to_epoch_ms
from heating.points import Measurement
from heating.samples import ObjectRef, Sample, SampleBatch
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
T0_MS = to_epoch_ms(T0)
HOUR_MS = 3_600_000
SETPOINT = "secondary_supply_temp_setpoint_c"


def windows_at(at_ms: int) -> Windows:
    """Return windows that took readings of S1 and R1-1 at a moment; S2 and the other rooms never spoke."""
    site = small_site()
    windows = Windows(Layout(site, build_heat_tree(site), now=T0))
    take(windows, at_ms - 600_000, 18.0, setpoint_c=40.0)
    take(windows, at_ms, 20.0, setpoint_c=50.0)
    return windows


def take(windows: Windows, at_ms: int, room_c: float, *, setpoint_c: float) -> None:
    station, room = ObjectRef(Measurement.STATION, "S1"), ObjectRef(Measurement.ROOM, "R1-1")
    windows.take(
        SampleBatch.from_samples(
            [Sample(station, SETPOINT, at_ms, setpoint_c), Sample(room, "room_temp_c", at_ms, room_c)]
        )
    )


def test_moments_after_now_move_back_and_those_up_to_now_and_never_stay() -> None:
    moments = np.array([0, 90, 100, 101, 150])
    move_future(moments, -60, 100)
    assert moments.tolist() == [0, 90, 100, 41, 90]
    move_future(moments, 60, 40)  # a clock that was set forward leaves nothing in the future
    assert moments.tolist() == [0, 90, 100, 41, 90]


def test_a_clock_set_back_moves_what_was_heard_and_measured_and_the_next_reading_counts() -> None:
    windows, now_ms = windows_at(T0_MS), T0_MS - 3 * HOUR_MS
    windows.follow_clock(-3 * HOUR_MS, now_ms=now_ms)
    table = windows.newest(Measurement.STATION)
    row = table.points[SETPOINT]
    for array in (table.heard_ms, table.received_ms[row], table.measured_ms[row], table.newest_ms[row]):
        assert array.tolist() == [now_ms, 0]
    assert windows.setpoints(Measurement.STATION).moved_ms.tolist() == [now_ms, 0]
    take(windows, now_ms + 300_000, 25.0, setpoint_c=60.0)
    assert table.value[row, 0] == 60.0
    assert windows.setpoints(Measurement.STATION).moved_ms[0] == now_ms + 300_000
    sensor = windows.newest(Measurement.ROOM).index["R1-1"]
    median_c = windows.readings.median(
        HOUR_MS, np.full(len(windows.readings.value), HOUR_MS), now_ms=now_ms + 300_000
    )
    assert median_c[sensor] == 20.0  # of 18, 20 and 25: none was lost, none lies in the future


def test_a_clock_set_forward_moves_what_was_heard_and_leaves_what_was_measured() -> None:
    windows = windows_at(T0_MS)
    windows.follow_clock(3 * HOUR_MS, now_ms=T0_MS + 3 * HOUR_MS)
    table = windows.newest(Measurement.STATION)
    row = table.points[SETPOINT]
    assert table.heard_ms.tolist() == table.received_ms[row].tolist() == [T0_MS + 3 * HOUR_MS, 0]
    assert table.measured_ms[row].tolist() == table.newest_ms[row].tolist() == [T0_MS, 0]
    assert windows.setpoints(Measurement.STATION).moved_ms.tolist() == [T0_MS, 0]


def test_a_median_is_looked_at_again_after_the_clock_was_set() -> None:
    windows = windows_at(T0_MS)
    sensor = windows.newest(Measurement.ROOM).index["R1-1"]
    window_ms = np.full(len(windows.readings.value), HOUR_MS)
    assert windows.readings.median(HOUR_MS, window_ms, now_ms=T0_MS)[sensor] == 19.0
    windows.follow_clock(-HOUR_MS, now_ms=T0_MS - HOUR_MS)
    early = windows.readings.median(HOUR_MS, window_ms, now_ms=T0_MS - HOUR_MS - 600_001)
    assert early[sensor] == 19.0
    late = windows.readings.median(HOUR_MS, window_ms, now_ms=T0_MS - 600_000)
    assert late[sensor] == 20.0


def test_hours_that_would_lie_in_the_future_turn_back_as_a_whole() -> None:
    hours, first = RoomHours(2), T0_MS // HOUR_MS
    for sensor, values in ((0, (10.0, 11.0, 12.0)), (1, (20.0,))):
        for hour, value in enumerate(values):
            hours.note(np.array([sensor]), np.array([(first + hour) * HOUR_MS]), np.array([value]))
    hours.touched[:] = False
    hours.follow_clock(-2 * HOUR_MS, now_ms=first * HOUR_MS)
    assert hours.newest_hour.tolist() == [first, first]  # that of the other sensor is not in the future
    assert [hours.of_hour(first - n).tolist()[0] for n in (0, 1, 2)] == [12.0, 11.0, 10.0]
    assert hours.of_hour(first)[1] == 20.0
    assert hours.touched.all()
