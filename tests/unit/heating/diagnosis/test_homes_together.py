"""Risers and buildings explained by their homes: two buildings, the first with three risers, the second with one."""

import numpy as np
import pytest

from heating.diagnosis.along_tree import ExplanationState
from heating.diagnosis.catalogue import Cause
from heating.diagnosis.homes_together import ColdHomes, HomeLines, explain_cold_homes
from heating.heat_tree import Level

LINES = HomeLines(
    building_ids=("b1", "b2"),
    riser_ids=("b1/u1", "b1/u2", "b1/u3", "b2/u1"),
    riser_building=np.array([0, 0, 0, 1]),
)
CAUSES = {
    Level.BUILDING: Cause(
        cause_id="starved", level=Level.BUILDING, group="starved", rate_per_season=0.03, usual_s=432_000,
        opens_after_s=900, linger_s=7200, acceptance_nat=0.0,
    ),
    Level.RISER: Cause(
        cause_id="blocked", level=Level.RISER, group="blocked", rate_per_season=0.015, usual_s=144_000,
        opens_after_s=600, linger_s=3600, acceptance_nat=-1.5,
    ),
}  # fmt: skip
QUARTER = 900_000


class Town:
    def __init__(self) -> None:
        self.state, self.now_ms = ExplanationState(), 0

    def step(self, *risers: tuple[float, int, int], masked: tuple[bool, bool] = (False, False)) -> list[str]:
        """Advance by a quarter of an hour; (LLR, cold, sensed) a riser, the buildings are their sums."""
        self.now_ms += QUARTER
        rows = np.array([*risers, *[(-1.0, 0, 2)] * (4 - len(risers))])
        sums = np.array([rows[:3].sum(axis=0), rows[3]])
        self.state, changes = explain_cold_homes(
            CAUSES, LINES, self.state, buildings=_homes(sums), risers=_homes(rows), masked=np.array(masked), now_ms=self.now_ms
        )  # fmt: skip
        return [f"{change.explanation.node.object_id} {change.kind}" for change in changes]


def _homes(rows: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> ColdHomes:
    return ColdHomes(llr_nat=rows[:, 0], cold=rows[:, 1].astype(np.int64), sensed=rows[:, 2].astype(np.int64))


COLD = (8.0, 2, 2)
ONE_COLD_HOME = (8.0, 1, 1)


@pytest.fixture
def town() -> Town:
    return Town()


def test_one_cold_riser_is_blocked(town: Town) -> None:
    assert town.step(COLD) == []
    assert town.step(COLD) == ["b1/u1 opened"]
    assert town.step(COLD) == []


def test_one_home_says_nothing_of_its_riser(town: Town) -> None:
    for _ in range(10):
        assert town.step(ONE_COLD_HOME) == []


def test_two_cold_risers_are_a_cold_building(town: Town) -> None:
    town.step(COLD, COLD)
    assert town.step(COLD, COLD) == ["b1 opened"]


def test_a_building_with_sensors_in_one_riser_is_judged_as_a_whole(town: Town) -> None:
    calm = (-1.0, 0, 2)
    town.step(calm, calm, calm, COLD)
    assert town.step(calm, calm, calm, COLD) == ["b2 opened"]


def test_nothing_opens_while_the_station_cools_or_recovers(town: Town) -> None:
    for _ in range(10):
        assert town.step(COLD, masked=(True, False)) == []
    assert town.step(COLD) == []
    assert town.step(COLD) == ["b1/u1 opened"]


def test_what_is_open_is_held_while_it_cannot_be_judged(town: Town) -> None:
    town.step(COLD)
    town.step(COLD)
    for _ in range(50):
        assert town.step(masked=(True, False)) == []
    closed = [town.step() for _ in range(6)]
    assert closed.index(["b1/u1 closed"]) == 4


def test_a_riser_that_spreads_to_its_building_keeps_its_identity(town: Town) -> None:
    town.step(COLD)
    town.step(COLD)
    for _ in range(30):
        assert town.step(COLD, COLD, COLD) == []
    assert [str(node) for node, at in town.state.nodes.items() if at.open] == ["riser:b1/u1"]


def test_nothing_is_remembered_when_all_is_well(town: Town) -> None:
    town.step(COLD)
    town.step()
    assert town.state.nodes == {}
