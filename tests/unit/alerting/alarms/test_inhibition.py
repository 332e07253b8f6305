"""Which alarm silences which: the graph of the rules along the tree, judged inhibitors first."""

from datetime import timedelta

import pytest

from alerting.alarms.inhibition import Inhibition
from alerting.judging.engine import TransitionKind
from config.rules.reading import RuleSet
from heating.alarms import AlarmEventKind, Priority
from tests.support.alarm_desk import AlarmDesk, plain_rule

STATION, HOME, SOURCE = "station:S1", "household:H1-1", "source:P1"
RAISED = TransitionKind.RAISED
CHAIN = (
    plain_rule("ST-01", inhibits=("ST-02",)),
    plain_rule("ST-02", inhibits=("ST-03",)),
    plain_rule("ST-03", inhibits=("HB-01",)),
    plain_rule("HB-01"),
)


def test_alarms_are_judged_from_the_source_down_and_inhibitors_before_what_they_inhibit() -> None:
    desk = AlarmDesk(plain_rule("SR-01"), *reversed(CHAIN))
    for rule_id, subject in (
        ("HB-01", HOME),
        ("ST-03", STATION),
        ("ST-01", STATION),
        ("ST-02", STATION),
        ("SR-01", SOURCE),
    ):
        desk.raised(rule_id, subject)
    order = sorted(desk.book, key=Inhibition(desk.rules).order)
    assert [alarm.rule_id for alarm in order] == ["SR-01", "ST-01", "ST-02", "ST-03", "HB-01"]


def test_rules_that_inhibit_each_other_do_not_hang_the_order() -> None:
    ring = RuleSet((plain_rule("ST-01", inhibits=("ST-02",)), plain_rule("ST-02", inhibits=("ST-01",))))
    assert Inhibition(ring) is not None


def test_a_chain_that_is_raised_in_one_tick_announces_its_head_alone() -> None:
    desk = AlarmDesk(*CHAIN)
    heard = desk.tick(
        (RAISED, "ST-03", STATION),
        (RAISED, "ST-02", STATION),
        (RAISED, "ST-01", STATION),
        (RAISED, "HB-01", HOME),
    )
    assert heard == [f"raised ST-01 {STATION}"]
    inhibitors = {rule_id: desk.alarm(rule_id, STATION).inhibited_by for rule_id in ("ST-02", "ST-03")}
    assert inhibitors == {
        "ST-02": desk.alarm("ST-01", STATION).alarm_id,
        "ST-03": desk.alarm("ST-02", STATION).alarm_id,
    }


def test_of_several_inhibitors_the_one_that_speaks_for_itself_counts() -> None:
    silent = plain_rule("ST-02", inhibits=("HB-01",))
    desk = AlarmDesk(
        plain_rule("SR-01", inhibits=("ST-02",)),
        silent,
        plain_rule("ST-03", inhibits=("HB-01",)),
        plain_rule("HB-01"),
    )
    desk.raised("SR-01", SOURCE)
    desk.raised("ST-02", STATION)
    desk.raised("ST-03", STATION)
    desk.raised("HB-01", HOME)
    assert desk.alarm("HB-01", HOME).inhibited_by == desk.alarm("ST-03", STATION).alarm_id


def test_of_several_inhibitors_the_one_nearest_to_the_source_counts_then_the_most_urgent_then_the_older() -> (
    None
):
    late = plain_rule("ST-04", inhibits=("HB-01",))
    urgent = plain_rule("ST-05", priority=Priority.P1, inhibits=("HB-01",))
    source = plain_rule("SR-01", priority=Priority.P3, inhibits=("HB-01",))
    desk = AlarmDesk(source, plain_rule("ST-03", inhibits=("HB-01",)), late, urgent, plain_rule("HB-01"))
    desk.raised("ST-04", STATION)
    desk.raised("ST-03", STATION)
    desk.raised("HB-01", HOME)
    assert desk.alarm("HB-01", HOME).inhibited_by == desk.alarm("ST-04", STATION).alarm_id
    desk.raised("ST-05", STATION)
    assert desk.alarm("HB-01", HOME).inhibited_by == desk.alarm("ST-05", STATION).alarm_id
    desk.raised("SR-01", SOURCE)
    assert desk.alarm("HB-01", HOME).inhibited_by == desk.alarm("SR-01", SOURCE).alarm_id


@pytest.mark.parametrize("rule_id", ["HB-01", "HB-03"])
def test_a_danger_to_life_is_never_inhibited(rule_id: str) -> None:
    pump = plain_rule("ST-02", inhibits=("HB-01", "HB-03"))
    desk = AlarmDesk(pump, plain_rule("HB-01"), plain_rule("HB-03", never_inhibited=True))
    desk.raised("ST-02", STATION)
    desk.raised(rule_id, HOME)
    assert (desk.alarm(rule_id, HOME).inhibited_by is None) == (rule_id == "HB-03")


def test_an_inhibitor_that_comes_later_silences_what_is_open_below_it_and_nothing_else() -> None:
    desk = AlarmDesk(plain_rule("ST-02", inhibits=("HB-01",)), plain_rule("HB-01"), plain_rule("HB-02"))
    for rule_id, subject in (("HB-01", HOME), ("HB-02", HOME), ("HB-01", "household:H2-1")):
        desk.raised(rule_id, subject)
    desk.raised("ST-02", STATION)
    assert desk.alarm("HB-01", HOME).inhibited_by == desk.alarm("ST-02", STATION).alarm_id
    assert desk.alarm("HB-02", HOME).inhibited_by is None
    assert desk.alarm("HB-01", "household:H2-1").inhibited_by is None


def test_an_inhibited_alarm_is_not_written_again_at_every_tick() -> None:
    desk = AlarmDesk(plain_rule("ST-02", inhibits=("HB-01",)), plain_rule("HB-01"))
    desk.raised("ST-02", STATION)
    desk.raised("HB-01", HOME)
    for _ in range(5):
        desk.tick()
    assert desk.events(AlarmEventKind.INHIBITED) == ["inhibited 2"]
    desk.restart(judge_all=True)
    desk.tick()
    desk.tick()
    assert desk.events(AlarmEventKind.INHIBITED) == ["inhibited 2"]


def test_an_alarm_that_clears_while_it_is_inhibited_closes_silently() -> None:
    desk = AlarmDesk(
        plain_rule("ST-02", inhibits=("HB-01",)), plain_rule("HB-01", off_delay=timedelta(minutes=5))
    )
    desk.raised("ST-02", STATION)
    desk.raised("HB-01", HOME)
    assert desk.cleared("HB-01", HOME) == []
    assert [alarm.rule_id for alarm in desk.book] == ["ST-02"]
    desk.cleared("ST-02", STATION)
    assert desk.events(AlarmEventKind.RELEASED) == []
