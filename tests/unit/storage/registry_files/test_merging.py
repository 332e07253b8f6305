"""An import adds and changes; it removes and undoes moves only where that was asked for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from heating.assets import Area, SensorAssignment, Site, Station
from heating.contacts import Contact
from storage.registry_files.merging import merged_onto
from tests.support.small_site import small_site

BASE = small_site()
T0 = datetime(2025, 10, 1, tzinfo=UTC)
MOVED = T0 + timedelta(days=30)


def part(**kinds: object) -> Site:
    """Return a file that names only some objects."""
    return replace(Site(weather_sites=()), **kinds)  # type: ignore[arg-type]


def moved_by_command() -> Site:
    """The sensor of the first home was given to another one after the first import."""
    first = next(one for one in BASE.assignments if one.sensor_id == "R1-1")
    others = tuple(one for one in BASE.assignments if one is not first)
    ended = replace(first, end=MOVED)
    went_on = SensorAssignment(sensor_id="R1-1", household_id="H2-1", start=MOVED)
    return replace(BASE, assignments=(ended, *others, went_on))


def test_three_stations_in_a_file_leave_the_others() -> None:
    new = replace(BASE.stations[0], name="一号换热站")
    added = Station(station_id="S9", name="新站", area_id="xilinhot", branch_id="N1")
    merged = merged_onto(BASE, [], part(stations=(new, added)), []).site
    assert {one.station_id: one.name for one in merged.stations} == {
        "S1": "一号换热站",
        "S2": "2号站",
        "S9": "新站",
    }
    assert merged.households == BASE.households and merged.assignments == BASE.assignments


def test_asked_for_what_the_file_does_not_name_goes() -> None:
    merged = merged_onto(BASE, [], part(areas=BASE.areas), [], remove=True).site
    assert merged.areas == BASE.areas
    assert merged.stations == () and merged.assignments == ()


def test_the_rows_of_the_file_come_last_so_that_mistakes_find_them() -> None:
    new = part(areas=(Area(area_id="new", name="新区"),), stations=(BASE.stations[0],))
    merged = merged_onto(BASE, [], new, []).site
    assert merged.areas[-1].area_id == "new"
    assert [one.station_id for one in merged.stations] == ["S2", "S1"]


def test_a_master_file_does_not_undo_a_move() -> None:
    base = moved_by_command()
    merged = merged_onto(base, [], BASE, [])
    assert {(a.household_id, a.end) for a in merged.site.assignments if a.sensor_id == "R1-1"} == {
        ("H1-1", MOVED),
        ("H2-1", None),
    }
    assert [one.household_id for one in merged.kept_moves] == ["H2-1"]
    # Nor does it when everything else is made equal to the file.
    removing = merged_onto(base, [], BASE, [], remove=True).site
    assert set(removing.assignments) == set(base.assignments)


def test_a_replaced_sensor_stays_replaced_and_known() -> None:
    replaced = replace(
        BASE,
        sensors=(*BASE.sensors, replace(BASE.sensors[0], sensor_id="NEW")),
        assignments=(
            replace(BASE.assignments[0], end=MOVED),
            *BASE.assignments[1:],
            SensorAssignment(sensor_id="NEW", household_id=BASE.assignments[0].household_id, start=MOVED),
        ),
    )
    merged = merged_onto(replaced, [], BASE, [], remove=True).site
    assert set(merged.assignments) == set(replaced.assignments)
    assert "NEW" in {one.sensor_id for one in merged.sensors}


def test_asked_for_the_move_is_undone() -> None:
    merged = merged_onto(moved_by_command(), [], BASE, [], undo_moves=True)
    assert set(merged.site.assignments) == set(BASE.assignments)
    assert merged.kept_moves == ()


def test_a_move_in_the_file_ends_the_former_home() -> None:
    moved = SensorAssignment(sensor_id="R1-1", household_id="H2-1", start=MOVED)
    merged = merged_onto(BASE, [], part(assignments=(moved,)), []).site
    found = {(a.household_id, a.end) for a in merged.assignments if a.sensor_id == "R1-1"}
    assert found == {("H1-1", MOVED), ("H2-1", None)}


def test_contacts_and_weather_sites_are_kept_beside_new_ones() -> None:
    base = replace(BASE, weather_sites=("centre",))
    old, new = (
        Contact(household_id="H1-1", name="王", phone="1"),
        Contact(household_id="H1-2", name="李", phone="2"),
    )
    merged = merged_onto(base, [old], part(weather_sites=("hill",)), [new])
    assert merged.contacts == (old, new)
    # The first is the default one: a file that adds another does not change it.
    assert merged.site.weather_sites == ("centre", "hill")
