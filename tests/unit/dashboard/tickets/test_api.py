"""Tickets over HTTP: promises, duplicates, moves and the callback."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.dashboard_house import OWN_HOME, House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        opened.warm_station()
        yield opened


def test_a_ticket_gets_promises_category_and_incident(house: House) -> None:
    house.room(OWN_HOME, 13.0)
    house.raise_alarm()
    answer = house.client("hotline").post("/api/v1/tickets", json={"household_id": OWN_HOME})
    assert answer.status_code == 201
    ticket = answer.json()
    assert (ticket["category"], ticket["urgency"], ticket["state"]) == ("no_heat", "high", "new")
    assert ticket["first_response_due"] == "2026-12-01T06:00:00Z"
    assert ticket["close_due"] == "2026-12-03T04:00:00Z"
    assert ticket["incident_id"] == "i-a1"
    assert ticket["channel"] == "hotline"
    assert ticket["remaining_s"] == 7200.0
    assert ticket["address"] == "锦绣花园12号楼3单元301"


def test_a_second_call_about_the_same_matter_is_kept_as_a_duplicate(house: House) -> None:
    client = house.client("hotline")

    def take(category: str) -> dict[str, object]:
        body = {"household_id": OWN_HOME, "category": category}
        shown: dict[str, object] = client.post("/api/v1/tickets", json=body).json()
        return shown

    first = take("no_heat")
    assert take("insufficient")["duplicate_of"] == first["ticket_id"]
    assert take("leak")["duplicate_of"] is None
    house.clock.advance(timedelta(hours=6, minutes=1))
    assert take("no_heat")["duplicate_of"] is None
    assert len(client.get("/api/v1/tickets").json()["items"]) == 4


def test_a_leak_is_urgent_whatever_the_room_says(house: House) -> None:
    body = {"household_id": OWN_HOME, "category": "leak"}
    ticket = house.client("hotline").post("/api/v1/tickets", json=body).json()
    assert (ticket["urgency"], ticket["incident_id"]) == ("emergency", None)


def test_a_ticket_walks_from_new_to_closed_by_callback(house: House) -> None:
    client = house.client("hotline")
    made = client.post("/api/v1/tickets", json={"household_id": OWN_HOME}).json()
    path = f"/api/v1/tickets/{made['ticket_id']}"
    assert client.patch(path, json={"state": "closed"}).status_code == 409
    moved = client.patch(
        path, json={"state": "assigned", "assigned_to": "crew-7", "note": "on its way"}
    ).json()
    assert (moved["state"], moved["assigned_to"]) == ("assigned", "crew-7")
    assert moved["responded_at"] is not None
    assert client.patch(path, json={"state": "resolved"}).json()["state"] == "resolved"
    done = client.post(f"{path}/callback", json={"room_temp_c": 20.4, "satisfied": True}).json()
    assert (done["state"], done["callback_temp_c"], done["satisfied"]) == ("closed", 20.4, True)
    assert done["remaining_s"] is None
    assert "on its way" in [entry["note"] for entry in done["history"]]


def test_a_broken_promise_shows(house: House) -> None:
    client = house.client("hotline")
    made = client.post("/api/v1/tickets", json={"household_id": OWN_HOME}).json()
    house.clock.advance(timedelta(hours=2, seconds=1))
    shown = client.get(f"/api/v1/tickets/{made['ticket_id']}").json()
    assert (shown["response_overdue"], shown["close_overdue"]) == (True, False)
    assert shown["remaining_s"] == -1.0
    assert house.client("dispatcher").get("/api/v1/overview").json()["overdue_tickets"] == 1
