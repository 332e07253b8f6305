"""Notices name what they are about as people do, never by an id of the registry."""

import pytest

from alerting.alarms.subjects import Subjects
from heating.heat_tree import Level, build_heat_tree
from tests.support.small_town import small_town

TOWN = small_town()
SUBJECTS = Subjects(TOWN, build_heat_tree(TOWN))


@pytest.mark.parametrize("level", [Level.STATION, Level.BUILDING, Level.RISER, Level.HOUSEHOLD])
def test_every_subject_has_a_chinese_name_and_no_id(level: Level) -> None:
    for number in SUBJECTS.tree.numbers(level):
        name = SUBJECTS.name_of(int(number))
        assert any("\u4e00" <= letter <= "\u9fff" for letter in name)
        assert SUBJECTS.tree.ids[int(number)] not in name


def test_a_home_is_named_by_community_building_unit_and_room() -> None:
    home = SUBJECTS.tree.find(Level.HOUSEHOLD, "jx-12-3-301")
    riser = SUBJECTS.tree.ancestor_at(home, Level.RISER)
    assert riser is not None
    assert SUBJECTS.name_of(home) == SUBJECTS.name_of(riser) + "301"
    assert SUBJECTS.name_of(riser).endswith("3单元")
