"""Alarms that no row judges any more are cleared, with a word about why; all others stay as they are."""

from dataclasses import replace
from datetime import timedelta

from alerting.alarms.unjudged import NO_LONGER_JUDGED, judged_in
from alerting.judging.layout import Layout
from config.causes.reading import load_causes
from config.rules.reading import RuleSet
from heating.alarms import Alarm, AlarmEvent, AlarmEventKind, AlarmState, Priority
from heating.heat_tree import Level, Node, build_heat_tree
from tests.support.alarm_desk import T0, plain_rule
from tests.support.alerting_world import World
from tests.support.small_site import small_site
from tests.support.two_circuits import HIGH, LOW, two_circuit_site

CIRCUIT_RULE = "ST-02"


def alarm_of(rule_id: str, level: Level, object_id: str) -> Alarm:
    return Alarm(
        alarm_id="A1",
        rule_id=rule_id,
        subject=Node(level, object_id),
        area_id="xilinhot",
        priority=Priority.P2,
        raised_at=T0,
    )


def layout_of_two_circuits() -> Layout:
    site = two_circuit_site()
    return Layout(site, build_heat_tree(site), now=T0)


def closing_events(world: World) -> list[AlarmEvent]:
    return [event for event in world.records.history if event.parameters.get("no_longer_judged")]


def test_of_a_station_with_circuits_a_rule_of_circuits_judges_the_circuits_only() -> None:
    is_judged = judged_in(layout_of_two_circuits(), World().rules)
    assert is_judged(alarm_of(CIRCUIT_RULE, Level.CIRCUIT, LOW))
    assert is_judged(alarm_of(CIRCUIT_RULE, Level.CIRCUIT, HIGH))
    assert is_judged(alarm_of(CIRCUIT_RULE, Level.STATION, "S2"))
    assert not is_judged(alarm_of(CIRCUIT_RULE, Level.STATION, "S1"))
    assert is_judged(alarm_of("ST-01", Level.STATION, "S1"))


def test_objects_and_rules_that_are_gone_are_judged_by_nothing() -> None:
    is_judged = judged_in(layout_of_two_circuits(), RuleSet((plain_rule("ST-33"),)))
    assert is_judged(alarm_of("ST-33", Level.STATION, "S2"))
    assert not is_judged(alarm_of("ST-33", Level.STATION, "S99"))
    assert not is_judged(alarm_of("ST-98", Level.STATION, "S1"))


def test_an_alarm_of_a_cause_lasts_while_its_object_does() -> None:
    causes = load_causes()
    cause = next(entry.cause_id for entry in causes)
    is_judged = judged_in(layout_of_two_circuits(), RuleSet((plain_rule("ST-33"),), causes=causes))
    assert is_judged(alarm_of(cause, Level.STATION, "S1"))
    assert not is_judged(alarm_of(cause, Level.STATION, "S99"))


def test_a_station_that_gets_circuits_loses_the_alarm_that_its_circuits_take_over() -> None:
    world = World()
    world.run(5, pump=0.0)
    assert world.states(CIRCUIT_RULE) == [AlarmState.UNACK_ACTIVE]
    world.records.site = two_circuit_site()
    world.records.site_version += 1
    world.run(2, pump=0.0)
    assert world.states(CIRCUIT_RULE) == [AlarmState.RTN_UNACK]
    (event,) = closing_events(world)
    assert (event.kind, event.comment) == (AlarmEventKind.CLEARED, NO_LONGER_JUDGED)
    assert world.records.open_incidents() == []
    world.service.dispatch()
    assert world.heard("cleared") == [CIRCUIT_RULE]


def test_an_object_that_leaves_the_registry_takes_its_alarm_along_and_others_stay() -> None:
    world = World()
    world.run(5, pump=0.0)
    world.records.site = replace(
        small_site(), stations=small_site().stations[1:], buildings=(), households=(), assignments=()
    )
    world.records.site_version += 1
    world.run(2)
    assert world.states(CIRCUIT_RULE) == [AlarmState.RTN_UNACK]
    assert len(closing_events(world)) == 1
    world.run(2)
    assert len(closing_events(world)) == 1


def test_what_is_judged_goes_on_over_a_change_of_the_registry_and_a_restart() -> None:
    world = World()
    world.run(5, pump=0.0)
    world.records.site = small_site(stations=3)
    world.records.site_version += 1
    world.run(2, pump=0.0)
    world.fresh_service()
    world.clock.advance(timedelta(minutes=1).total_seconds())
    world.run(1, pump=0.0)
    assert world.states(CIRCUIT_RULE) == [AlarmState.UNACK_ACTIVE]
    assert closing_events(world) == []
