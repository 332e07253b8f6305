"""The resident's own home over HTTP, and nobody else's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.web.security.accounts import hash_secret
from tests.support.dashboard_house import OWN_HOME, House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        opened.warm_station()
        yield opened


def test_a_resident_reports_and_follows_the_own_ticket(house: House) -> None:
    client = house.client("resident")
    made = client.post("/api/v1/my/tickets", json={"category": "insufficient", "description": "cold"}).json()
    assert (made["channel"], made["household_id"]) == ("resident", OWN_HOME)
    assert (made["opened_by"], made["allowed_moves"]) == ("", [])
    assert [item["ticket_id"] for item in client.get("/api/v1/my/tickets").json()["items"]] == [
        made["ticket_id"]
    ]
    seen_by_clerk = house.client("hotline").get(f"/api/v1/tickets/{made['ticket_id']}").json()
    assert seen_by_clerk["opened_by"] == "resident"


def test_a_resident_reads_temperature_age_verdict_and_incident(house: House) -> None:
    house.room(OWN_HOME, 17.5, age_s=1200.0)
    house.raise_alarm()
    home = house.client("resident").get("/api/v1/my/home").json()
    assert home["temperature"]["value"] == 17.5
    assert home["temperature"]["age_s"] == 1200.0
    assert home["verdict"] == "cool"
    assert home["incident"]["incident_id"] == "i-a1"


def test_a_resident_whose_home_left_the_registry_gets_nothing(house: House) -> None:
    house.records.people.add_user("gone", "x", ["resident"], [], "no-such-home")
    from dashboard.web.security.accounts import hash_secret

    house.records.people.add_token("gone", hash_secret("gone-token"), "gone")
    bearer = {"authorization": "Bearer gone-token"}
    for path in ("/api/v1/my/home", "/api/v1/my/trend", "/api/v1/my/tickets"):
        assert house.browser().get(path, headers=bearer).status_code == 404


def test_a_clerk_of_another_area_reports_from_the_own_home(house: House) -> None:
    people = house.records.people
    people.add_user("both", "no password", ["resident", "hotline"], ["abag"], OWN_HOME)
    people.add_token("both", hash_secret("secret-of-both"), "both")
    client = house.browser()
    client.headers["authorization"] = "Bearer secret-of-both"
    made = client.post("/api/v1/my/tickets", json={"category": "insufficient", "description": "cold"})
    assert made.status_code == 201, made.text
    assert client.post("/my/tickets", data={"category": "noise", "description": "bangs"}).status_code == 303
    assert len(client.get("/api/v1/my/tickets").json()["items"]) == 2
    assert client.get("/my").status_code == 200
