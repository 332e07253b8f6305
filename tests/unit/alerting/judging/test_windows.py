"""Windows: which rows of a batch they take, which they leave out, and what a moved sensor brings along."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from alerting.judging.layout import Layout
from alerting.judging.windows import LeftOut, Setpoints, Windows
from heating.assets import Site
from heating.heat_tree import build_heat_tree
from heating.intervals import to_epoch_ms
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef, Sample, SampleBatch
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
T0_MS = to_epoch_ms(T0)
HOUR_MS = 3_600_000
SITE = small_site(stations=2, homes=2)


def windows_of(site: Site = SITE) -> Windows:
    return Windows(Layout(site, build_heat_tree(site), now=T0))


def moved_at(at: datetime) -> Site:
    """Return the registry in which sensor R1-1 began to measure its home at a moment."""
    return replace(SITE, assignments=(replace(SITE.assignments[0], start=at), *SITE.assignments[1:]))


def room(at_ms: int, value: float, *, sensor: str = "R1-1", quality: int = 0) -> Sample:
    return Sample(ObjectRef(Measurement.ROOM, sensor), "room_temp_c", at_ms, value, quality)


def station(at_ms: int, value: float, point: str = "secondary_supply_temp_setpoint_c") -> Sample:
    return Sample(ObjectRef(Measurement.STATION, "S2"), point, at_ms, value)


def take(windows: Windows, *samples: Sample, past: bool = False) -> LeftOut:
    return windows.take(SampleBatch.from_samples(samples), past=past)


def readings(windows: Windows, sensor: str = "R1-1") -> list[float]:
    """Return the kept readings of a sensor."""
    values = windows.readings.value[windows.newest(Measurement.ROOM).index[sensor]]
    return sorted(values[np.isfinite(values)].tolist())


def test_rows_of_unknown_objects_and_of_the_former_home_are_counted_apart() -> None:
    windows = windows_of(moved_at(T0))
    left_out = take(
        windows,
        room(T0_MS - 1, 10.0),
        room(T0_MS - 2, 10.0),
        room(T0_MS, 20.0),
        room(T0_MS, 20.0, sensor="nobody"),
        room(T0_MS - 1, 20.0, sensor="R1-2"),
        station(T0_MS - 1, 50.0),
    )
    assert left_out == LeftOut(unknown=1, of_former_home=2)
    assert (readings(windows), readings(windows, "R1-2")) == ([20.0], [20.0])
    assert take(windows_of()) == LeftOut()


def test_only_usable_room_temperatures_stand_in_the_last_hour() -> None:
    windows = windows_of()
    humidity = Sample(ObjectRef(Measurement.ROOM, "R1-1"), "room_humidity_pct", T0_MS, 40.0)
    take(
        windows,
        humidity,
        room(T0_MS, 20.0, quality=Quality.UNCERTAIN),
        room(T0_MS + 300_000, 11.0, quality=Quality.BAD),
        room(T0_MS + 600_000, float("nan")),
        room(T0_MS + 900_000, 22.0),
    )
    assert readings(windows) == [20.0, 22.0]


def test_readings_of_a_batch_in_any_order_are_taken_by_their_time() -> None:
    windows = windows_of()
    samples = [room(T0_MS + n * 300_000, 10.0 + n, sensor=s) for n in (3, 1, 2) for s in ("R1-2", "R1-1")]
    take(windows, *samples)
    assert (readings(windows), readings(windows, "R1-2")) == ([11, 12, 13], [11, 12, 13])


def test_the_past_fills_what_the_present_refuses() -> None:
    present, past = windows_of(), windows_of()
    for windows, of_past in ((present, False), (past, True)):
        take(windows, room(T0_MS, 20.0))
        take(windows, room(T0_MS - 600_000, 19.0), past=of_past)
    assert (readings(present), readings(past)) == ([20.0], [19.0, 20.0])


def test_means_of_hours_that_began_in_the_former_home_are_left_out() -> None:
    hour = T0_MS // HOUR_MS
    windows = windows_of(moved_at(T0 - timedelta(hours=2)))
    windows.fill_hours(
        ["R1-1"] * 3 + ["nobody"], hour - np.array([1, 2, 3, 1]), np.array([1.0, 2.0, 3.0, 4.0])
    )
    row = np.array([windows.newest(Measurement.ROOM).index["R1-1"]])
    found = [float(windows.readings.hours.of_hour(hour - back, row)[0]) for back in (1, 2)]
    assert found == [1.0, 2.0]
    assert np.isnan(windows.readings.hours.of_hour(hour - 3)).all()
    assert np.isfinite(windows.readings.hours.mean_c).sum() == 2


def test_means_of_hours_reach_every_sensor_from_the_first_row_to_the_last() -> None:
    windows = windows_of()
    names = windows.layout.ids[Measurement.ROOM]
    hour = T0_MS // HOUR_MS
    windows.fill_hours(names, np.full(len(names), hour), np.arange(10.0, 10.0 + len(names)))
    assert windows.readings.hours.of_hour(hour).tolist() == [10.0, 11.0, 12.0, 13.0]


def test_a_registry_in_which_a_sensor_moved_forgets_what_it_measured_before() -> None:
    windows = windows_of()
    for back_min in (90, 30):
        take(windows, room(T0_MS - back_min * 60_000, float(back_min)))
    site = moved_at(T0 - timedelta(minutes=30))
    after = windows.carried_to(Layout(site, build_heat_tree(site), now=T0))
    assert readings(after) == [30.0]
    later = moved_at(T0 - timedelta(minutes=29))
    gone = windows.carried_to(Layout(later, build_heat_tree(later), now=T0))
    table = gone.newest(Measurement.ROOM)
    assert readings(gone) == []
    assert np.isnan(table.value[:, table.index["R1-1"]]).all()
    assert readings(windows) == [30.0, 90.0]  # the windows before stay as they were


@pytest.mark.parametrize("missing", [(False, False), (True, False), (False, True)])
def test_the_whole_waits_for_the_past_as_long_as_one_part_does(missing: tuple[bool, bool]) -> None:
    layout = windows_of().layout
    parts = [Windows(layout.of_stations([name])) for name in ("S1", "S2")]
    for part, is_missing in zip(parts, missing, strict=True):
        part.past_is_missing = is_missing
    assert Windows.merged(layout, parts).past_is_missing is any(missing)


def test_setpoints_move_in_their_own_row() -> None:
    windows = windows_of()
    take(windows, station(T0_MS, 50.0))
    take(windows, station(T0_MS + 1000, 53.0))
    take(windows, station(T0_MS + 2000, 10.0, "secondary_supply_temp_c"))
    assert windows.setpoints(Measurement.STATION).moved_ms.tolist() == [0, T0_MS + 1000]
    assert windows.setpoints(Measurement.STATION).base_c.tolist() == [
        pytest.approx(np.nan, nan_ok=True),
        53.0,
    ]


def test_a_setpoint_that_falls_moves_as_one_that_rises() -> None:
    setpoints = Setpoints(2)
    for hour, values in enumerate([(50.0, 50.0), (47.9, 52.1), (49.9, 50.1), (45.8, 54.2)], start=1):
        setpoints.note(np.array(values), np.full(2, hour))
    assert setpoints.moved_ms.tolist() == [4, 4]
    assert setpoints.base_c.tolist() == [45.8, 54.2]
