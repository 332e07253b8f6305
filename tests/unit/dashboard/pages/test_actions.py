"""What forms of the pages do: actions on alarms, tickets, the resident's report."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from dashboard.alarms.actions import AlarmDesk
from dashboard.alarms.page import grouped
from dashboard.tickets.actions import TicketDesk
from dashboard.web.languages import localiser_for
from dashboard.web.refusals import UnfitActionError
from heating.alarms import ForbiddenTransitionError
from heating.tickets import ForbiddenTicketMoveError, TicketCategory
from tests.support import page_models as models
from tests.support.preview_pages import TOKEN, page_client, preview_app

APP = preview_app()
DISPATCHER = {"cookie": "nuanliu=dispatcher", "x-csrf-token": TOKEN}
CLERK = {"cookie": "nuanliu=hotline", "x-csrf-token": TOKEN}
RESIDENT = {"cookie": "nuanliu=resident", "x-csrf-token": TOKEN}


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    for desk in (APP.state.services[AlarmDesk], APP.state.services[TicketDesk]):
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
    action, given = done(AlarmDesk)[0]
    assert (action, given["reason"], given["until"]) == ("shelve", "检修中", models.NOW + timedelta(hours=2))


def test_an_alarm_is_acknowledged_and_commented(client: httpx.Client) -> None:
    assert (
        client.post("/alarms/al-1/acknowledge", data={"comment": "ok"}, headers=DISPATCHER).status_code == 204
    )
    assert (
        client.post("/alarms/al-1/comment", data={"comment": "看过"}, headers=DISPATCHER).status_code == 204
    )
    assert client.post("/alarms/al-1/unshelve", headers=DISPATCHER).status_code == 204
    assert [action for action, _ in done(AlarmDesk)] == ["acknowledge", "comment", "unshelve"]


@pytest.mark.parametrize(
    ("refusal", "status"), [(ForbiddenTransitionError("closed"), 409), (UnfitActionError("no reason"), 422)]
)
def test_a_refused_action_is_told_in_chinese(client: httpx.Client, refusal: Exception, status: int) -> None:
    APP.state.services[AlarmDesk].refusal = refusal
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
    assert done(AlarmDesk) == []


def test_a_ticket_is_taken_and_the_card_shown_again(client: httpx.Client) -> None:
    form = {"category": "no_heat", "urgency": "high", "description": "不热"}
    answer = client.post("/hotline/households/h-000123/tickets", data=form, headers=CLERK)
    assert answer.headers["location"] == "/hotline/households/h-000123?taken=T-20260114-001"
    wanted = done(TicketDesk)[0][1]["arguments"][0]
    assert (wanted.household_id, wanted.category, wanted.description) == (
        "h-000123",
        TicketCategory.NO_HEAT,
        "不热",
    )
    shown = client.get(answer.headers["location"], headers=CLERK)
    assert "已登记工单 T-20260114-001。" in shown.text


def test_a_ticket_of_an_unknown_kind_is_refused(client: httpx.Client) -> None:
    form = {"category": "ufo", "urgency": "high"}
    assert client.post("/hotline/households/h-1/tickets", data=form, headers=CLERK).status_code == 422
    assert done(TicketDesk) == []


def test_a_ticket_that_moved_meanwhile_is_shown_as_it_is(client: httpx.Client) -> None:
    APP.state.services[TicketDesk].refusal = ForbiddenTicketMoveError("no")
    answer = client.post("/tickets/T-1/move", data={"state": "closed"}, headers=CLERK)
    assert answer.status_code == 409
    assert "请看最新状态" in answer.text


@pytest.mark.parametrize(("temperature", "kept"), [("20.5", 20.5), ("", None), ("-3", -3.0)])
def test_a_callback_keeps_the_temperature_after_the_repair(
    client: httpx.Client, temperature: str, kept: float | None
) -> None:
    form = {"satisfied": "yes", "temperature_c": temperature}
    assert client.post("/tickets/T-1/callback", data=form, headers=CLERK).status_code == 303
    given = done(TicketDesk)[0][1]
    assert (given["temp_c"], given["satisfied"]) == (kept, True)


def test_a_resident_reports_for_the_own_home_whatever_else_is_sent(client: httpx.Client) -> None:
    form = {"category": "leak", "household_id": "h-999999"}
    assert client.post("/my/tickets", data=form, headers=RESIDENT).headers["location"] == "/my?taken=1"
    assert done(TicketDesk)[0][1]["arguments"][0].household_id == "h-000123"


def test_large_text_is_kept_in_a_cookie(client: httpx.Client) -> None:
    answer = client.post("/my/text-size", data={"size": "large"}, headers=RESIDENT)
    assert "nuanliu_text=large" in answer.headers["set-cookie"]
    page = client.get("/my", headers={"cookie": "nuanliu=resident; nuanliu_text=large"})
    assert '<body class="resident large"' in page.text


def test_alarms_of_one_incident_stand_together_under_the_most_urgent() -> None:
    rows = [
        models.alarm_row(1, alarm_id="a", incident_id="i1", priority=3),
        models.alarm_row(1, alarm_id="b", incident_id=None),
        models.alarm_row(1, alarm_id="c", incident_id="i1", priority=1, name=models.both("停电", "Power")),
        models.alarm_row(1, alarm_id="d", incident_id=None),
    ]
    groups = grouped(rows, localiser_for("zh_CN", "Asia/Shanghai"))
    assert [(group.incident_id, [row.alarm_id for row in group.rows]) for group in groups] == [
        ("i1", ["a", "c"]),
        (None, ["b", "d"]),
    ]
    assert groups[0].title.endswith("停电")
