"""Who is called when: at once, after the wait of its kind, or not at all."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from structlog.testing import capture_logs

from alerting.judging.engine import TransitionKind
from config.rules.reading import RuleDefaults
from heating.alarms import AlarmEvent, AlarmEventKind, AlarmState, Priority
from heating.heat_tree import Level, Node
from tests.support.alarm_desk import AlarmDesk, plain_rule

STATION, HOME = "station:S1", "household:H1-1"
PUMP = plain_rule("ST-02", inhibits=("HB-01",), opens_incident=True)
COLD = plain_rule("HB-01")
K = AlarmEventKind


def test_an_alarm_of_a_station_is_announced_in_its_tick_and_only_once() -> None:
    desk = AlarmDesk(PUMP)
    assert desk.raised("ST-02", STATION) == [f"raised ST-02 {STATION}"]
    assert [desk.tick() for _ in range(5)] == [[]] * 5
    assert desk.alarm("ST-02", STATION).annunciated_at == desk.now - timedelta(minutes=5)


def test_an_alarm_of_a_home_waits_a_minute_for_what_may_inhibit_it() -> None:
    desk = AlarmDesk(COLD)
    assert desk.raised("HB-01", HOME) == []
    assert desk.tick(minutes=0.98) == []
    assert desk.tick(minutes=0.02) == [f"raised HB-01 {HOME}"]


def test_danger_to_life_in_a_home_does_not_wait() -> None:
    desk = AlarmDesk(plain_rule("HB-03", never_inhibited=True))
    assert desk.raised("HB-03", HOME) == [f"raised HB-03 {HOME}"]


@pytest.mark.parametrize(
    "order",
    [*permutations([(TransitionKind.RAISED, "ST-02", STATION), (TransitionKind.RAISED, "HB-01", HOME)])],
)
def test_what_is_inhibited_in_its_own_tick_is_never_announced(
    order: tuple[tuple[TransitionKind, str, str], ...],
) -> None:
    desk = AlarmDesk(PUMP, COLD)
    assert desk.tick(*order) == [f"raised ST-02 {STATION}"]
    assert [desk.tick() for _ in range(10)] == [[]] * 10
    assert desk.alarm("HB-01", HOME).inhibited_by == desk.alarm("ST-02", STATION).alarm_id


@pytest.mark.parametrize(("off_delay", "wait"), [(0, 1), (60, 1), (61, 61 / 60), (300, 5)])
def test_a_released_alarm_waits_for_its_own_clearing_before_it_is_announced(
    off_delay: int, wait: float
) -> None:
    desk = AlarmDesk(PUMP, plain_rule("HB-01", off_delay=timedelta(seconds=off_delay)))
    desk.raised("ST-02", STATION)
    desk.raised("HB-01", HOME)
    assert desk.cleared("ST-02", STATION, minutes=30) == [f"cleared ST-02 {STATION}"]
    assert desk.alarm("HB-01", HOME).inhibited_by is None
    assert desk.tick(minutes=wait - 0.01) == []
    assert desk.tick(minutes=0.01) == [f"raised HB-01 {HOME}"]


def test_a_released_alarm_that_clears_while_it_waits_is_never_announced() -> None:
    desk = AlarmDesk(PUMP, plain_rule("HB-01", off_delay=timedelta(minutes=5)))
    desk.raised("ST-02", STATION)
    desk.raised("HB-01", HOME)
    desk.cleared("ST-02", STATION, minutes=30)
    assert desk.cleared("HB-01", HOME, minutes=4) == []
    assert desk.tick(minutes=60) == []
    assert desk.announce_after_ms == {}


def test_the_wait_of_a_released_alarm_survives_a_restart() -> None:
    desk = AlarmDesk(PUMP, plain_rule("HB-01", off_delay=timedelta(minutes=5)))
    desk.raised("ST-02", STATION)
    desk.raised("HB-01", HOME)
    desk.cleared("ST-02", STATION, minutes=30)
    desk.restart()
    assert desk.tick(minutes=4.9) == []
    assert desk.tick(minutes=0.1) == [f"raised HB-01 {HOME}"]
    assert desk.announce_after_ms == {}


def test_an_alarm_that_was_announced_before_it_was_inhibited_is_not_announced_again_when_released() -> None:
    desk = AlarmDesk(PUMP, COLD)
    desk.raised("HB-01", HOME)
    assert desk.tick() == [f"raised HB-01 {HOME}"]
    desk.raised("ST-02", STATION)
    desk.cleared("ST-02", STATION)
    assert [desk.tick() for _ in range(5)] == [[]] * 5


def test_with_two_inhibitors_the_alarm_is_released_when_the_last_of_them_clears() -> None:
    desk = AlarmDesk(PUMP, plain_rule("ST-03", inhibits=("HB-01",)), COLD)
    desk.raised("ST-02", STATION)
    desk.raised("ST-03", STATION)
    desk.raised("HB-01", HOME)
    first = desk.alarm("HB-01", HOME).inhibited_by
    desk.cleared("ST-02", STATION)
    second = desk.alarm("HB-01", HOME).inhibited_by
    assert (first, second) == (
        desk.book.with_fingerprint(f"ST-02|{STATION}")[0].alarm_id,
        desk.alarm("ST-03", STATION).alarm_id,
    )
    desk.cleared("ST-03", STATION)
    assert desk.alarm("HB-01", HOME).inhibited_by is None
    assert desk.events(K.RELEASED, K.INHIBITED) == ["inhibited 3", "inhibited 4", "released 5"]


def test_an_alarm_at_another_station_inhibits_nothing_here() -> None:
    desk = AlarmDesk(PUMP, COLD)
    desk.raised("ST-02", "station:S2")
    desk.raised("HB-01", HOME)
    assert desk.tick() == [f"raised HB-01 {HOME}"]


def test_an_alarm_shelved_before_its_announcement_is_announced_when_the_shelving_ends() -> None:
    desk = AlarmDesk(COLD)
    desk.raised("HB-01", HOME)
    desk.person(K.SHELVED, "HB-01", HOME, minutes=10)
    assert [desk.tick() for _ in range(9)] == [[]] * 9
    assert desk.alarm("HB-01", HOME).state is AlarmState.SHELVED
    assert desk.tick() == [f"raised HB-01 {HOME}"]
    assert desk.events(K.SHELVE_EXPIRED) == ["shelve_expired 11"]


@pytest.mark.parametrize("changes", [{"priority": Priority.P4}, {"annunciate": False}])
def test_what_is_kept_in_the_journal_is_never_announced_not_even_its_end(changes: dict[str, object]) -> None:
    desk = AlarmDesk(plain_rule("ST-09", **changes))
    assert desk.raised("ST-09", STATION) == []
    assert [desk.tick() for _ in range(5)] == [[]] * 5
    assert desk.cleared("ST-09", STATION) == []
    assert list(desk.book) == []


def test_the_end_of_an_alarm_is_announced_when_its_beginning_was() -> None:
    desk = AlarmDesk(PUMP, COLD)
    desk.raised("ST-02", STATION)
    desk.raised("HB-01", HOME)
    assert desk.cleared("HB-01", HOME) == []
    assert desk.cleared("ST-02", STATION) == [f"cleared ST-02 {STATION}"]


def test_a_more_urgent_alarm_is_announced_as_escalated_when_people_know_of_it() -> None:
    desk = AlarmDesk(PUMP, COLD)
    desk.raised("ST-02", STATION)
    assert desk.escalated("ST-02", STATION, Priority.P1) == [f"escalated ST-02 {STATION}"]
    assert desk.alarm("ST-02", STATION).priority is Priority.P1
    desk.raised("HB-01", HOME)
    assert desk.escalated("HB-01", HOME, Priority.P1) == []
    assert desk.alarm("HB-01", HOME).priority is Priority.P1


@pytest.mark.parametrize("priority", [Priority.P2, Priority.P3])
def test_an_alarm_never_becomes_less_urgent(priority: Priority) -> None:
    desk = AlarmDesk(PUMP)
    desk.raised("ST-02", STATION)
    assert desk.escalated("ST-02", STATION, priority) == []
    assert desk.events(K.ESCALATED) == []
    assert desk.alarm("ST-02", STATION).priority is Priority.P2


def test_an_alarm_that_returned_and_waits_for_an_answer_does_not_escalate() -> None:
    desk = AlarmDesk(PUMP)
    desk.raised("ST-02", STATION)
    desk.cleared("ST-02", STATION)
    assert desk.escalated("ST-02", STATION, Priority.P1) == []


def test_an_acknowledgement_that_ends_calls_again_at_that_moment() -> None:
    desk = AlarmDesk(PUMP)
    desk.raised("ST-02", STATION)
    desk.person(K.ACKNOWLEDGED, "ST-02", STATION, minutes=5)
    assert desk.tick(minutes=4.99) == []
    assert desk.alarm("ST-02", STATION).state is AlarmState.ACK_ACTIVE
    assert desk.tick(minutes=0.01) == [f"again ST-02 {STATION}"]
    assert desk.tick() == []


def test_an_acknowledgement_without_an_end_never_calls_again() -> None:
    desk = AlarmDesk(PUMP)
    desk.raised("ST-02", STATION)
    desk.person(K.ACKNOWLEDGED, "ST-02", STATION)
    assert [desk.tick(minutes=600) for _ in range(3)] == [[]] * 3


def test_an_acknowledgement_that_ends_while_the_alarm_is_inhibited_calls_nobody() -> None:
    desk = AlarmDesk(PUMP, COLD)
    desk.raised("HB-01", HOME)
    desk.tick()
    desk.person(K.ACKNOWLEDGED, "HB-01", HOME, minutes=5)
    desk.raised("ST-02", STATION)
    assert [desk.tick() for _ in range(10)] == [[]] * 10
    assert desk.events(K.ACKNOWLEDGE_EXPIRED) == ["acknowledge_expired 7"]


def test_the_same_rule_at_the_same_place_goes_on_and_is_not_raised_twice() -> None:
    desk = AlarmDesk(PUMP)
    desk.raised("ST-02", STATION)
    first = desk.alarm("ST-02", STATION)
    assert desk.raised("ST-02", STATION) == []
    assert desk.alarm("ST-02", STATION) == first
    assert [plan.raised for plan in desk.plans] == [1, 0]


def test_a_new_occurrence_is_a_new_alarm_and_ends_the_unanswered_one_before_it() -> None:
    desk = AlarmDesk(PUMP)
    desk.raised("ST-02", STATION)
    first = desk.alarm("ST-02", STATION)
    desk.cleared("ST-02", STATION)
    assert desk.raised("ST-02", STATION) == [f"raised ST-02 {STATION}"]
    assert desk.alarm("ST-02", STATION).alarm_id != first.alarm_id
    assert desk.events(K.SUPERSEDED) == ["superseded 3"]


def test_the_limit_of_a_shelving_is_that_of_its_priority_and_a_shorter_one_is_left_alone() -> None:
    defaults = RuleDefaults(max_shelve={Priority.P2: timedelta(minutes=10)})
    desk = AlarmDesk(PUMP, plain_rule("ST-03", priority=Priority.P3), defaults=defaults)
    desk.raised("ST-02", STATION)
    desk.raised("ST-03", STATION)
    desk.person(K.SHELVED, "ST-02", STATION, minutes=12)
    desk.person(K.SHELVED, "ST-03", STATION, minutes=12)
    desk.tick(minutes=1.9)
    assert desk.alarm("ST-02", STATION).shelved_until == desk.now + timedelta(minutes=10)
    assert desk.events(K.SHELVED) == ["shelved 3.9"]
    desk.tick()
    assert desk.events(K.SHELVED) == ["shelved 3.9"]


def test_a_shelving_of_exactly_the_limit_is_not_cut() -> None:
    defaults = RuleDefaults(max_shelve={Priority.P2: timedelta(minutes=10)})
    desk = AlarmDesk(PUMP, defaults=defaults)
    desk.raised("ST-02", STATION)
    desk.person(K.SHELVED, "ST-02", STATION, minutes=11)
    desk.tick(minutes=1)
    assert desk.events(K.SHELVED) == []


def test_other_rules_judge_the_open_alarms_again_at_their_first_tick() -> None:
    loose = plain_rule("ST-02", opens_incident=True)
    desk = AlarmDesk(loose, COLD)
    desk.raised("ST-02", STATION)
    desk.raised("HB-01", HOME)
    desk.restart(PUMP, COLD)
    desk.tick(minutes=0.5)
    assert desk.alarm("HB-01", HOME).inhibited_by is None
    desk.restart(PUMP, COLD, judge_all=True)
    desk.tick(minutes=0.1)
    assert desk.alarm("HB-01", HOME).inhibited_by == desk.alarm("ST-02", STATION).alarm_id
    assert desk.tick(minutes=60) == []


def test_a_restart_forgets_no_alarm_that_waits_to_be_announced() -> None:
    desk = AlarmDesk(COLD)
    desk.raised("HB-01", HOME)
    desk.restart()
    assert desk.tick() == [f"raised HB-01 {HOME}"]
    desk.restart()
    assert desk.tick() == []


def test_an_alarm_whose_rule_is_gone_is_released_and_goes_on_without_calling() -> None:
    desk = AlarmDesk(PUMP, COLD)
    desk.raised("ST-02", STATION)
    desk.raised("HB-01", HOME)
    desk.restart(PUMP, judge_all=True)
    assert [desk.tick() for _ in range(5)] == [[]] * 5
    assert desk.alarm("HB-01", HOME).inhibited_by is None


def test_an_alarm_whose_subject_left_the_registry_is_announced_and_hinders_no_other() -> None:
    desk = AlarmDesk(PUMP, plain_rule("ST-01", inhibits=("ST-02",), opens_incident=True))
    desk.raised("ST-02", STATION, minutes=0)
    elsewhere = replace(
        desk.alarm("ST-02", STATION), alarm_id="gone", subject=Node(Level.STATION, "S9"), annunciated_at=None
    )
    desk.book.apply(AlarmEvent(alarm_id="gone", kind=K.RAISED, at=desk.now, opening=elsewhere))
    desk.restart(judge_all=True)
    assert desk.tick() == ["raised ST-02 station:S9"]
    assert desk.alarm("ST-02", "station:S9").inhibited_by is None
    assert len(desk.incidents) == 1
    assert desk.raised("ST-01", STATION) == [f"raised ST-01 {STATION}"]
    assert desk.alarm("ST-02", STATION).inhibited_by == desk.alarm("ST-01", STATION).alarm_id


@pytest.mark.parametrize("known", [True, False])
def test_a_clearing_of_which_no_alarm_is_known_is_noted_for_the_operator(known: bool) -> None:
    desk = AlarmDesk(PUMP)
    if known:
        desk.raised("ST-02", STATION)
    with capture_logs() as lines:
        desk.cleared("ST-02", STATION)
    assert [line["event"] for line in lines] == ([] if known else ["alerting.cleared_without_alarm"])


def test_an_alarm_that_clears_while_it_waits_is_never_announced_whatever_comes_after() -> None:
    desk = AlarmDesk(COLD)
    desk.raised("HB-01", HOME)
    assert desk.cleared("HB-01", HOME, minutes=0.5) == []
    assert [desk.tick() for _ in range(3)] == [[]] * 3
    assert desk.raised("HB-01", HOME) == []
    assert desk.tick() == [f"raised HB-01 {HOME}"]


@pytest.mark.parametrize("jump_min", [-600, 600])
def test_the_wait_of_a_released_alarm_is_as_long_when_the_clock_is_set(jump_min: int) -> None:
    desk = AlarmDesk(PUMP, plain_rule("HB-01", off_delay=timedelta(minutes=5)))
    desk.raised("ST-02", STATION)
    desk.raised("HB-01", HOME)
    desk.cleared("ST-02", STATION, minutes=30)
    desk.now += timedelta(minutes=jump_min)
    desk.lifecycle.follow_clock(jump_min * 60_000)
    assert desk.tick(minutes=4.9) == []
    assert desk.tick(minutes=0.1) == [f"raised HB-01 {HOME}"]


def test_an_incident_whose_rule_no_longer_opens_any_stays_open_until_its_alarm_clears() -> None:
    desk = AlarmDesk(PUMP)
    desk.raised("ST-02", STATION)
    desk.restart(plain_rule("ST-02"), judge_all=True)
    desk.tick()
    assert len(desk.incidents) == 1
    desk.cleared("ST-02", STATION)
    assert len(desk.incidents) == 0
