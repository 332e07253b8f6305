"""Forms of the alarm console: acknowledge, shelve, unshelve, comment; groups by incident."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from dashboard.alarms.actions import AlarmActions, Comment
from dashboard.alarms.page import grouped
from dashboard.tickets.actions import TicketActions
from dashboard.web.languages import localiser_for
from dashboard.web.refusals import UnfitActionError
from heating.alarms import ForbiddenTransitionError
from tests.support import page_models as models
from tests.support.preview_pages import TOKEN, page_client, preview_app

APP = preview_app()

DISPATCHER = {"cookie": "nuanliu=dispatcher", "x-csrf-token": TOKEN}


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    for desk in (APP.state.services[AlarmActions], APP.state.services[TicketActions]):
        desk.done.clear()
        desk.refusal = None
    with page_client(APP) as opened:
        yield opened


def done(desk: type) -> list[tuple[str, dict[str, Any]]]:
    return list(APP.state.services[desk].done)


def test_an_alarm_is_shelved_with_its_reason_until_the_chosen_time_of_the_data_clock(
    client: httpx.Client,
) -> None:
    form = {"reason": "检修中", "duration_s": "7200"}
    assert client.post("/alarms/al-1/shelve", data=form, headers=DISPATCHER).status_code == 204
    action, given = done(AlarmActions)[0]
    assert (action, given["arguments"][1].reason, given["arguments"][1].until) == (
        "shelve",
        "检修中",
        models.NOW + timedelta(hours=2),
    )


def test_an_alarm_is_acknowledged_and_commented(client: httpx.Client) -> None:
    assert (
        client.post("/alarms/al-1/acknowledge", data={"comment": "ok"}, headers=DISPATCHER).status_code == 204
    )
    assert (
        client.post("/alarms/al-1/comment", data={"comment": "看过"}, headers=DISPATCHER).status_code == 204
    )
    assert client.post("/alarms/al-1/unshelve", headers=DISPATCHER).status_code == 204
    assert [action for action, _ in done(AlarmActions)] == ["acknowledge", "comment", "unshelve"]
    assert [given["arguments"][1].comment for _, given in done(AlarmActions)[::2]] == ["ok", ""]
    assert done(AlarmActions)[1][1]["arguments"] == ("al-1", Comment(comment="看过"))


@pytest.mark.parametrize("action", ["shelve", "comment"])
def test_an_action_without_its_text_is_refused_in_the_readers_words(
    client: httpx.Client, action: str
) -> None:
    answer = client.post(f"/alarms/al-1/{action}", headers=DISPATCHER)
    assert (answer.status_code, answer.text) == (422, "缺少原因或备注，或时间不合适。")
    assert done(AlarmActions) == []


@pytest.mark.parametrize(
    ("refusal", "status"), [(ForbiddenTransitionError("closed"), 409), (UnfitActionError("no reason"), 422)]
)
def test_a_refused_action_is_told_in_chinese(client: httpx.Client, refusal: Exception, status: int) -> None:
    APP.state.services[AlarmActions].refusal = refusal
    answer = client.post("/alarms/al-1/acknowledge", headers=DISPATCHER)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/plain")
    assert str(refusal) not in answer.text and answer.text


def test_an_action_without_token_or_role_does_nothing(client: httpx.Client) -> None:
    assert (
        client.post("/alarms/al-1/acknowledge", headers={"cookie": "nuanliu=dispatcher"}).status_code == 403
    )
    for role in ("hotline", "wall", "maintenance", "resident"):
        headers = {"cookie": f"nuanliu={role}", "x-csrf-token": TOKEN}
        assert client.post("/alarms/al-1/acknowledge", headers=headers).status_code == 403
    assert client.post("/alarms/al-1/explode", headers=DISPATCHER).status_code == 404
    assert done(AlarmActions) == []


def test_alarms_of_one_priority_and_incident_stand_together_under_its_name() -> None:
    rows = [
        models.alarm_row(1, alarm_id="a", incident_id="i1", priority=1),
        models.alarm_row(1, alarm_id="b", incident_id="i2", priority=1),
        models.alarm_row(1, alarm_id="c", incident_id="i1", priority=3),
        models.alarm_row(1, alarm_id="d", incident_id=None, priority=3),
        models.alarm_row(1, alarm_id="e", incident_id=None, priority=4),
    ]
    titles = {"i1": models.both("南郊 · 停电", "Nanjiao · Power")}
    groups = grouped(rows, titles, localiser_for("zh_CN", "Asia/Shanghai"))
    assert [(group.incident_id, [row.alarm_id for row in group.rows]) for group in groups] == [
        ("i1", ["a"]),
        ("i2", ["b"]),
        ("i1", ["c"]),
        (None, ["d", "e"]),
    ]
    assert groups[0].title == groups[2].title == "南郊 · 停电"
