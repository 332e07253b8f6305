"""From symptoms of the small site to transitions of alarms, and explanations that survive a restart."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from alerting.diagnosing.diagnosis import Diagnosed, Diagnosis
from alerting.diagnosing.state_codec import ExplanationCodec, ExplanationStateError
from config.causes.reading import CauseSet, load_causes
from heating.diagnosis.along_tree import ExplanationState
from heating.heat_tree import Level, Node, build_heat_tree
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
TREE = build_heat_tree(small_site())
CAUSES = load_causes()
_LEVELS = (Level.SOURCE, Level.BRANCH, Level.STATION)


def _named_by(level: Level) -> tuple[str, ...]:
    """Return every symptom of a level that the shipped causes name."""
    found: set[str] = set()
    for entry in CAUSES:
        cause = entry.cause
        if cause.level is level:
            found |= cause.expect.keys() | cause.against.keys() | cause.explains
        found |= cause.below if level is Level.STATION else set()
        found |= cause.above if level is Level.SOURCE else set()
    return tuple(sorted(found))


SYMPTOMS = {level: _named_by(level) for level in _LEVELS}


class Watch:
    """The small site, five minutes a step."""

    def __init__(self, causes: CauseSet = CAUSES) -> None:
        self.diagnosis = Diagnosis(causes, SYMPTOMS, TREE)
        self.codec = ExplanationCodec(TREE)
        self.state, self.now = ExplanationState(), T0

    def step(self, **yes: str) -> Diagnosed:
        """Advance with `object="symptom symptom"`."""
        self.now += timedelta(minutes=5)
        rows = {
            level: np.array(
                [
                    [float(name in yes.get(TREE.ids[number], "").split()) for name in SYMPTOMS[level]]
                    for number in TREE.numbers(level).tolist()
                ]
            )
            for level in _LEVELS
        }
        found = self.diagnosis.advance(self.state, rows, self.now)
        self.state = found.state
        return found


def _said(found: Diagnosed) -> list[str]:
    return [f"{t.kind} {t.rule_id} {t.subject} {t.priority.name} {t.was}".strip() for t in found.transitions]


def test_a_cause_that_opens_raises_its_alarm_and_one_that_closes_clears_it() -> None:
    watch = Watch()
    assert _said(watch.step(S1="pump_fault no_circ t2s_low")) == ["raised pump_trip station:S1 P1"]
    assert _said(watch.step(S1="pump_fault no_circ t2s_low")) == []
    watch.step()
    said = [_said(watch.step()) for _ in range(6)]
    assert said == [[]] * 5 + [["cleared pump_trip station:S1 P1"]]


def test_a_correction_names_the_cause_before() -> None:
    watch = Watch()
    for _ in range(6):
        watch.step(S1="p2r_low p2r_lowlow")
    (open_now,) = watch.state.at(Level.STATION, "S1").open
    assert open_now.cause_id == "unknown_pressure"
    said = _said(watch.step(S1="p2r_low p2r_lowlow makeup_max locked_out"))
    assert said == ["corrected secondary_burst station:S1 P1 unknown_pressure"]


def test_every_open_explanation_has_its_evidence() -> None:
    watch = Watch()
    found = watch.step(S1="pump_fault t2s_low")
    (ranked,) = found.accounts.values()
    assert list(found.accounts) == [("pump_trip", Node(Level.STATION, "S1"))]
    assert (ranked[0].cause_id, ranked[0].supports, ranked[0].consequences) == (
        "pump_trip",
        ("pump_fault",),
        ("t2s_low",),
    )
    assert len(ranked) > 1


def test_a_source_explains_its_stations() -> None:
    watch = Watch()
    said = _said(
        watch.step(P1="temp_low heat_low stations_cold", S1="t2s_low heat_low", S2="t2s_low heat_low")
    )
    assert said == ["raised source_trip source:P1 P1"]


def test_what_is_saved_goes_on_after_a_restart_at_any_step() -> None:
    watch, restarting = Watch(), Watch()
    blobs: dict[str, bytes] = {}
    two = {"S1": "makeup_high", "S2": "mains_off"}
    for yes in [{"S1": "makeup_high"}] * 11 + [two] * 2 + [{"S1": "makeup_high"}] * 9:
        expected = _said(watch.step(**yes))
        restarting.state = restarting.diagnosis.carried(restarting.codec.decode(blobs))
        before = restarting.state
        assert _said(restarting.step(**yes)) == expected
        blobs |= restarting.codec.encode_changed(before, restarting.state)
    assert restarting.state == watch.state


def test_nothing_is_written_while_nothing_changes() -> None:
    watch = Watch()
    watch.step(S1="pump_fault")
    before = watch.state
    watch.step(S1="pump_fault")
    assert watch.codec.encode_changed(before, watch.state) == {}
    watch.step()
    assert list(watch.codec.encode_changed(before, watch.state)) == ["diagnosis/P1"]


def test_an_end_is_written_too() -> None:
    watch = Watch()
    watch.step(S1="pump_fault")
    blobs = watch.codec.encode_changed(watch.state, ExplanationState())
    assert watch.codec.decode(blobs) == ExplanationState()


def test_what_cannot_be_read_is_said() -> None:
    with pytest.raises(ExplanationStateError, match="diagnosis/P1"):
        Watch().codec.decode({"diagnosis/P1": b'[["moon","x",[],{},[]]]'})


def test_a_cause_that_left_the_catalogue_leaves_the_state() -> None:
    watch = Watch()
    watch.step(S1="pump_fault")
    fewer = Watch(CauseSet(tuple(entry for entry in CAUSES if entry.cause_id != "pump_trip")))
    assert fewer.diagnosis.carried(watch.state) == ExplanationState()
