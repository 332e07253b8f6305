"""Causes among the rules: their alarms have texts and priorities, and silence the symptoms that they account for."""

from dataclasses import replace

import pytest

from config.causes.reading import CauseEntry, CauseSet, Shown, load_causes
from config.rules.reading import RuleSet, load_rules
from config.settings.tree import RulesSettings
from heating.alarms import Priority

RULES = load_rules(RulesSettings())
CAUSES = load_causes()


def _rules(**symptoms: str) -> RuleSet:
    """Return two plain rules with the symptoms that their alarms are."""
    plain = [
        replace(RULES.rule(name.replace("_", "-")), symptom=symptom) for name, symptom in symptoms.items()
    ]
    return RuleSet(tuple(plain), causes=CAUSES)


def _entry(cause_id: str) -> CauseEntry:
    entry = CAUSES.get(cause_id)
    assert entry is not None
    return entry


def test_an_alarm_of_a_cause_is_read_like_that_of_a_rule() -> None:
    rules = _rules(ST_04="p2r_lowlow")
    burst = rules.rule("secondary_burst")
    assert (burst.priority, burst.opens_incident, burst.annunciate) == (Priority.P1, True, True)
    assert burst.name.en == "Secondary network burst"
    assert burst.scope.name == "station"
    assert "secondary_burst" not in [rule.rule_id for rule in rules.rules]


@pytest.mark.parametrize(
    ("cause_id", "silences"),
    [("secondary_burst", True), ("makeup_failure", True), ("pump_trip", False), ("source_trip", False)],
)
def test_a_cause_silences_the_symptoms_that_it_accounts_for(cause_id: str, silences: bool) -> None:
    rules = _rules(ST_04="p2r_lowlow", ST_33="")
    assert rules.silenced_by(cause_id) == (frozenset({"ST-04"}) if silences else frozenset())


def test_a_source_silences_what_it_explains_at_its_stations() -> None:
    assert _rules(ST_04="t2s_low").silenced_by("source_trip") == {"ST-04"}


@pytest.mark.parametrize("shown", list(Shown))
def test_only_what_is_announced_calls_and_opens_incidents(shown: Shown) -> None:
    rules = RuleSet((), causes=CauseSet((replace(_entry("pump_trip"), shown=shown),)))
    rule = rules.rule("pump_trip")
    assert (rule.annunciate, rule.opens_incident) == (shown is Shown.ANNOUNCED,) * 2
