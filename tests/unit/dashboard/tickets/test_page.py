"""Forms of the ticket pages: opening, changing, calling back."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dashboard.alarms.actions import AlarmActions
from dashboard.tickets.actions import CallbackRequest, TicketActions, TicketChange, TicketRequest
from heating.tickets import ForbiddenTicketMoveError, TicketCategory, TicketState, TicketUrgency
from tests.support.dashboard_house import OWN_HOME, open_house
from tests.support.preview_pages import TOKEN, page_client, preview_app

APP = preview_app()

CLERK = {"cookie": "nuanliu=hotline", "x-csrf-token": TOKEN}


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    for desk in (APP.state.services[AlarmActions], APP.state.services[TicketActions]):
        desk.done.clear()
        desk.refusal = None
    with page_client(APP) as opened:
        yield opened


def done(desk: type) -> list[tuple[str, dict[str, Any]]]:
    return list(APP.state.services[desk].done)


def test_a_ticket_is_taken_and_the_card_shown_again(client: httpx.Client) -> None:
    form = {"category": "no_heat", "urgency": "high", "description": "不热"}
    answer = client.post("/hotline/households/h-000123/tickets", data=form, headers=CLERK)
    assert answer.headers["location"] == "/hotline/households/h-000123?taken=T-20260114-001"
    action, given = done(TicketActions)[0]
    wanted = TicketRequest(category=TicketCategory.NO_HEAT, urgency=TicketUrgency.HIGH, description="不热")
    assert (action, given["arguments"]) == ("open", ("h-000123", wanted))
    shown = client.get(answer.headers["location"], headers=CLERK)
    assert "已登记工单 T-20260114-001。" in shown.text


def test_a_ticket_of_an_unknown_kind_is_refused(client: httpx.Client) -> None:
    form = {"category": "ufo", "urgency": "high"}
    assert client.post("/hotline/households/h-1/tickets", data=form, headers=CLERK).status_code == 422
    assert done(TicketActions) == []


def test_a_ticket_that_moved_meanwhile_is_shown_as_it_is(client: httpx.Client) -> None:
    APP.state.services[TicketActions].refusal = ForbiddenTicketMoveError("no")
    answer = client.post("/tickets/T-1/move", data={"state": "closed"}, headers=CLERK)
    assert answer.status_code == 409
    assert "请看最新状态" in answer.text


@pytest.mark.parametrize(("temperature", "kept"), [("20.5", 20.5), ("", None), ("-3", -3.0)])
def test_a_callback_keeps_the_temperature_after_the_repair(
    client: httpx.Client, temperature: str, kept: float | None
) -> None:
    form = {"satisfied": "yes", "temperature_c": temperature}
    assert client.post("/tickets/T-1/callback", data=form, headers=CLERK).status_code == 303
    answer = CallbackRequest(room_temp_c=kept, satisfied=True)
    assert done(TicketActions) == [("call_back", {"arguments": ("T-1", answer)})]


@pytest.mark.parametrize(("assigned_to", "kept"), [("crew-2", "crew-2"), (" ", None), ("", None)])
def test_a_change_keeps_who_works_on_it_where_the_form_leaves_it_empty(
    client: httpx.Client, assigned_to: str, kept: str | None
) -> None:
    form = {"state": "assigned", "assigned_to": assigned_to, "note": "二班"}
    assert client.post("/tickets/T-1/move", data=form, headers=CLERK).status_code == 303
    wanted = TicketChange(state=TicketState.ASSIGNED, assigned_to=kept, note="二班")
    assert done(TicketActions) == [("change", {"arguments": ("T-1", wanted)})]


def test_the_timeline_tells_a_new_state_from_a_change_of_the_assignee(tmp_path: Path) -> None:
    with open_house(tmp_path) as house:
        client, token = house.signed_in("hotline")
        made = client.post("/api/v1/tickets", json={"household_id": OWN_HOME}, headers=token).json()
        path = f"/tickets/{made['ticket_id']}"
        form = {"state": "waiting", "assigned_to": "crew-2", "note": ""}
        assert client.post(f"{path}/move", data=form, headers=token).status_code == 303
        client.patch(f"/api/v1{path}", json={"note": "阀门已开"}, headers=token)
        shown = client.get(path).text
        timeline = shown[shown.index('<ol class="timeline">') :]
        words = re.findall(r"<span>(\w+) · hotline", timeline)
        assert words == ["新建", "等待中", "更改负责人", "备注"]
