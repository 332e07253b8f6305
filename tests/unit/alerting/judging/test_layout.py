"""Rows of a registry: which sensor measures which home, and which rows a part of the fleet has."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from alerting.judging.layout import Layout
from heating.heat_tree import Level, Node, build_heat_tree
from heating.intervals import to_epoch_ms
from heating.points import Measurement
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
SITE = small_site(stations=3, homes=2)
LAYOUT = Layout(SITE, build_heat_tree(SITE), now=T0)
NAN = pytest.approx(np.nan, nan_ok=True)


def rooms(layout: Layout) -> tuple[str, ...]:
    return layout.ids[Measurement.ROOM]


def sensors_of_homes(layout: Layout) -> dict[str, str]:
    """Return the sensor of each home that has one."""
    homes = layout.subjects(Level.HOUSEHOLD).ids
    pairs = zip(homes, layout.home_sensor.tolist(), strict=True)
    return {home: rooms(layout)[row] for home, row in pairs if row >= 0}


def test_every_home_finds_its_own_sensor_in_the_whole_and_in_each_part() -> None:
    own = {f"H{n}-{m}": f"R{n}-{m}" for n in (1, 2, 3) for m in (1, 2)}
    assert sensors_of_homes(LAYOUT) == own
    for station in ("1", "2", "3"):
        part = LAYOUT.of_stations([f"S{station}"])
        assert sensors_of_homes(part) == {h: r for h, r in own.items() if h[1] == station}
        assert part.ids[Measurement.STATION] == (f"S{station}",)
    both = LAYOUT.of_stations(["S3", "S1"])
    assert sensors_of_homes(both) == {h: r for h, r in own.items() if h[1] != "2"}
    assert both.ids[Measurement.BUILDING] == ("B1", "B3")


def test_a_home_without_a_sensor_has_none_in_any_part() -> None:
    site = replace(SITE, assignments=SITE.assignments[1:])
    layout = Layout(site, build_heat_tree(site), now=T0)
    without = [
        home
        for home, row in zip(layout.subjects(Level.HOUSEHOLD).ids, layout.home_sensor, strict=True)
        if row < 0
    ]
    assert without == ["H1-1"]
    assert sensors_of_homes(layout.of_stations(["S1"])) == {"H1-2": "R1-2"}
    assert rooms(layout)[-1] == "R1-1"  # spare sensors stand at the end
    assert rooms(layout.of_stations(["S1"])) == ("R1-2",)


def test_figures_of_sensors_become_those_of_homes_and_unknown_without_a_sensor() -> None:
    site = replace(SITE, assignments=SITE.assignments[1:])
    layout = Layout(site, build_heat_tree(site), now=T0)
    by_home = dict(
        zip(layout.subjects(Level.HOUSEHOLD).ids, layout.of_homes(np.arange(6.0)).tolist(), strict=True)
    )
    assert by_home.pop("H1-1") == NAN
    assert {rooms(layout)[int(row)] for row in by_home.values()} == set(rooms(layout)[:-1])
    bare = replace(SITE, sensors=(), assignments=())
    nobody = Layout(bare, build_heat_tree(bare), now=T0)
    assert nobody.of_homes(np.zeros(0)).tolist() == [NAN] * 6


def test_an_assignment_to_a_sensor_that_the_registry_does_not_have_gives_no_row() -> None:
    site = replace(SITE, sensors=SITE.sensors[1:])
    layout = Layout(site, build_heat_tree(site), now=T0)
    assert "R1-1" not in rooms(layout)
    assert "H1-1" not in sensors_of_homes(layout)
    assert len(layout.since_ms) == 5


def test_a_spare_sensor_has_an_interval_and_no_beginning() -> None:
    fast = replace(SITE.sensors[0], interval_s=600.0)
    site = replace(SITE, sensors=(fast, *SITE.sensors[1:]), assignments=SITE.assignments[1:])
    layout = Layout(site, build_heat_tree(site), now=T0)
    start = to_epoch_ms(SITE.assignments[0].start)
    since = dict(zip(rooms(layout), layout.since_ms.tolist(), strict=True))
    assert since == {name: 0 if name == "R1-1" else start for name in rooms(layout)}
    intervals = dict(zip(rooms(layout), layout.sensor_interval_s.tolist(), strict=True))
    assert intervals == {name: 600.0 if name == "R1-1" else 300.0 for name in rooms(layout)}


def test_parts_keep_the_beginning_of_each_assignment_and_when_the_next_change_is_due() -> None:
    moved = replace(SITE.assignments[3], start=T0 - timedelta(hours=1))
    later = replace(SITE.assignments[0], end=T0 + timedelta(days=2))
    site = replace(SITE, assignments=(later, *SITE.assignments[1:3], moved, *SITE.assignments[4:]))
    layout = Layout(site, build_heat_tree(site), now=T0)
    part = layout.of_stations(["S2"])
    assert part.valid_until == layout.valid_until == T0 + timedelta(days=2)
    assert dict(zip(rooms(part), part.since_ms.tolist(), strict=True))["R2-2"] == to_epoch_ms(moved.start)


def test_what_stands_above_stations_and_the_stations_share_no_row() -> None:
    rest = LAYOUT.above_stations()
    assert [len(rest.subjects(level)) for level in Level] == [1, 1, 0, 0, 0, 0, 0]
    parts = [LAYOUT.of_stations([name]) for name in ("S1", "S2", "S3")]
    assert [len(parts[0].subjects(level)) for level in Level] == [0, 0, 1, 1, 1, 2, 2]
    assert sorted(n for part in parts for n in rooms(part)) == sorted(rooms(LAYOUT))


def test_rows_are_found_by_id_and_only_those_that_are_there() -> None:
    stations = LAYOUT.subjects(Level.STATION)
    assert stations.rows_of(["S3", "S1", "nobody", "B1"]).tolist() == [2, 0, -1, -1]
    part = stations.select(np.array([0, 2]))
    assert part.rows_of(["S1", "S2", "S3"]).tolist() == [0, -1, 1]
    assert (part.id_at(1), part.node_at(1)) == ("S3", Node(Level.STATION, "S3"))
    assert stations.select(np.array([0])).rows_of(["S3"]).tolist() == [-1]  # behind the last row
    nothing = stations.select(np.zeros(0, np.intp))
    assert (len(nothing), nothing.rows_of(["S1", "nobody"]).tolist()) == (0, [-1, -1])


def test_stations_and_their_intervals_stand_in_the_rows_of_the_tree() -> None:
    site = replace(
        SITE, stations=tuple(replace(s, report_interval_s=10.0 * n) for n, s in enumerate(SITE.stations, 1))
    )
    layout = Layout(site, build_heat_tree(site), now=T0)
    assert layout.station_interval_s.tolist() == [10.0, 20.0, 30.0]
    assert [s.station_id for s in layout.of_stations(["S2", "S3"]).stations] == ["S2", "S3"]
    assert layout.of_stations(["S2", "S3"]).station_interval_s.tolist() == [20.0, 30.0]
