"""How explanations of one object live, on a small catalogue of a burst, a leak, a stop and a shortage."""

import numpy as np
import pytest

from heating.diagnosis.catalogue import Cause, Codebook
from heating.diagnosis.explanation import QUIET, Change, ChangeKind, NodeState, explain, felt, reach
from heating.heat_tree import Level, Node

SYMPTOMS = ("stopped", "pressure_low", "makeup_high", "makeup_max", "cold", "noisy")
HERE = Node(Level.STATION, "s1")
MINUTE = 60_000
HOUR = 60 * MINUTE


def cause(cause_id: str, group: str, **more: object) -> Cause:
    given: dict[str, object] = {
        "level": Level.STATION, "rate_per_season": 0.5, "usual_s": 7200.0, "linger_s": 1800.0, "recover_s": 7200.0
    }  # fmt: skip
    return Cause(cause_id=cause_id, group=group, **(given | more))  # type: ignore[arg-type]


BOOK = Codebook(
    [
        cause("stop", "stop", expect={"stopped": 14.0}, explains=frozenset({"cold", "noisy"})),
        cause("leak", "pressure", expect={"makeup_high": 12.0}, explains=frozenset({"pressure_low"}), opens_after_s=3600.0),
        cause(
            "burst", "pressure", expect={"makeup_max": 10.0, "pressure_low": 7.0, "makeup_high": 1.0},
            missing={"pressure_low": 6.0}, explains=frozenset({"stopped", "cold"}),
        ),
        cause("shortage", "thermal", expect={"cold": 12.0}, opens_after_s=900.0),
        cause("air", "pump", expect={"noisy": 12.0}, against={"stopped": 8.0}),
    ],
    SYMPTOMS,
    below=("t2s_low",),
)  # fmt: skip


class Station:
    """One station, minute by minute."""

    def __init__(self) -> None:
        self.state: NodeState = QUIET
        self.now_ms = 0

    def step(
        self,
        *yes: str,
        after_ms: int = 5 * MINUTE,
        unknown: tuple[str, ...] = (),
        above: tuple[str, ...] = (),
    ) -> list[tuple[str, str]]:
        """Advance; return (kind, cause) of each change."""
        self.now_ms += after_ms
        row = np.array([np.nan if s in unknown else float(s in yes) for s in SYMPTOMS])
        from_above = np.array([s in above for s in SYMPTOMS])
        self.state, changes = explain(BOOK, self.state, row, from_above, node=HERE, now_ms=self.now_ms)
        return [(str(change.kind), change.explanation.cause_id) for change in changes]

    @property
    def open(self) -> list[str]:
        return [one.cause_id for one in self.state.open]


@pytest.fixture
def station() -> Station:
    return Station()


def test_a_cause_opens_at_once_and_takes_its_consequences(station: Station) -> None:
    assert station.step("stopped", "cold", "noisy") == [("opened", "stop")]
    for _ in range(20):
        assert station.step("stopped", "cold", "noisy") == []
    assert station.open == ["stop"]


def test_a_slow_cause_opens_after_its_time_and_not_before(station: Station) -> None:
    assert station.step("makeup_high") == []
    assert station.step("makeup_high", after_ms=HOUR - 1) == []
    assert station.step("makeup_high", after_ms=1) == [("opened", "leak")]


def test_a_suspicion_that_breaks_off_begins_again(station: Station) -> None:
    station.step("makeup_high")
    station.step()
    assert station.step("makeup_high", after_ms=HOUR) == []
    assert station.step("makeup_high", after_ms=HOUR) == [("opened", "leak")]


def test_a_suspicion_is_felt_elsewhere_before_it_opens(station: Station) -> None:
    station.step("makeup_high")
    assert felt(station.state, station.now_ms) == ("leak",)


def test_what_is_explained_from_above_opens_nothing_but_holds_what_is_open(station: Station) -> None:
    for _ in range(10):
        assert station.step("cold", above=("cold",)) == []
    station.step("cold")
    station.step("cold", after_ms=15 * MINUTE)
    assert station.open == ["shortage"]
    for _ in range(10):
        assert station.step("cold", above=("cold",), after_ms=HOUR) == []
    assert station.open == ["shortage"]


def test_it_lingers_without_evidence_and_then_closes(station: Station) -> None:
    station.step("stopped")
    assert station.step() == []
    assert station.step(after_ms=30 * MINUTE - 1) == []
    assert station.step(after_ms=1) == [("closed", "stop")]
    assert station.open == []


def test_unknown_evidence_holds_for_ever(station: Station) -> None:
    station.step("stopped")
    for _ in range(50):
        assert station.step(unknown=SYMPTOMS, after_ms=HOUR) == []
    assert station.open == ["stop"]
    assert station.step("cold", unknown=("stopped",), after_ms=HOUR) == []


def test_consequences_stay_its_own_while_the_station_recovers(station: Station) -> None:
    station.step("stopped", "cold")
    station.step("cold")
    assert station.step("cold", after_ms=30 * MINUTE) == [("closed", "stop")]
    for _ in range(11):
        assert station.step("cold", after_ms=10 * MINUTE) == []
    assert not station.state.suspected
    assert station.step("cold", after_ms=10 * MINUTE) == []
    assert station.step("cold", after_ms=15 * MINUTE) == [("opened", "shortage")]


def test_an_early_better_name_corrects_and_keeps_the_identity(station: Station) -> None:
    station.step("makeup_high")
    station.step("makeup_high", after_ms=HOUR)
    (before,) = station.state.open
    found = station.step("makeup_high", "makeup_max", "pressure_low")
    assert found == [("corrected", "burst")]
    (after,) = station.state.open
    assert after.key == before.key
    assert after.history == ((before.opened_ms, "leak"), (station.now_ms, "burst"))


def test_late_news_is_a_fault_of_its_own(station: Station) -> None:
    station.step("makeup_high")
    station.step("makeup_high", after_ms=HOUR)
    station.step("makeup_high", after_ms=6 * HOUR)
    assert station.step("makeup_high", "makeup_max", "pressure_low") == [("opened", "burst")]
    assert station.open == ["leak", "burst"]


def test_a_consequence_of_the_present_cause_founds_nothing(station: Station) -> None:
    station.step("stopped")
    assert station.step("stopped", "noisy") == []
    assert station.open == ["stop"]


def test_two_faults_with_their_own_symptoms_are_open_together(station: Station) -> None:
    station.step("stopped")
    station.step("stopped", "makeup_high")
    assert station.step("stopped", "makeup_high", after_ms=HOUR) == [("opened", "leak")]
    assert station.open == ["stop", "leak"]


def test_a_known_absence_speaks_against_and_an_unknown_one_does_not(station: Station) -> None:
    assert station.step("makeup_max", unknown=("pressure_low",)) == [("opened", "burst")]
    other = Station()
    assert other.step("makeup_max") == []


def test_what_it_explains_below_reaches_there_until_it_has_recovered() -> None:
    book = Codebook(
        [cause("trip", "source", expect={"stopped": 14.0}, below=frozenset({"t2s_low"}))],
        SYMPTOMS,
        below=("t2s_low",),
    )
    state: NodeState = QUIET
    yes, no, nothing = np.eye(6)[0], np.zeros(6), np.zeros(6, bool)
    changes: tuple[Change, ...] = ()
    moments = {0: yes, 10: no, 41: no}
    for minute, row in moments.items():
        state, changes = explain(book, state, row, nothing, node=HERE, now_ms=minute * MINUTE)
        assert reach(book, state, minute * MINUTE, book.below).all()
    assert [change.kind for change in changes] == [ChangeKind.CLOSED]
    ended = 41 * MINUTE + 2 * HOUR
    assert reach(book, state, ended - 1, book.below).all()
    assert not reach(book, state, ended, book.below).any()
