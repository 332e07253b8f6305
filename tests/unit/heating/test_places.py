"""Where things are: areas above areas, addresses as people write them, which sensor measures which home when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from heating.assets import Area, Building, Contract, SensorAssignment
from heating.heat_tree import Level, build_heat_tree
from heating.places import (
    AreaTree,
    Places,
    address_on_site,
    next_assignment_change,
    riser_on_site,
    sensors_of_homes,
)
from tests.support.small_site import small_site
from tests.support.small_town import small_town

TOWN = small_town()
PLACES = Places(TOWN, build_heat_tree(TOWN))
T0 = datetime(2026, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)
AREAS = AreaTree.of(
    [
        Area(area_id="city", name="市"),
        Area(area_id="street", name="街道", parent_id="city"),
        Area(area_id="grid", name="网格", parent_id="street"),
    ]
)


def assignment(sensor: str, home: str, start: int, end: int | None = None) -> SensorAssignment:
    """From and until some days after T0."""
    until = None if end is None else T0 + end * DAY
    return SensorAssignment(sensor_id=sensor, household_id=home, start=T0 + start * DAY, end=until)


@pytest.mark.parametrize(
    ("area_id", "chain"),
    [
        ("grid", ("grid", "street", "city")),
        ("street", ("street", "city")),
        ("city", ("city",)),
        ("gone", ("gone",)),
    ],
)
def test_the_areas_above_an_area_nearest_first(area_id: str, chain: tuple[str, ...]) -> None:
    assert AREAS.chain(area_id) == chain


def test_areas_in_a_ring_end_and_an_area_above_that_is_not_listed_still_counts() -> None:
    assert AreaTree({"a": "b", "b": "a"}).chain("a") == ("a", "b")
    assert AreaTree({"a": "a"}).chain("a") == ("a",)
    assert AreaTree({"a": "b"}).chain("a") == ("a", "b")


def test_the_roots_of_some_areas_lie_below_no_other_of_them() -> None:
    tree = AreaTree({"qu": None, "dong": "qu", "wang": "dong", "xi": "qu"})
    assert tree.roots(["qu", "dong", "wang", "xi"]) == ("qu",)
    assert tree.roots(["wang", "xi", "dong"]) == ("xi", "dong")
    # The area between is not among them: the lower one still lies below the upper one.
    assert tree.roots(["qu", "wang"]) == ("qu",)
    assert tree.roots([]) == ()


@pytest.mark.parametrize(
    ("building", "written"),
    [("12", "12号楼"), ("12号楼", "12号楼"), ("3栋", "3栋"), ("A座", "A座"), ("7幢", "7幢")],
)
def test_a_bare_number_becomes_a_building(building: str, written: str) -> None:
    assert riser_on_site("锦绣苑", building, 3) == f"锦绣苑{written}3单元"
    assert address_on_site("锦绣苑", building, 3, "301") == f"锦绣苑{written}3单元301"


@pytest.mark.parametrize(
    ("day", "holds"), [(-0.001, False), (0, True), (9.999, True), (10, False), (99, False)]
)
def test_an_assignment_holds_from_its_start_until_before_its_end(day: float, holds: bool) -> None:
    assert assignment("R1", "H1", 0, 10).holds_at(T0 + day * DAY) is holds


def test_an_assignment_without_an_end_holds_for_ever() -> None:
    assert assignment("R1", "H1", 0).holds_at(T0 + 10_000 * DAY)


@pytest.mark.parametrize(
    ("day", "sensor"), [(-1, None), (0, "R1"), (9, "R1"), (10, "R2"), (20, "R2"), (30, None)]
)
def test_the_sensor_of_a_home_follows_the_dates(day: int, sensor: str | None) -> None:
    moves = [assignment("R2", "H1", 10, 30), assignment("R1", "H1", 0, 10)]
    found = sensors_of_homes(moves, T0 + day * DAY).get("H1")
    assert (found.sensor_id if found else None) == sensor


def test_of_two_sensors_in_a_home_the_one_that_came_last_counts_whatever_their_order() -> None:
    both = [assignment("R1", "H1", 5), assignment("R2", "H1", 0)]
    for moves in (both, both[::-1]):
        assert sensors_of_homes(moves, T0 + 9 * DAY)["H1"].sensor_id == "R1"
    same_day = [assignment("R1", "H1", 0), assignment("R2", "H1", 0)]
    for moves in (same_day, same_day[::-1]):
        assert sensors_of_homes(moves, T0 + DAY)["H1"].sensor_id == "R2"


def test_without_a_moment_an_assignment_with_an_end_does_not_count() -> None:
    moves = [assignment("R1", "H1", 0, 10), assignment("R2", "H2", 0)]
    assert {home: one.sensor_id for home, one in sensors_of_homes(moves, None).items()} == {"H2": "R2"}


@pytest.mark.parametrize(("day", "change"), [(-5, 0), (0, 5), (4, 5), (5, 10), (10, None)])
def test_the_next_change_is_the_next_start_or_end(day: int, change: int | None) -> None:
    moves = [assignment("R1", "H1", 0, 10), assignment("R2", "H2", 5)]
    expected = None if change is None else T0 + change * DAY
    assert next_assignment_change(moves, T0 + day * DAY) == expected


@pytest.mark.parametrize("level", [Level.STATION, Level.BUILDING, Level.RISER, Level.HOUSEHOLD])
def test_every_node_has_a_chinese_name_and_no_id(level: Level) -> None:
    for number in PLACES.tree.numbers(level):
        name = PLACES.name_of(int(number))
        assert any("\u4e00" <= letter <= "\u9fff" for letter in name)
        assert PLACES.tree.ids[int(number)] not in name


def test_a_home_is_named_by_community_building_unit_and_room() -> None:
    home = PLACES.tree.find(Level.HOUSEHOLD, "jx-12-3-301")
    riser = PLACES.tree.ancestor_at(home, Level.RISER)
    assert riser is not None
    assert PLACES.name_of(home) == PLACES.name_of(riser) + "301"
    assert PLACES.name_of(riser).endswith("3单元")


@pytest.mark.parametrize(
    ("level", "object_id", "name"),
    [
        (Level.SOURCE, "P1", "热源厂"),
        (Level.BRANCH, "N1", "东干线"),
        (Level.STATION, "S1", "1号站"),
        (Level.BUILDING, "B1", "小区11号楼"),
        (Level.RISER, "B1/u2", "小区11号楼2单元"),
        (Level.HOUSEHOLD, "H1-1", "小区11号楼2单元101"),
    ],
)
def test_names_and_areas_of_every_level(level: Level, object_id: str, name: str) -> None:
    site = small_site()
    below = (*site.areas, Area(area_id="grid", name="网格", parent_id="xilinhot"))
    stations = tuple(replace(station, area_id="grid") for station in site.stations)
    communities = tuple(replace(community, area_id="grid") for community in site.communities)
    site = replace(site, areas=below, stations=stations, communities=communities)
    places = Places(site, build_heat_tree(site))
    number = places.tree.find(level, object_id)
    assert places.name_of(number) == name
    assert places.area_of(number) == ("xilinhot" if level < Level.STATION else "grid")


def test_a_building_of_no_community_keeps_its_name_and_takes_no_area_but_its_own_empty_one() -> None:
    site = small_site()
    orphan = Building(building_id="B9", name="9号楼", community_id="gone", station_id="S1")
    site = replace(site, buildings=(*site.buildings, orphan))
    places = Places(site, build_heat_tree(site))
    number = places.tree.find(Level.BUILDING, "B9")
    assert (places.name_of(number), places.area_of(number)) == ("9号楼", "")


def test_the_homes_to_be_heated_are_counted_for_every_node() -> None:
    site = small_site()
    first, *others = site.households
    site = replace(site, households=(replace(first, contract=Contract.SUSPENDED), *others))
    places = Places(site, build_heat_tree(site))

    def heated(level: Level, object_id: str) -> int:
        return places.heated_homes_below(places.tree.find(level, object_id))

    counts = [heated(Level.SOURCE, "P1"), heated(Level.STATION, "S1"), heated(Level.STATION, "S2")]
    assert counts == [7, 3, 4]
    assert (heated(Level.HOUSEHOLD, "H1-1"), heated(Level.HOUSEHOLD, "H1-2")) == (0, 1)
