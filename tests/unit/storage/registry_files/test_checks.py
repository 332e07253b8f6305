"""A registry that is not whole is refused with every mistake."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from heating.assets import Area, Branch, SensorAssignment, Site
from heating.contacts import Contact, mask_phone
from storage.registry_files.checks import BrokenRegistryError, check_registry, find_mistakes
from tests.support.small_town import SEASON_START, small_town, small_town_contacts


def test_a_whole_registry_passes() -> None:
    check_registry(small_town(), small_town_contacts())


def _with(**changes: Callable[[Site], object]) -> Site:
    town = small_town()
    return replace(town, **{name: change(town) for name, change in changes.items()})  # type: ignore[arg-type]


def _first_home(**changes: object) -> Site:
    return _with(
        households=lambda t: (replace(t.households[0], **changes), *t.households[1:]),
    )


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (_first_home(room=" "), "room: The door number is empty."),
        (_first_home(unit=0), "unit: 0 is out of range"),
        (_first_home(area_m2=-1.0), "area_m2: -1.0 is out of range"),
        (_first_home(building_id="zz"), "building_id: There is no building 'zz'"),
        (_first_home(room="102"), "room: Unit 1 room 102 of 'jx-1' is there already"),
        (
            _with(weather_sites=lambda _: ("a", "a")),
            "weather_site 'a', weather_site_id: The id is used twice.",
        ),
        (
            _with(areas=lambda t: (*t.areas, Area(area_id="a/b", name="x"))),
            "area 'a/b', area_id: The id is not valid.",
        ),
        (_with(areas=lambda t: (*t.areas, t.areas[0])), "area 'xilinhot', area_id: The id is used twice."),
        (
            _with(stations=lambda t: (replace(t.stations[0], longitude_deg=200.0), *t.stations[1:])),
            "longitude_deg: 200.0 is out of range",
        ),
        (
            _with(buildings=lambda t: (replace(t.buildings[0], circuit="attic"), *t.buildings[1:])),
            "circuit: 'attic' is not a circuit.",
        ),
        (
            _with(
                assignments=lambda _: (
                    SensorAssignment(
                        sensor_id="s-jx-1-1-101",
                        household_id="jx-1-1-101",
                        start=SEASON_START.replace(tzinfo=None),
                    ),
                )
            ),
            "start: The moment has no time zone.",
        ),
        (
            _with(
                assignments=lambda _: (
                    SensorAssignment(
                        sensor_id="s-jx-1-1-101",
                        household_id="jx-1-1-101",
                        start=SEASON_START,
                        end=SEASON_START,
                    ),
                )
            ),
            "end: The end is not after the start.",
        ),
        (
            _with(assignments=lambda t: (replace(t.assignments[0], sensor_id="ghost"), *t.assignments[1:])),
            "sensor_id: There is no sensor 'ghost'",
        ),
    ],
)
def test_a_mistake_is_named_once(site: Site, expected: str) -> None:
    (mistake,) = find_mistakes(site)
    assert expected in str(mistake.mistake)


def test_every_member_of_a_ring_is_named_and_nobody_else() -> None:
    branches = (
        Branch(branch_id="b1", name="1", source_id="plant", parent_branch_id="b2"),
        Branch(branch_id="b2", name="2", source_id="plant", parent_branch_id="b1"),
        Branch(branch_id="b3", name="3", source_id="plant", parent_branch_id="b1"),
    )
    town = _with(branches=lambda t: (*t.branches, *branches))
    assert [mistake.object_id for mistake in find_mistakes(town)] == ["b1", "b2"]


def test_a_sensor_may_move_but_not_measure_two_homes_at_once() -> None:
    moved = SEASON_START + timedelta(days=30)
    first = SensorAssignment(
        sensor_id="s-jx-1-1-101", household_id="jx-1-1-101", start=SEASON_START, end=moved
    )
    second = SensorAssignment(sensor_id="s-jx-1-1-101", household_id="jx-1-1-102", start=moved)
    check_registry(_with(assignments=lambda _: (second, first)))
    early = replace(second, start=moved - timedelta(seconds=1))
    with pytest.raises(BrokenRegistryError, match="still measures 'jx-1-1-101'"):
        check_registry(_with(assignments=lambda _: (early, first)))


def test_contacts_need_a_home_and_a_phone_number() -> None:
    contacts = [
        Contact(household_id="nowhere", phone="13812345678"),
        Contact(household_id="jx-1-1-101", phone="138 1234"),
        Contact(household_id="jx-1-1-101", name="王"),
    ]
    problems = [(mistake.field, mistake.problem) for mistake in find_mistakes(small_town(), contacts)]
    assert problems == [
        ("household_id", "There is no household 'nowhere'."),
        ("phone", "This is not a phone number."),
        ("household_id", "The household has two contacts."),
    ]


def test_a_long_list_of_mistakes_is_cut_in_the_text_only() -> None:
    town = _with(buildings=lambda _: ())
    with pytest.raises(BrokenRegistryError, match="and 52 more") as caught:
        check_registry(town)
    assert len(caught.value.mistakes) == 72


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812345678", "138****5678"),
        ("4798123", "*****23"),
        ("12", "12"),
        ("", ""),
        ("+4930123456", "+49****3456"),
    ],
)
def test_phones_are_masked_in_the_middle(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked
