"""One incident for one cause: when it opens, what belongs to it, when it ends or merges into another."""

from datetime import timedelta

import pytest

from alerting.judging.engine import TransitionKind
from config.rules.reading import RuleDefaults
from heating.alarms import AlarmEventKind, Incident, Priority
from tests.support.alarm_desk import AlarmDesk, plain_rule

STATION, HOME = "station:S1", "household:H1-1"
SOURCE_TRIP = plain_rule("SR-01", inhibits=("ST-02",), opens_incident=True)
PUMP = plain_rule("ST-02", inhibits=("HB-01",), opens_incident=True)
COLD = plain_rule("HB-01")
DANGER = plain_rule("HB-03", never_inhibited=True)
SILENT = plain_rule("DQ-01", waits_for_data=True)
K = AlarmEventKind


def written(desk: AlarmDesk) -> list[Incident]:
    return list(desk.incidents.take_changed())


def test_an_alarm_that_names_a_cause_opens_an_incident_that_says_where_and_how_many() -> None:
    desk = AlarmDesk(PUMP)
    desk.raised("ST-02", STATION)
    (incident,) = written(desk)
    alarm = desk.alarm("ST-02", STATION)
    assert (incident.root_alarm_id, incident.rule_id, str(incident.node)) == (
        alarm.alarm_id,
        "ST-02",
        STATION,
    )
    assert (incident.area_id, incident.affected_households, incident.opened_at) == ("xilinhot", 4, desk.now)
    assert incident.parameters == {"value": 1.0}
    assert alarm.incident_id == incident.incident_id
    assert len(desk.incidents) == 1


def test_an_incident_is_written_when_it_changes_and_not_at_every_tick() -> None:
    desk = AlarmDesk(PUMP)
    desk.raised("ST-02", STATION)
    assert len(written(desk)) == 1
    desk.tick()
    assert written(desk) == []


def test_an_alarm_that_names_no_cause_opens_none() -> None:
    desk = AlarmDesk(plain_rule("ST-09"), plain_rule("ST-10", opens_incident=False))
    desk.raised("ST-09", STATION)
    assert written(desk) == []
    assert desk.alarm("ST-09", STATION).incident_id is None


def test_an_incident_clears_with_its_root_and_once() -> None:
    desk = AlarmDesk(PUMP)
    desk.raised("ST-02", STATION)
    written(desk)
    desk.cleared("ST-02", STATION)
    (incident,) = written(desk)
    assert incident.cleared_at == desk.now
    assert "merged_into" not in incident.parameters
    assert len(desk.incidents) == 0
    desk.tick()
    assert written(desk) == []


@pytest.mark.parametrize(
    ("minutes", "belongs"), [(0, True), (119, True), (120, True), (121, False), (600, False)]
)
def test_a_home_that_grew_cold_up_to_two_hours_before_belongs_to_the_incident(
    minutes: int, belongs: bool
) -> None:
    desk = AlarmDesk(PUMP, DANGER)
    desk.raised("HB-03", HOME)
    desk.raised("ST-02", STATION, minutes=minutes)
    expected = desk.alarm("ST-02", STATION).incident_id if belongs else None
    assert desk.alarm("HB-03", HOME).incident_id == expected


def test_a_home_that_grows_cold_later_belongs_to_the_incident_however_much_later() -> None:
    desk = AlarmDesk(PUMP, DANGER)
    desk.raised("ST-02", STATION)
    desk.raised("HB-03", HOME, minutes=6000)
    assert desk.alarm("HB-03", HOME).incident_id == desk.alarm("ST-02", STATION).incident_id is not None


def test_an_incident_takes_no_home_of_another_station() -> None:
    desk = AlarmDesk(PUMP, DANGER)
    desk.raised("ST-02", STATION)
    desk.raised("HB-03", "household:H2-1")
    assert desk.alarm("HB-03", "household:H2-1").incident_id is None


def test_a_sensor_that_is_silent_belongs_to_no_incident() -> None:
    desk = AlarmDesk(PUMP, SILENT)
    desk.raised("ST-02", STATION)
    desk.raised("DQ-01", HOME)
    desk.tick(minutes=5)
    assert desk.alarm("DQ-01", HOME).incident_id is None


def test_what_is_inhibited_belongs_to_the_incident_of_its_inhibitor() -> None:
    desk = AlarmDesk(PUMP, COLD)
    desk.raised("ST-02", STATION)
    desk.raised("HB-01", HOME)
    assert desk.alarm("HB-01", HOME).incident_id == desk.alarm("ST-02", STATION).incident_id is not None


def test_of_two_incidents_above_a_home_the_nearer_one_takes_it() -> None:
    desk = AlarmDesk(plain_rule("SR-02", opens_incident=True), PUMP, DANGER)
    desk.raised("SR-02", "source:P1")
    desk.raised("ST-02", STATION)
    desk.raised("HB-03", HOME)
    assert desk.alarm("HB-03", HOME).incident_id == desk.alarm("ST-02", STATION).incident_id
    desk.raised("HB-03", "household:H2-1")
    assert desk.alarm("HB-03", "household:H2-1").incident_id == desk.alarm("SR-02", "source:P1").incident_id


def test_of_two_incidents_at_one_station_the_one_that_explains_cold_homes_then_the_more_urgent_takes_a_home() -> (
    None
):
    urgent = plain_rule("ST-01", priority=Priority.P1, opens_incident=True)
    late = plain_rule("ST-05", priority=Priority.P3, opens_incident=True)
    explains = plain_rule("ST-04", priority=Priority.P3, opens_incident=True, inhibits=("HB-03",))
    desk = AlarmDesk(late, urgent, explains, DANGER)
    desk.raised("ST-05", STATION)
    desk.raised("ST-01", STATION)
    desk.raised("HB-03", HOME)
    assert desk.alarm("HB-03", HOME).incident_id == desk.alarm("ST-01", STATION).incident_id
    desk.raised("ST-04", STATION)
    desk.raised("HB-03", "household:H1-2")
    assert desk.alarm("HB-03", "household:H1-2").incident_id == desk.alarm("ST-04", STATION).incident_id


def test_an_incident_that_turns_out_to_be_a_consequence_merges_into_the_other() -> None:
    desk = AlarmDesk(SOURCE_TRIP, PUMP, COLD)
    desk.raised("ST-02", STATION)
    desk.raised("HB-01", HOME)
    (own,) = written(desk)
    desk.raised("SR-01", "source:P1")
    changed = {incident.incident_id: incident for incident in written(desk)}
    trip = desk.alarm("SR-01", "source:P1").incident_id
    assert trip is not None and set(changed) == {own.incident_id, trip}
    assert changed[own.incident_id].cleared_at == desk.now
    assert changed[own.incident_id].parameters["merged_into"] == trip
    assert desk.alarm("ST-02", STATION).incident_id == trip
    assert len(desk.incidents) == 1
    desk.tick()
    assert written(desk) == []


def test_a_whole_trip_in_one_tick_is_one_incident() -> None:
    desk = AlarmDesk(SOURCE_TRIP, PUMP, COLD)
    raised = TransitionKind.RAISED
    heard = desk.tick((raised, "HB-01", HOME), (raised, "ST-02", STATION), (raised, "SR-01", "source:P1"))
    assert heard == ["raised SR-01 source:P1"]
    (incident,) = written(desk)
    assert incident.affected_households == 8
    members = [desk.alarm(*entry).incident_id for entry in (("ST-02", STATION), ("SR-01", "source:P1"))]
    assert members == [incident.incident_id] * 2


def test_a_released_station_opens_its_own_incident_only_after_its_wait() -> None:
    desk = AlarmDesk(SOURCE_TRIP, plain_rule("ST-02", opens_incident=True, off_delay=timedelta(minutes=5)))
    desk.raised("SR-01", "source:P1")
    desk.raised("ST-02", STATION)
    desk.cleared("SR-01", "source:P1")
    written(desk)
    assert desk.tick(minutes=4.9) == []
    assert written(desk) == []
    assert desk.tick(minutes=0.1) == [f"raised ST-02 {STATION}"]
    (incident,) = written(desk)
    assert (incident.rule_id, incident.opened_at) == ("ST-02", desk.now)


def test_homes_of_one_incident_share_a_notice_until_the_interval_is_over() -> None:
    desk = AlarmDesk(PUMP, DANGER, defaults=RuleDefaults(group_interval=timedelta(minutes=20)))
    desk.raised("ST-02", STATION)
    assert desk.raised("HB-03", HOME) == [f"raised HB-03 {HOME}"]
    assert desk.raised("HB-03", "household:H1-2") == []
    assert desk.tick(minutes=18.9) == []
    heard = desk.raised("HB-03", "household:H1-3", minutes=0.1)
    assert sorted(heard) == ["raised HB-03 household:H1-2", "raised HB-03 household:H1-3"]


def test_homes_without_an_incident_and_homes_of_another_rule_do_not_wait_for_each_other() -> None:
    defaults = RuleDefaults(group_interval=timedelta(minutes=20))
    severe = plain_rule("HB-02", never_inhibited=True)
    desk = AlarmDesk(PUMP, DANGER, severe, defaults=defaults)
    assert desk.raised("HB-03", HOME) == [f"raised HB-03 {HOME}"]
    assert desk.raised("HB-03", "household:H1-2") == ["raised HB-03 household:H1-2"]
    desk.raised("ST-02", "station:S2")
    assert desk.raised("HB-03", "household:H2-1") == ["raised HB-03 household:H2-1"]
    assert desk.raised("HB-02", "household:H2-1") == ["raised HB-02 household:H2-1"]


def test_an_open_incident_is_found_by_its_id() -> None:
    desk = AlarmDesk(PUMP)
    desk.raised("ST-02", STATION)
    (incident,) = written(desk)
    assert desk.incidents.get(incident.incident_id) == incident
    assert (desk.incidents.get(None), desk.incidents.get("other")) == (None, None)


def test_the_interval_between_notices_of_one_incident_counts_from_the_latest_of_them() -> None:
    desk = AlarmDesk(PUMP, DANGER, defaults=RuleDefaults(group_interval=timedelta(minutes=20)))
    desk.raised("ST-02", STATION)
    assert desk.raised("HB-03", HOME) == [f"raised HB-03 {HOME}"]
    assert desk.raised("HB-03", "household:H1-2", minutes=20) == ["raised HB-03 household:H1-2"]
    assert desk.raised("HB-03", "household:H1-3", minutes=1) == []
    assert desk.tick(minutes=18.9) == []
    assert desk.tick(minutes=0.1) == ["raised HB-03 household:H1-3"]
