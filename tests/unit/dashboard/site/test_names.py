"""Buildings and addresses in English: numbers are translated, names are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.site.index import build_site_index
from dashboard.site.names import building_in_english, home_address, plant_in_english, riser_name
from dashboard.web.values import Bilingual
from heating.assets import Area
from heating.heat_tree import Level, Node
from tests.support.dashboard_house import NOW
from tests.support.small_town import small_town

JINXIU = Bilingual("锦绣花园", "Jinxiu Garden")


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("1号楼", "Building 1"),
        ("12栋", "Building 12"),
        ("B3号楼", "Building B3"),
        ("7A幢", "Building 7A"),
        ("A座", "Building A"),
        ("9#楼", "Building 9"),
        ("12", "Building 12"),
        ("15号", "Building 15"),
    ],
)
def test_a_building_called_after_its_number_is_translated(name: str, english: str) -> None:
    assert building_in_english(name) == english


@pytest.mark.parametrize("name", ["办公楼", "北3号楼东", "锦绣苑1号楼", "幼儿园", "Tower East", ""])
def test_a_real_name_stays_as_it_is(name: str) -> None:
    assert building_in_english(name) == name


@given(number=st.integers(1, 9999), word=st.sampled_from(["号楼", "栋", "幢", "座", "号", "#", ""]))
def test_every_numbered_building_keeps_its_number_and_loses_its_chinese_word(number: int, word: str) -> None:
    assert building_in_english(f"{number}{word}") == f"Building {number}"


def test_an_address_has_the_same_parts_in_both_languages() -> None:
    both = home_address(JINXIU, "12号楼", 3, "301")
    assert both == Bilingual("锦绣花园12号楼3单元301", "Jinxiu Garden, Building 12, Unit 3, Room 301")


def test_an_address_keeps_names_that_have_no_english() -> None:
    both = home_address(Bilingual("南苑", ""), "12", 1, "101")
    assert both == Bilingual("南苑12号楼1单元101", "南苑, Building 12, Unit 1, Room 101")


def test_buildings_and_risers_of_alarms_are_named_in_the_readers_language() -> None:
    index = build_site_index(small_town(), version=1, now=NOW)
    building = index.buildings["jx-1"]
    community = index.communities[building.community_id]
    assert (
        index.node_name(Node(Level.BUILDING, "jx-1")).en
        == f"{community.name_en or community.name} Building 1"
    )
    riser = index.node_name(Node(Level.RISER, "jx-1/u2"))
    assert riser == riser_name(community, building, "2")
    assert (riser.zh[-3:], riser.en[-18:]) == ("2单元", "Building 1, Unit 2")


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("锡林浩特热电厂", "Xilinhot CHP plant"),
        ("锡林浩特3号干线", "Xilinhot trunk 3"),
        ("2号锅炉房", "boiler house 2"),
        ("主干线", "main trunk"),
        ("阿尔善热源厂", "阿尔善热源厂"),
        ("东线", "东线"),
    ],
)
def test_plants_are_named_by_their_area_number_and_kind_or_keep_their_name(name: str, english: str) -> None:
    areas = [Area(area_id="xilinhot", name="锡林浩特市", name_en="Xilinhot")]
    assert plant_in_english(name, areas) == english
