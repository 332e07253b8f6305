"""A score reads alarms, incidents and tickets of a real product through its API."""

from datetime import timedelta
from pathlib import Path

import pytest

from heating.alarms import Alarm, AlarmEvent, AlarmEventKind, Incident, Priority
from heating.heat_tree import Level, Node
from simulators.scoring.api_client import fetch_product
from simulators.scoring.readers import UnreadableError
from tests.support.dashboard_house import NOW, OWN_HOME, House, open_house, token_of

STATION = Node(Level.STATION, "st-east")


def raise_alarms(house: House, count: int) -> None:
    """Put announced alarms of one incident into the records, a minute apart."""
    area = "xilinhot"
    incident = Incident(
        incident_id="I1",
        root_alarm_id="A000",
        rule_id="ST-02",
        node=STATION,
        area_id=area,
        opened_at=NOW - timedelta(hours=9),
    )
    events = []
    for number in range(count):
        at = NOW - timedelta(hours=9) + timedelta(minutes=number)
        alarm = Alarm(
            alarm_id=f"A{number:03d}",
            rule_id="ST-02" if number == 0 else f"HB-{number}",
            subject=STATION if number == 0 else Node(Level.HOUSEHOLD, OWN_HOME),
            area_id=area,
            priority=Priority.P2,
            raised_at=at,
            annunciated_at=at if number % 2 == 0 else None,
            incident_id="I1",
        )
        events.append(AlarmEvent(alarm_id=alarm.alarm_id, kind=AlarmEventKind.RAISED, at=at, opening=alarm))
    house.records.alarms.append_events(events, incidents=[incident])


def test_every_page_of_alarms_the_incident_and_the_tickets_are_read(tmp_path: Path) -> None:
    with open_house(tmp_path) as house:
        before = fetch_product(house.url, token_of("dispatcher"))
        raise_alarms(house, 250)
        body = {"household_id": OWN_HOME, "category": "no_heat", "description": "家里不热"}
        assert house.client("hotline").post("/api/v1/tickets", json=body).status_code == 201
        product = fetch_product(house.url, token_of("dispatcher"))
    new = [alarm for alarm in product.alarms if alarm.alarm_id not in {a.alarm_id for a in before.alarms}]
    assert len(new) == 250
    assert len({alarm.alarm_id for alarm in product.alarms}) == len(product.alarms)
    assert sum(alarm.announced_at is not None for alarm in new) == 125
    (root,) = [alarm for alarm in new if alarm.place == ("station", STATION.object_id)]
    assert (root.rule_id, root.incident_id, root.raised_at) == ("ST-02", "I1", NOW - timedelta(hours=9))
    (incident,) = [incident for incident in product.incidents if incident.incident_id == "I1"]
    assert (incident.place, incident.rule_id) == (("station", STATION.object_id), "ST-02")
    assert product.tickets is not None
    assert [ticket.household_id for ticket in product.tickets] == [OWN_HOME]


def test_a_viewer_without_tickets_still_reads_alarms(tmp_path: Path) -> None:
    with open_house(tmp_path) as house:
        raise_alarms(house, 3)
        product = fetch_product(house.url, token_of("wall"))
    assert product.tickets is None
    assert len(product.alarms) >= 3


def test_a_wrong_token_is_refused_in_words(tmp_path: Path) -> None:
    with open_house(tmp_path) as house, pytest.raises(UnreadableError, match="401"):
        fetch_product(house.url, "wrong")
