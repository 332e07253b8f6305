"""An announced alarm that nobody answers calls again after the time of its priority, and only then."""

from datetime import timedelta

import pytest

from config.rules.reading import Rule, RuleDefaults
from heating.alarms import AlarmEventKind, Priority
from tests.support.alarm_desk import AlarmDesk, plain_rule

STATION = "station:S1"
P1, P2, P3 = (
    plain_rule(f"ST-0{n}", priority=p) for n, p in enumerate([Priority.P1, Priority.P2, Priority.P3], 1)
)
DEFAULTS = RuleDefaults(
    repeat_unacked={Priority.P1: timedelta(minutes=5), Priority.P2: timedelta(minutes=30)}
)
K = AlarmEventKind


def calls(desk: AlarmDesk, minutes: int) -> list[int]:
    """Return after how many minutes somebody is called again."""
    return [minute for minute in range(1, minutes + 1) if any("unack" in line for line in desk.tick())]


@pytest.mark.parametrize(("rule", "expected"), [(P1, [5, 10, 15]), (P2, []), (P3, [])])
def test_each_priority_has_its_own_wait(rule: Rule, expected: list[int]) -> None:
    desk = AlarmDesk(P1, P2, P3, defaults=DEFAULTS)
    desk.raised(rule.rule_id, STATION)
    assert calls(desk, 16) == expected


def test_the_second_priority_calls_after_half_an_hour_and_not_a_second_before() -> None:
    desk = AlarmDesk(P2, defaults=DEFAULTS)
    desk.raised("ST-02", STATION)
    assert desk.tick(minutes=30 - 1 / 60) == []
    assert desk.tick(minutes=1 / 60) == [f"unacknowledged ST-02 {STATION}"]


def test_the_wait_counts_from_the_last_call_of_any_kind() -> None:
    desk = AlarmDesk(P2, defaults=DEFAULTS)
    desk.raised("ST-02", STATION)
    desk.tick(minutes=3)
    assert desk.escalated("ST-02", STATION, Priority.P1) == [f"escalated ST-02 {STATION}"]
    assert calls(desk, 11) == [5, 10]


def test_an_expired_acknowledgement_counts_as_a_call() -> None:
    desk = AlarmDesk(P1, defaults=DEFAULTS)
    desk.raised("ST-01", STATION)
    desk.person(K.ACKNOWLEDGED, "ST-01", STATION, minutes=20)
    assert [desk.tick() for _ in range(20)] == [[]] * 19 + [[f"again ST-01 {STATION}"]]
    assert calls(desk, 6) == [5]


@pytest.mark.parametrize("kind", [K.ACKNOWLEDGED, K.SHELVED])
def test_who_has_answered_is_not_called(kind: AlarmEventKind) -> None:
    desk = AlarmDesk(P1, defaults=DEFAULTS)
    desk.raised("ST-01", STATION)
    desk.person(kind, "ST-01", STATION, minutes=60)
    assert calls(desk, 30) == []


def test_what_has_cleared_or_is_inhibited_does_not_call() -> None:
    desk = AlarmDesk(plain_rule("SR-01", priority=Priority.P3, inhibits=("ST-01",)), P1, defaults=DEFAULTS)
    desk.raised("ST-01", STATION)
    desk.raised("SR-01", "source:P1")
    assert calls(desk, 30) == []
    desk.cleared("ST-01", STATION)
    assert calls(desk, 30) == []


def test_a_restart_neither_repeats_a_call_nor_forgets_one() -> None:
    desk = AlarmDesk(P1, defaults=DEFAULTS)
    desk.raised("ST-01", STATION)
    assert calls(desk, 7) == [5]
    desk.restart()
    assert calls(desk, 4) == [3]


def test_the_calls_of_an_alarm_that_is_over_are_forgotten() -> None:
    desk = AlarmDesk(P1, defaults=DEFAULTS)
    desk.raised("ST-01", STATION)
    assert calls(desk, 5) == [5]
    assert list(desk.reminded_ms) == [desk.alarm("ST-01", STATION).alarm_id]
    desk.cleared("ST-01", STATION)
    assert desk.reminded_ms == {}


def test_after_the_clock_went_back_the_wait_begins_again_by_the_clock_of_now() -> None:
    desk = AlarmDesk(P1, defaults=DEFAULTS)
    desk.raised("ST-01", STATION)
    desk.now -= timedelta(hours=10)
    assert calls(desk, 12) == [6, 11]
