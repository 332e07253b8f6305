"""The heat-supply tree keeps every subtree in one contiguous range."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heating.assets import Area, Branch, Building, Community, Household, Site, Source, Station
from heating.heat_tree import BrokenTreeError, HeatTree, Level, Node, build_heat_tree, riser_id

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def small_site(*, stations: int = 2, buildings: int = 2, units: int = 2, floors: int = 3) -> Site:
    """A site with one source, a branch on a branch, and homes in every building."""
    station_ids = [f"st-{i:03d}" for i in range(stations)]
    building_ids = [(f"b-{s}-{b}", s) for s in station_ids for b in range(buildings)]
    homes = [
        Household(household_id=f"h-{b}-{u}-{f}", building_id=b, unit=u, floor=f, room=f"{f}01")
        for b, _ in building_ids
        for u in range(1, units + 1)
        for f in range(1, floors + 1)
    ]
    return Site(
        areas=(Area(area_id="xilinhot", name="锡林浩特市"),),
        sources=(Source(source_id="src", name="热源", area_id="xilinhot"),),
        branches=(
            Branch(branch_id="br-2", name="支线", source_id="src", parent_branch_id="br-1"),
            Branch(branch_id="br-1", name="干线", source_id="src"),
        ),
        stations=tuple(
            Station(station_id=s, name=s, area_id="xilinhot", branch_id=f"br-{1 + i % 2}")
            for i, s in enumerate(station_ids)
        ),
        communities=(Community(community_id="c", name="小区", area_id="xilinhot"),),
        buildings=tuple(
            Building(building_id=b, name=b, community_id="c", station_id=s) for b, s in building_ids
        ),
        households=tuple(homes),
    )


@given(st.integers(1, 4), st.integers(0, 3), st.integers(1, 3), st.integers(1, 4))
def test_a_subtree_is_exactly_the_nodes_whose_ancestors_include_its_root(
    stations: int, buildings: int, units: int, floors: int
) -> None:
    tree = build_heat_tree(small_site(stations=stations, buildings=buildings, units=units, floors=floors))
    for root in range(len(tree)):
        by_range = set(range(root, int(tree.subtree_end[root])))
        by_parents = {n for n in range(len(tree)) if n == root or root in tree.ancestors(n)}
        assert by_range == by_parents


@pytest.fixture
def tree() -> HeatTree:
    return build_heat_tree(small_site())


def test_a_home_finds_its_riser_building_station_and_source(tree: HeatTree) -> None:
    home = tree.find(Level.HOUSEHOLD, "h-b-st-001-0-2-3")
    above = [str(tree.node(n)) for n in tree.ancestors(home)]
    assert above == [
        f"riser:{riser_id('b-st-001-0', 2)}",
        "building:b-st-001-0",
        "station:st-001",
        "branch:br-2",
        "branch:br-1",
        "source:src",
    ]
    assert tree.ancestor_at(home, Level.STATION) == tree.find(Level.STATION, "st-001")
    assert tree.ancestor_at(tree.find(Level.STATION, "st-001"), Level.RISER) is None


def test_homes_below_a_station_are_counted_and_no_others(tree: HeatTree) -> None:
    station = tree.find(Level.STATION, "st-000")
    homes = tree.below(station, Level.HOUSEHOLD)
    assert len(homes) == 12
    assert all(tree.is_below(int(home), station) for home in homes)
    assert np.array_equal(
        tree.numbers(Level.STATION), [tree.find(Level.STATION, s) for s in ("st-001", "st-000")]
    )


def test_an_unknown_node_is_none_for_get_and_an_error_for_find(tree: HeatTree) -> None:
    assert tree.get(Level.STATION, "nowhere") is None
    with pytest.raises(KeyError):
        tree.find(Level.STATION, "nowhere")
    assert str(Node(Level.BRANCH, "x")) == "branch:x"


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("sources", "branch 'br-2': 'br-1' above it is missing"),
        ("branches", "station 'st-000': no branch 'br-1'"),
        ("stations", "building 'b-st-000-0': no station 'st-000'"),
        ("buildings", "no building 'b-st-000-0'"),
    ],
)
def test_a_missing_parent_is_named(missing: str, words: str) -> None:
    from dataclasses import replace

    with pytest.raises(BrokenTreeError, match=words):
        build_heat_tree(replace(small_site(), **{missing: ()}))


def test_branches_in_a_ring_are_refused() -> None:
    from dataclasses import replace

    ring = (
        Branch(branch_id="a", name="a", source_id="src", parent_branch_id="b"),
        Branch(branch_id="b", name="b", source_id="src", parent_branch_id="a"),
    )
    with pytest.raises(BrokenTreeError, match="ring"):
        build_heat_tree(replace(small_site(), branches=ring))


def test_the_way_up_includes_the_source_whose_number_is_zero(tree: HeatTree) -> None:
    home = tree.find(Level.HOUSEHOLD, "h-b-st-000-0-1-1")
    assert tree.ancestor_at(home, Level.SOURCE) == 0
    assert tree.ancestor_at(0, Level.SOURCE) == 0
    assert tree.ancestor_at(0, Level.HOUSEHOLD) is None
    assert [Level(int(tree.level[n])) for n in tree.ancestors(home)][-1] is Level.SOURCE


def test_a_node_lies_below_itself_and_not_below_its_neighbour(tree: HeatTree) -> None:
    one, other = (tree.find(Level.STATION, f"st-00{n}") for n in (0, 1))
    end = int(tree.subtree_end[one])
    assert tree.is_below(one, one)
    assert tree.is_below(end - 1, one)
    assert not tree.is_below(end, one)
    assert not tree.is_below(one, other) and not tree.is_below(other, one)


@pytest.mark.parametrize(("level", "word"), [(Level.SOURCE, "source"), (Level.HOUSEHOLD, "household")])
def test_a_level_has_a_word_and_a_node_is_written_with_it(level: Level, word: str) -> None:
    assert level.word == word
    assert str(Node(level, "x")) == f"{word}:x"


def test_a_leaf_ends_right_after_itself(tree: HeatTree) -> None:
    for home in tree.numbers(Level.HOUSEHOLD).tolist():
        assert int(tree.subtree_end[home]) == home + 1
