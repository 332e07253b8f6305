"""The alarm console over HTTP: states, actions, history, restraints."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from heating.alarms import AlarmEvent, AlarmEventKind, Priority
from tests.support.dashboard_house import House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        opened.warm_station()
        opened.raise_alarm()
        yield opened


def test_an_alarm_says_cause_consequence_and_action_in_both_languages(house: House) -> None:
    shown = house.client("dispatcher").get("/api/v1/alarms/a1").json()
    for part in ("cause", "consequence", "action"):
        assert shown[part]["zh"] and shown[part]["en"] and shown[part]["zh"] != shown[part]["en"]
    assert shown["row"]["subject_name"]["zh"] == "东站"
    assert shown["row"]["state"] == "unack_active"
    assert shown["row"]["parameters"] == {"g2": 1.5}
    assert [entry["kind"] for entry in shown["history"]] == ["raised", "annunciated"]
    assert shown["source"]
    assert shown["time_to_respond_s"] == 300.0
    assert shown["row"]["annunciated_at"] == shown["row"]["raised_at"]


def test_acknowledging_is_done_once_with_name_time_and_end(house: House) -> None:
    client = house.client("dispatcher")
    answer = client.post("/api/v1/alarms/a1/acknowledge", json={"comment": "crew sent"})
    row = answer.json()["row"]
    assert (row["state"], row["acknowledged_by"]) == ("ack_active", "dispatcher")
    assert row["acknowledge_until"] == "2026-12-01T16:00:00Z"
    assert answer.json()["history"][-1]["comment"] == "crew sent"
    again = client.post("/api/v1/alarms/a1/acknowledge")
    assert again.status_code == 409
    assert again.json()["code"] == "forbidden_transition"


def test_shelving_needs_a_reason_and_an_end_within_a_week(house: House) -> None:
    client = house.client("dispatcher")
    late = (house.clock.now() + timedelta(days=8)).isoformat()
    past = (house.clock.now() - timedelta(hours=1)).isoformat()
    for body in ({}, {"reason": " "}, {"reason": "x", "until": late}, {"reason": "x", "until": past}):
        assert client.post("/api/v1/alarms/a1/shelve", json=body).status_code == 422
    shelved = client.post("/api/v1/alarms/a1/shelve", json={"reason": "sensor exchange"}).json()["row"]
    assert (shelved["state"], shelved["shelve_reason"]) == ("shelved", "sensor exchange")
    assert "unshelve" in shelved["actions"]
    assert client.post("/api/v1/alarms/a1/unshelve").json()["row"]["state"] == "unack_active"
    assert client.post("/api/v1/alarms/a1/unshelve").status_code == 409


def test_an_urgent_alarm_is_not_shelved_for_longer_than_its_rule_set_allows(house: House) -> None:
    client = house.client("dispatcher")
    by_default = client.post("/api/v1/alarms/a1/shelve", json={"reason": "sensor exchange"}).json()["row"]
    assert by_default["priority"] == 1
    assert by_default["shelved_until"] == (house.clock.now() + timedelta(hours=2)).isoformat()[:-6] + "Z"
    client.post("/api/v1/alarms/a1/unshelve")
    three_hours = (house.clock.now() + timedelta(hours=3)).isoformat()
    refused = client.post("/api/v1/alarms/a1/shelve", json={"reason": "x", "until": three_hours})
    assert refused.status_code == 422
    assert "2 h at the most" in refused.text


def test_lists_filter_by_state_priority_and_subject(house: House) -> None:
    house.raise_alarm("a2", rule_id="ST-02", priority=Priority.P2, incident=False)
    client = house.client("dispatcher")
    client.post("/api/v1/alarms/a2/acknowledge")

    def ids(query: str) -> list[str]:
        return sorted(row["alarm_id"] for row in client.get(f"/api/v1/alarms?{query}").json()["items"])

    assert ids("") == ["a1", "a2"]
    assert ids("state=unack_active") == ["a1"]
    assert ids("state=active&priority=P2") == ["a2"]
    assert ids("priority=1,P2") == ["a1", "a2"]
    assert ids("subject=station:st-east") == ["a1", "a2"]
    assert ids("subject=station:st-west") == []
    assert ids("rule=ST-02") == ["a2"]
    assert ids("state=closed") == []
    for bad in ("state=red", "priority=P9", "since=2026-12-01T00:00:00", "cursor=nonsense", "limit=0"):
        assert client.get(f"/api/v1/alarms?{bad}").status_code == 422, bad


def test_lists_page_by_cursor_without_loss_or_repeat(house: House) -> None:
    for n in range(2, 8):
        house.clock.advance(1.0)
        house.raise_alarm(f"a{n}", rule_id=f"ST-{n:02d}", incident=False)
    client, seen, cursor = house.client("dispatcher"), [], ""
    while True:
        page = client.get(f"/api/v1/alarms?limit=3{cursor}").json()
        seen += [row["alarm_id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [f"a{n}" for n in range(7, 0, -1)]


def test_an_inhibited_alarm_names_its_inhibitor(house: House) -> None:
    house.raise_alarm("a2", rule_id="ST-03", incident=False)
    event = AlarmEvent(alarm_id="a2", kind=AlarmEventKind.INHIBITED, at=house.clock.now(), inhibitor="a1")
    attached = AlarmEvent(
        alarm_id="a2",
        kind=AlarmEventKind.ATTACHED,
        at=house.clock.now(),
        parameters={"incident_id": "i-a1"},
    )
    house.records.alarms.append_events([event, attached])
    shown = house.client("dispatcher").get("/api/v1/alarms/a2").json()
    assert shown["row"]["state"] == "suppressed_by_design"
    assert shown["inhibitor"]["alarm_id"] == "a1"
    assert shown["incident"]["incident_id"] == "i-a1"
    incident = house.client("wall").get("/api/v1/incidents/i-a1").json()
    assert [member["alarm_id"] for member in incident["members"]] == ["a2"]
    assert incident["root"]["alarm_id"] == "a1"
    assert incident["affected_households"] == 54


def test_an_alarm_of_a_rule_that_is_no_longer_shipped_is_still_shown(house: House) -> None:
    house.raise_alarm("old", rule_id="ST-99", incident=False)
    shown = house.client("dispatcher").get("/api/v1/alarms/old").json()
    assert shown["row"]["name"] == {"zh": "ST-99", "en": "ST-99"}


def test_the_wall_reads_alarms_and_is_offered_nothing_to_do(house: House) -> None:
    assert house.client("wall").get("/api/v1/alarms/a1").json()["row"]["actions"] == []
    assert house.client("dispatcher").get("/api/v1/alarms/a1").json()["row"]["actions"] == [
        "acknowledge",
        "shelve",
        "comment",
    ]


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_text_that_no_database_can_keep_is_refused(house: House, text: str) -> None:
    body = b'{"text": "%s"}' % text.encode("unicode_escape").replace(b"\\x00", b"\\u0000")
    answer = house.client("dispatcher").post(
        "/api/v1/alarms/a1/comment", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422


def test_an_id_with_a_nul_is_that_of_nothing(house: House) -> None:
    assert house.client("dispatcher").get("/api/v1/alarms/a%00").status_code == 404


@pytest.mark.parametrize("path", ["alarms?rule=%00", "alarms?subject=station:%00"])
def test_a_filter_with_a_nul_is_refused(house: House, path: str) -> None:
    assert house.client("dispatcher").get(f"/api/v1/{path}").status_code == 422


def packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


DEEP = packed("[" * 700)
OVERFLOWING = packed('["9999-12-31T23:59:59-12:00", "a1"]')


@pytest.mark.parametrize("path", ["alarms", "incidents"])
@pytest.mark.parametrize(
    "cursor",
    [DEEP, OVERFLOWING, packed('["2026-01-01T00:00:00Z", "a\\u0000"]'), packed("5"), "A" * 5000],
    ids=["deep", "outside of the calendar", "NUL", "no list", "long"],
)
def test_a_cursor_that_no_list_made_is_refused(house: House, path: str, cursor: str) -> None:
    answer = house.client("dispatcher").get(f"/api/v1/{path}", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


@pytest.mark.parametrize(
    "since", ["0.5", "1767225600", "2026-01-01", "2026-01-01T00:00:00", "0001-01-01T00:00:00%2B08:00"]
)
def test_moments_are_rfc_3339_with_a_zone(house: House, since: str) -> None:
    client = house.client("dispatcher")
    assert client.get(f"/api/v1/alarms?since={since}").status_code == 422
    assert client.get("/api/v1/alarms?since=2026-01-01T08:00:00.5%2B08:00").status_code == 200


class TestRestraints:
    """What holds an alarm back is named in lists and on its page."""

    def test_an_inhibited_alarm_names_its_inhibitor(self, house: House) -> None:
        house.raise_alarm("a2", rule_id="ST-02", incident=False)
        inhibited = AlarmEvent(
            alarm_id="a2", kind=AlarmEventKind.INHIBITED, at=house.clock.now(), inhibitor="a1"
        )
        house.records.alarms.append_events([inhibited])
        rows = {
            row["alarm_id"]: row for row in house.client("dispatcher").get("/api/v1/alarms").json()["items"]
        }
        assert rows["a2"]["inhibited_by"] == "a1"
        assert rows["a2"]["inhibitor_name"]["zh"].startswith("东站 · ")
        assert rows["a1"]["inhibitor_name"] is None
        assert all(row["held_by"] is None for row in rows.values())

    def test_an_alarm_of_a_silent_station_is_held_by_the_loss_of_data(self, house: House) -> None:
        house.raise_alarm("dq", rule_id="DQ-08", incident=False)
        house.raise_alarm("far", station_id="st-west", incident=False)
        client = house.client("dispatcher")
        rows = {row["alarm_id"]: row for row in client.get("/api/v1/alarms").json()["items"]}
        assert {name: row["held_by"] for name, row in rows.items()} == {"a1": "dq", "dq": None, "far": None}
        assert rows["a1"]["holder_name"]["en"].endswith("Gateway offline")
        assert client.get("/api/v1/alarms/a1").json()["holder"]["alarm_id"] == "dq"
        browser, _ = house.signed_in("dispatcher")
        page = browser.get("/alarms/a1").text
        assert 'href="/alarms/dq"' in page and "数据恢复前不再判断" in page
        assert "无数据，保持原状态" in browser.get("/alarms?tab=active").text

    def test_nothing_is_held_once_data_are_back_or_the_alarm_has_ended(self, house: House) -> None:
        house.raise_alarm("dq", rule_id="DQ-08", incident=False)
        house.raise_alarm("a3", rule_id="ST-02", incident=False)
        ended = AlarmEvent(alarm_id="a3", kind=AlarmEventKind.CLEARED, at=house.clock.now())
        house.records.alarms.append_events([ended])
        client = house.client("dispatcher")
        assert client.get("/api/v1/alarms/a3").json()["row"]["held_by"] is None
        back = AlarmEvent(alarm_id="dq", kind=AlarmEventKind.CLEARED, at=house.clock.now())
        house.records.alarms.append_events([back])
        assert client.get("/api/v1/alarms/a1").json()["row"]["held_by"] is None
