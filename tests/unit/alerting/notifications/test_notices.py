"""Which channel hears of what, in how many messages, and what a message holds."""

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from alerting.alarms.lifecycle import Announcement
from alerting.notifications.notices import Audience, audiences_of, outbox_messages
from config.settings.tree import NotificationSettings, WebhookSettings
from heating.alarms import Alarm, Priority
from heating.heat_tree import Level, Node, build_heat_tree
from heating.places import Places
from heating.protocols import OutboxMessage
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
SITE = small_site(homes=60)
PLACES = Places(SITE, build_heat_tree(SITE))
EVERYTHING = Audience("all", frozenset(Priority))


def alarm(
    subject: str = "S1",
    *,
    level: Level = Level.STATION,
    priority: Priority = Priority.P2,
    rule_id: str = "ST-02",
    incident_id: str | None = None,
) -> Alarm:
    return Alarm(
        alarm_id=f"A-{rule_id}-{subject}",
        rule_id=rule_id,
        subject=Node(level, subject),
        area_id="xilinhot",
        priority=priority,
        raised_at=T0,
        incident_id=incident_id,
        parameters={"p2s": 0.1},
    )


def home(name: str, *, rule_id: str = "HB-03", incident_id: str | None = None) -> Alarm:
    return alarm(name, level=Level.HOUSEHOLD, rule_id=rule_id, incident_id=incident_id)


def messages(
    *alarms: Alarm, audiences: tuple[Audience, ...] = (EVERYTHING,), reason: str = "raised"
) -> list[OutboxMessage]:
    announcements = [Announcement(reason, one) for one in alarms]
    return outbox_messages(announcements, audiences, places=PLACES, now=T0)


def webhook(name: str, *priorities: str) -> WebhookSettings:
    return WebhookSettings.model_validate(
        {"name": name, "url": "https://gateway.example/in", "priorities": list(priorities)}
    )


@pytest.mark.parametrize("priority", list(Priority))
def test_a_webhook_hears_the_priorities_of_its_settings_and_no_others(priority: Priority) -> None:
    hooks = (webhook("night", "P1"), webhook("day", "P1", "P2", "P3"), webhook("log", "P3"))
    audiences = audiences_of(NotificationSettings(console=False, webhooks=hooks))
    heard = {message.channel for message in messages(alarm(priority=priority), audiences=audiences)}
    expected = {
        Priority.P1: {"night", "day"},
        Priority.P2: {"day"},
        Priority.P3: {"day", "log"},
        Priority.P4: set(),
    }
    assert heard == expected[priority]


def test_the_console_hears_everything_that_is_announced_unless_it_is_switched_off() -> None:
    on, off = (audiences_of(NotificationSettings(console=console)) for console in (True, False))
    assert [audience.channel for audience in on] == ["console"]
    for priority in (Priority.P1, Priority.P2, Priority.P3):
        assert len(messages(alarm(priority=priority), audiences=on)) == 1
    assert messages(alarm(priority=Priority.P4), audiences=on) == []
    assert off == ()


def test_every_station_has_a_message_of_its_own_with_what_a_person_needs() -> None:
    first, second = messages(alarm("S1"), alarm("S2"))
    assert first.body == {
        "reason": "raised",
        "rule_id": "ST-02",
        "priority": "P2",
        "alarm_id": "A-ST-02-S1",
        "alarm_ids": ["A-ST-02-S1"],
        "count": 1,
        "subject": "station:S1",
        "subject_name": "1号站",
        "subject_names": ["1号站"],
        "area_id": "xilinhot",
        "station_id": "S1",
        "incident_id": None,
        "raised_at": T0.isoformat(),
        "cleared_at": None,
        "heated_households": 60,
        "parameters": {"p2s": 0.1},
    }
    assert (first.channel, first.due_at) == ("all", T0)
    assert second.body["subject"] == "station:S2"


def test_the_key_of_a_message_tells_channel_alarm_reason_and_moment() -> None:
    (raised,) = messages(alarm())
    (again,) = messages(alarm(), reason="again")
    assert raised.key == f"all:A-ST-02-S1:raised:{int(T0.timestamp() * 1000)}"
    assert again.key != raised.key
    later = outbox_messages(
        [Announcement("raised", alarm())], (EVERYTHING,), places=PLACES, now=T0 + timedelta(1)
    )
    assert later[0].key != raised.key


def test_homes_of_one_incident_are_one_message() -> None:
    (message,) = messages(home("H1-1", incident_id="I1"), home("H2-1", incident_id="I1"))
    assert (message.body["count"], message.body["alarm_ids"]) == (2, ["A-HB-03-H1-1", "A-HB-03-H2-1"])
    assert message.body["subject_names"] == ["小区11号楼2单元101", "小区22号楼2单元101"]


@pytest.mark.parametrize(
    "others",
    [
        home("H1-2", incident_id="I2"),
        home("H1-2", incident_id="I1", rule_id="HB-02"),
        home("H1-2"),
    ],
)
def test_homes_of_another_incident_or_rule_are_another_message(others: Alarm) -> None:
    assert len(messages(home("H1-1", incident_id="I1"), others)) == 2


def test_homes_without_an_incident_are_one_message_a_station() -> None:
    found = messages(home("H1-1"), home("H2-1"), home("H1-2"))
    assert [(m.body["station_id"], m.body["count"]) for m in found] == [("S1", 2), ("S2", 1)]


def test_stations_of_one_incident_are_not_gathered() -> None:
    assert len(messages(alarm("S1", incident_id="I1"), alarm("S2", incident_id="I1"))) == 2


def test_twenty_homes_are_named_and_the_rest_is_counted() -> None:
    (message,) = messages(*[home(f"H1-{m}", incident_id="I1") for m in range(1, 22)])
    assert message.body["count"] == 21
    assert len(cast("list[str]", message.body["subject_names"])) == 20


def test_a_hundred_alarms_are_listed_by_their_ids() -> None:
    many = [home(f"H{n}-{m}", incident_id="I1") for n in (1, 2) for m in range(1, 61)]
    (message,) = messages(*many)
    assert (message.body["count"], len(cast("list[str]", message.body["alarm_ids"]))) == (120, 100)


def test_a_subject_that_left_the_registry_is_named_by_its_id() -> None:
    (message,) = messages(alarm("gone"))
    body = message.body
    assert (body["subject_name"], body["station_id"], body["heated_households"]) == ("gone", "", 0)
