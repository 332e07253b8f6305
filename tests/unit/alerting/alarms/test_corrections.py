"""An incident whose cause is found to be another: the same alarm goes on, and who heard of the first hears of it."""

from heating.alarms import AlarmEventKind, Incident, Priority
from tests.support.alarm_desk import AlarmDesk, plain_rule

STATION = "station:S1"
LEAK = plain_rule("leak", priority=Priority.P3, opens_incident=True)
BURST = plain_rule("burst", priority=Priority.P1, opens_incident=True, inhibits=("ST-02",))
JOURNAL = plain_rule("spikes", priority=Priority.P4, annunciate=False)
K = AlarmEventKind


def _desk() -> AlarmDesk:
    return AlarmDesk(LEAK, BURST, JOURNAL, plain_rule("ST-02"))


def _last(desk: AlarmDesk) -> Incident:
    return list(desk.incidents.take_changed())[-1]


def test_the_alarm_and_its_incident_keep_their_identity() -> None:
    desk = _desk()
    desk.raised("leak", STATION)
    before, incident = desk.alarm("leak", STATION), _last(desk)
    desk.corrected("leak", "burst", STATION)
    after, corrected = desk.alarm("burst", STATION), _last(desk)
    assert (after.alarm_id, after.raised_at, after.incident_id) == (
        before.alarm_id, before.raised_at, incident.incident_id,
    )  # fmt: skip
    assert (corrected.incident_id, corrected.rule_id) == (incident.incident_id, "burst")
    assert after.priority is Priority.P1
    assert len(desk.book) == len(desk.incidents) == 1


def test_who_heard_of_the_first_cause_hears_of_the_second() -> None:
    desk = _desk()
    assert desk.raised("leak", STATION) == ["raised leak station:S1"]
    assert desk.corrected("leak", "burst", STATION) == ["corrected burst station:S1"]
    assert desk.tick() == []


def test_a_cause_that_called_nobody_calls_when_it_becomes_one_that_does() -> None:
    desk = _desk()
    assert desk.raised("spikes", STATION) == []
    assert desk.corrected("spikes", "burst", STATION) == ["raised burst station:S1"]
    assert _last(desk).rule_id == "burst"


def test_what_the_new_cause_explains_is_silent_from_then_on() -> None:
    desk = _desk()
    desk.raised("leak", STATION)
    desk.raised("ST-02", STATION)
    desk.corrected("leak", "burst", STATION)
    assert desk.alarm("ST-02", STATION).inhibited_by == desk.alarm("burst", STATION).alarm_id


def test_it_clears_under_its_new_name() -> None:
    desk = _desk()
    desk.raised("leak", STATION)
    desk.corrected("leak", "burst", STATION)
    assert desk.cleared("burst", STATION) == ["cleared burst station:S1"]
    assert len(desk.incidents) == 0


def test_a_correction_of_an_alarm_that_is_gone_changes_nothing() -> None:
    desk = _desk()
    desk.raised("leak", STATION)
    desk.cleared("leak", STATION)
    assert desk.corrected("leak", "burst", STATION) == []
    assert desk.events(K.CORRECTED) == []
