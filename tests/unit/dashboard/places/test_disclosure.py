"""No figure that a regulator reads, nor any difference of such figures, is about fewer than five homes."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.places.disclosure import MIN_HOMES_SHOWN, hidden_groups
from tests.support.dashboard_house import House, open_house

COUNTS = st.dictionaries(st.integers(0, 9), st.integers(0, 30), max_size=10)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        people = opened.records.people
        known = people.user("regulator")
        assert known is not None
        people.add_user("inspector", known.password_hash, ["regulator"], None)
        yield opened


@given(COUNTS)
def test_what_is_left_of_the_whole_is_never_about_a_few_homes(counted: Mapping[int, int]) -> None:
    hidden = hidden_groups(counted)
    assert all(not 0 < counted[key] < MIN_HOMES_SHOWN for key in counted.keys() - hidden)
    left = sum(counted[key] for key in hidden)
    others = sum(counted[key] for key in counted.keys() - hidden)
    assert left == 0 or left >= MIN_HOMES_SHOWN or others == 0


@given(COUNTS)
def test_groups_of_a_hidden_figure_do_not_add_up_to_it(counted: Mapping[int, int]) -> None:
    hidden = hidden_groups(counted, is_above_hidden=True)
    left, whole = sum(counted[key] for key in hidden), sum(counted.values())
    assert left >= min(MIN_HOMES_SHOWN, whole)


def measure(house: House, building: str, homes: int) -> None:
    doors = [(unit, door) for unit in (1, 2) for door in ("101", "102", "201", "202", "301", "302")]
    for unit, door in doors[:homes]:
        house.room(f"{building}-{unit}-{door}", 20.0)


def figures(house: House) -> dict[str, float | None]:
    regulator, _ = house.signed_in("inspector")
    overview = regulator.get("/api/v1/overview").json()
    shown = {"whole": overview["pass_rate"]["pct"]}
    shown |= {row["area_id"]: row["pass_rate"]["pct"] for row in overview["areas"]}
    for community in overview["communities"]:
        answer = regulator.get(f"/api/v1/communities/{community['community_id']}").json()
        shown[community["community_id"]] = answer["pass_rate"]["pct"]
        assert (community["median_c"] is None) == (answer["median_c"] is None)
    return shown


def test_a_small_area_is_hidden_and_the_other_one_with_it(house: House) -> None:
    measure(house, "jx-12", 8)
    measure(house, "yg-1", 7)
    measure(house, "lt-a", 3)
    shown = figures(house)
    assert shown["abag"] is None and shown["lantian"] is None
    assert shown["xilinhot"] is None, "the whole less this area would be the small one"
    assert shown["whole"] == 100.0
    assert sorted(name for name in ("jinxiu", "yangguang") if shown[name] is not None) == ["jinxiu"]


def test_areas_with_enough_homes_are_shown(house: House) -> None:
    for building in ("jx-12", "yg-1", "lt-a"):
        measure(house, building, 6)
    assert set(figures(house).values()) == {100.0}


def test_a_small_community_hides_the_smallest_beside_it(house: House) -> None:
    measure(house, "jx-12", 2)
    measure(house, "yg-1", 9)
    measure(house, "lt-a", 9)
    shown = figures(house)
    assert (shown["jinxiu"], shown["yangguang"]) == (None, None)
    assert (shown["xilinhot"], shown["abag"], shown["lantian"]) == (100.0, 100.0, 100.0)


def test_of_three_homes_in_all_nothing_is_shown(house: House) -> None:
    measure(house, "lt-a", 3)
    assert set(figures(house).values()) == {None}
