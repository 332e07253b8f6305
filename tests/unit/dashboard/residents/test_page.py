"""The resident's forms: a report of the own home, the size of the text."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dashboard.alarms.actions import AlarmActions
from dashboard.tickets.actions import TicketActions
from heating.tickets import TicketCategory, TicketUrgency
from storage.records.queries import TicketQuery
from tests.support.dashboard_house import OWN_HOME, open_house
from tests.support.preview_pages import TOKEN, page_client, preview_app

APP = preview_app()

RESIDENT = {"cookie": "nuanliu=resident", "x-csrf-token": TOKEN}


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    for desk in (APP.state.services[AlarmActions], APP.state.services[TicketActions]):
        desk.done.clear()
        desk.refusal = None
    with page_client(APP) as opened:
        yield opened


def done(desk: type) -> list[tuple[str, dict[str, Any]]]:
    return list(APP.state.services[desk].done)


def test_a_resident_reports_for_the_own_home_whatever_else_is_sent(tmp_path: Path) -> None:
    with open_house(tmp_path) as house:
        browser, token = house.signed_in("resident")
        form = {"category": "leak", "description": "漏水", "household_id": "jx-12-3-102", "urgency": "normal"}
        answer = browser.post("/my/tickets", data=form, headers=token)
        assert (answer.status_code, answer.headers["location"]) == (303, "/my?taken=1")
        (ticket,) = house.records.tickets.find(TicketQuery()).items
        assert (ticket.household_id, ticket.channel, ticket.description) == (OWN_HOME, "resident", "漏水")
        assert (ticket.category, ticket.urgency) == (TicketCategory.LEAK, TicketUrgency.EMERGENCY)


def test_large_text_is_kept_in_a_cookie(client: httpx.Client) -> None:
    answer = client.post("/my/text-size", data={"size": "large"}, headers=RESIDENT)
    assert "nuanliu_text=large" in answer.headers["set-cookie"]
    page = client.get("/my", headers={"cookie": "nuanliu=resident; nuanliu_text=large"})
    assert '<body class="resident large"' in page.text
