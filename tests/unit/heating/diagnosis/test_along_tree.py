"""Explanation along the tree: what comes from above, what branches take from their source, and splitting by source."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from heating.diagnosis.along_tree import ExplanationState, SupplyLines, explain_along_tree
from heating.diagnosis.catalogue import Cause, Codebook
from heating.heat_tree import Level, Node
from tests.support.examples import examples

STATION_SYMPTOMS = ("cold", "pump_off", "mains_off")
BRANCH_SYMPTOMS = ("cold", "lowest")
SOURCE_SYMPTOMS = ("too_cool", "makeup_high")


def _cause(cause_id: str, level: Level, **more: object) -> Cause:
    given: dict[str, object] = {
        "group": cause_id,
        "rate_per_season": 0.5,
        "usual_s": 7200.0,
        "recover_s": 3600.0,
    }
    return Cause(cause_id=cause_id, level=level, **(given | more))  # type: ignore[arg-type]


BOOKS = {
    Level.SOURCE: Codebook(
        [
            _cause("trip", Level.SOURCE, expect={"too_cool": 12.0}, below=frozenset({"cold"})),
            _cause("source_leak", Level.SOURCE, expect={"makeup_high": 12.0}),
        ],
        SOURCE_SYMPTOMS,
        below=STATION_SYMPTOMS,
    ),
    Level.BRANCH: Codebook(
        [
            _cause(
                "branch_burst", Level.BRANCH, expect={"lowest": 12.0}, explains=frozenset({"cold"}), spills=True,
                below=frozenset({"cold"}), above=frozenset({"makeup_high"}),
            ),
            _cause("branch_cold", Level.BRANCH, expect={"cold": 12.0}, opens_after_s=600.0, below=frozenset({"cold"})),
        ],
        BRANCH_SYMPTOMS,
        below=STATION_SYMPTOMS,
        above=SOURCE_SYMPTOMS,
    ),
    Level.STATION: Codebook(
        [
            _cause("station_cold", Level.STATION, expect={"cold": 12.0}, opens_after_s=600.0),
            _cause("pump_trip", Level.STATION, expect={"pump_off": 12.0}, explains=frozenset({"cold"})),
            _cause("mains_loss", Level.STATION, expect={"mains_off": 12.0}, explains=frozenset({"cold", "pump_off"})),
        ],
        STATION_SYMPTOMS,
    ),
}  # fmt: skip
BOOKS[Level.CIRCUIT] = BOOKS[Level.STATION]
LINES = SupplyLines(
    ids={
        Level.SOURCE: ("A", "B"),
        Level.BRANCH: ("a1", "a2", "b1"),
        Level.STATION: ("s1", "s2", "s3", "s4"),
        Level.CIRCUIT: ("s3-low", "s3-high"),
    },
    branch_source=np.array([0, 0, 1]),
    branch_chain=((0,), (1,), (2,)),
    station_branch=np.array([0, 0, 1, 2]),
    circuit_station=np.array([2, 2]),
)
NAMES = {
    Level.SOURCE: SOURCE_SYMPTOMS,
    Level.BRANCH: BRANCH_SYMPTOMS,
    Level.STATION: STATION_SYMPTOMS,
    Level.CIRCUIT: STATION_SYMPTOMS,
}


class Town:
    """Two sources, three branches, four stations, five minutes a step."""

    def __init__(self) -> None:
        self.state, self.now_ms = ExplanationState(), 0

    def step(self, **yes: str) -> set[str]:
        """Advance with `object="symptom symptom"`; return «object cause» of what opened."""
        self.now_ms += 300_000
        rows = {
            level: np.array(
                [
                    [float(s in yes.get(name.replace("-", "_"), "").split()) for s in NAMES[level]]
                    for name in names
                ]
            )
            for level, names in LINES.ids.items()
        }
        self.state, changes = explain_along_tree(BOOKS, LINES, self.state, rows, now_ms=self.now_ms)
        return {
            f"{c.explanation.node.object_id} {c.explanation.cause_id}" for c in changes if c.kind == "opened"
        }


def test_a_trip_of_the_source_is_one_explanation() -> None:
    town = Town()
    assert town.step(A="too_cool", s1="cold", s2="cold", s3="cold") == {"A trip"}
    for _ in range(10):
        assert town.step(A="too_cool", s1="cold", s2="cold", s3="cold", a1="cold", a2="cold") == set()


def test_the_other_source_is_not_excused() -> None:
    town = Town()
    town.step(A="too_cool", s4="cold")
    town.step(A="too_cool", s4="cold")
    assert town.step(A="too_cool", s4="cold") == {"s4 station_cold"}


def test_a_fault_of_its_own_opens_below_a_trip() -> None:
    town = Town()
    town.step(A="too_cool", s1="cold")
    assert town.step(A="too_cool", s1="cold pump_off") == {"s1 pump_trip"}


def test_a_suspicion_of_the_branch_holds_its_stations_back() -> None:
    town = Town()
    opened = [town.step(a1="cold", s1="cold", s2="cold") for _ in range(4)]
    assert set().union(*opened) == {"a1 branch_cold"}


def test_a_burst_of_a_branch_excuses_its_source_and_takes_heat_from_the_siblings() -> None:
    town = Town()
    for _ in range(8):
        town.step(a1="lowest", A="makeup_high", s1="cold", s3="cold", a2="cold")
    open_now = {str(node) for node, at in town.state.nodes.items() if at.open}
    assert open_now == {"branch:a1"}


def test_a_leak_without_a_branch_stands_at_the_source() -> None:
    assert Town().step(A="makeup_high") == {"A source_leak"}


def test_a_circuit_has_faults_of_its_own() -> None:
    town = Town()
    assert town.step(s3_high="pump_off cold") == {"s3-high pump_trip"}


def test_what_the_station_explains_is_not_told_of_its_circuits() -> None:
    town = Town()
    assert town.step(s3="mains_off", s3_low="pump_off", s3_high="pump_off cold") == {"s3 mains_loss"}
    for _ in range(5):
        assert town.step(s3="mains_off", s3_low="pump_off", s3_high="pump_off cold") == set()


def test_nothing_is_remembered_of_quiet_objects() -> None:
    town = Town()
    town.step(s1="pump_off")
    assert set(town.state.nodes) == {Node(Level.STATION, "s1")}
    for _ in range(20):
        town.step()
    assert town.state.nodes == {}


_flags = st.sampled_from([0.0, 0.0, 1.0, float("nan")])


def _places(*of_levels: list[int]) -> dict[Level, list[int]]:
    return dict(zip((Level.SOURCE, Level.BRANCH, Level.STATION, Level.CIRCUIT), of_levels, strict=True))


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.lists(_flags, min_size=28, max_size=28), min_size=1, max_size=12))
def test_sources_explained_apart_give_what_they_give_together(steps: list[list[float]]) -> None:
    parts = {
        "A": (_places([0], [0, 1], [0, 1, 2], [0, 1]), np.array([0, 0]), [0, 0, 1], [2, 2]),
        "B": (_places([1], [2], [3], []), np.array([0]), [0], []),
    }
    whole, apart = ExplanationState(), ExplanationState()
    for number, values in enumerate(steps):
        two, three = np.array(values[:10]).reshape(5, 2), np.array(values[10:]).reshape(6, 3)
        rows = {
            Level.SOURCE: two[:2],
            Level.BRANCH: two[2:],
            Level.STATION: three[:4],
            Level.CIRCUIT: three[4:],
        }
        whole, _ = explain_along_tree(BOOKS, LINES, whole, rows, now_ms=number * 300_000)
        pieces = []
        for places, branch_source, station_branch, circuit_station in parts.values():
            ids = {level: tuple(LINES.ids[level][p] for p in chosen) for level, chosen in places.items()}
            lines = SupplyLines(
                ids=ids,
                branch_source=branch_source,
                branch_chain=tuple((n,) for n in range(len(branch_source))),
                station_branch=np.array(station_branch),
                circuit_station=np.array(circuit_station, np.intp),
            )
            mine = {level: rows[level][chosen] for level, chosen in places.items()}
            piece, _ = explain_along_tree(BOOKS, lines, apart.of(ids), mine, now_ms=number * 300_000)
            pieces.append(piece)
        apart = ExplanationState.merged(pieces)
        assert apart == whole
