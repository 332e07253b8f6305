"""Every endpoint × every role × own and foreign ids, generated from the application itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI

from dashboard.web.security.access import Access
from dashboard.web.security.viewer import ACTORS, CLERKS, CREW, KEEPERS, OBSERVERS, STAFF, Role
from heating.tickets import Ticket, TicketCategory, TicketState, TicketUrgency
from tests.support.dashboard_house import NOW, OWN_HOME, House, open_house

EVERYBODY = tuple(Role)
RESIDENT = (Role.RESIDENT,)

MATRIX: dict[tuple[str, str], tuple[Role, ...]] = {
    ("POST", "/api/v1/logout"): EVERYBODY,
    ("GET", "/api/v1/me"): EVERYBODY,
    ("GET", "/api/v1/overview"): OBSERVERS,
    ("GET", "/api/v1/stations"): STAFF,
    ("GET", "/api/v1/stations/{station_id}"): STAFF,
    ("GET", "/api/v1/stations/{station_id}/trend"): STAFF,
    ("GET", "/api/v1/buildings/{building_id}/facade"): STAFF,
    ("GET", "/api/v1/communities/{community_id}"): OBSERVERS,
    ("GET", "/api/v1/alarms"): STAFF,
    ("GET", "/api/v1/alarms/{alarm_id}"): STAFF,
    ("POST", "/api/v1/alarms/{alarm_id}/acknowledge"): ACTORS,
    ("POST", "/api/v1/alarms/{alarm_id}/shelve"): ACTORS,
    ("POST", "/api/v1/alarms/{alarm_id}/unshelve"): ACTORS,
    ("POST", "/api/v1/alarms/{alarm_id}/comment"): ACTORS,
    ("GET", "/api/v1/incidents"): STAFF,
    ("GET", "/api/v1/incidents/{incident_id}"): STAFF,
    ("POST", "/api/v1/incidents/{incident_id}/promise"): ACTORS,
    ("GET", "/api/v1/search"): CLERKS,
    ("GET", "/api/v1/households/{household_id}/card"): CLERKS,
    ("GET", "/api/v1/households/{household_id}/trend"): CLERKS,
    ("POST", "/api/v1/tickets"): CLERKS,
    ("GET", "/api/v1/tickets"): CREW,
    ("GET", "/api/v1/tickets/{ticket_id}"): CREW,
    ("PATCH", "/api/v1/tickets/{ticket_id}"): CLERKS,
    ("POST", "/api/v1/tickets/{ticket_id}/callback"): CLERKS,
    ("GET", "/api/v1/my/home"): RESIDENT,
    ("GET", "/api/v1/my/trend"): RESIDENT,
    ("GET", "/api/v1/my/tickets"): RESIDENT,
    ("POST", "/api/v1/my/tickets"): RESIDENT,
    ("GET", "/api/v1/snapshot"): STAFF,
    ("GET", "/api/v1/devices/unknown"): KEEPERS,
    ("POST", "/api/v1/devices/unknown/assign"): KEEPERS,
    ("GET", "/api/v1/devices/clocks"): KEEPERS,
    ("GET", "/api/v1/admin/households/{household_id}/export"): (Role.ADMIN,),
    ("GET", "/api/v1/admin/store"): (Role.ADMIN,),
    ("POST", "/api/v1/admin/backup"): (),
    ("POST", "/api/v1/admin/export"): (),
}
"""Who may call what, written a second time and by hand: the routes are held against it."""
OPEN = {"/api/v1/login", "/healthz", "/readyz", "/metrics", "/api/docs"}
STREAM = "/api/v1/stream"
OWN = {
    "station_id": "st-east",
    "building_id": "jx-12",
    "community_id": "jinxiu",
    "household_id": OWN_HOME,
    "alarm_id": "a1",
    "incident_id": "i-a1",
    "ticket_id": "t-own",
}
FOREIGN = {
    "station_id": "st-west",
    "building_id": "lt-a",
    "community_id": "lantian",
    "household_id": "lt-a-2-202",
    "alarm_id": "a-west",
    "incident_id": "i-a-west",
    "ticket_id": "t-west",
}
BODIES: dict[str, dict[str, object]] = {
    "/shelve": {"reason": "sensor exchange"},
    "/comment": {"text": "seen"},
    "/promise": {"estimated_end": None},
    "/api/v1/tickets": {"household_id": OWN_HOME, "category": "insufficient"},
    "/callback": {"satisfied": True, "room_temp_c": 20.5},
    "/unknown/assign": {"device_id": "new-1", "household_id": "jx-1-1-101"},
    "{ticket_id}": {"note": "called"},
    "/admin/backup": {"folder": "/nowhere"},
    "/admin/export": {"folder": "/nowhere", "first": "2026-01-01", "last": "2026-01-01"},
}
QUERIES = {"/api/v1/search": "?q=1381234"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with one alarm, incident and ticket in either area."""
    with open_house(tmp_path_factory.mktemp("matrix")) as opened:
        opened.warm_station()
        opened.room(OWN_HOME, 17.2)
        opened.raise_alarm("a1")
        opened.raise_alarm("a-west", station_id="st-west", area_id="abag")
        for ticket_id, home, area in (
            ("t-own", OWN_HOME, "xirtala"),
            ("t-west", "lt-a-2-202", "abag"),
        ):
            opened.records.tickets.add(
                Ticket(
                    ticket_id=ticket_id,
                    household_id=home,
                    area_id=area,
                    category=TicketCategory.OTHER,
                    urgency=TicketUrgency.NORMAL,
                    state=TicketState.NEW,
                    opened_at=NOW,
                    opened_by="hotline",
                )
            )
        opened.see_new_device("new-1")
        yield opened


def api_routes(app: FastAPI) -> list[Any]:
    """Return every route of ours, those of the pages too, with the dependencies of their routers."""
    included = [route for route in app.routes if hasattr(route, "effective_route_contexts")]
    return [context for router in included for context in router.effective_route_contexts()]


def undeclared(app: FastAPI) -> list[Any]:
    """Return the routes that do not say who may call them."""
    return [
        route
        for route in api_routes(app)
        if not any(isinstance(item.call, Access) for item in route.dependant.dependencies)
    ]


def call(house: House, role: str | None, method: str, path: str, ids: dict[str, str]) -> int:
    body = next((value for end, value in BODIES.items() if path.endswith(end)), {})
    if path.endswith("/tickets") and "my" not in path:
        body = {**body, "household_id": ids["household_id"]}
    filled = path.format(**ids) + QUERIES.get(path, "")
    return house.client(role).request(method, filled, json=body if method != "GET" else None).status_code


def test_the_matrix_names_every_endpoint_of_the_interface(house: House) -> None:
    found = {
        (method, path)
        for path, methods in house.app.openapi()["paths"].items()
        for method in (word.upper() for word in methods)
        if path not in OPEN | {STREAM}
    }
    assert found == set(MATRIX)


def test_every_route_of_interface_and_pages_declares_its_access(house: House) -> None:
    routes = api_routes(house.app)
    assert len(routes) > len(MATRIX)
    assert [route.path for route in undeclared(house.app)] == []


@pytest.mark.parametrize("endpoint", sorted(MATRIX), ids=lambda pair: " ".join(pair))
def test_each_role_gets_in_exactly_where_the_matrix_says(house: House, endpoint: tuple[str, str]) -> None:
    method, path = endpoint
    assert call(house, None, method, path, OWN) == 401
    for role in Role:
        status = call(house, role.value, method, path, OWN)
        if role in MATRIX[endpoint]:
            assert status not in (401, 403, 404, 422) and status < 500, (role, status)
        else:
            assert status == 403, (role, status)


@pytest.mark.parametrize(
    "endpoint",
    sorted(pair for pair in MATRIX if "{" in pair[1] or pair == ("POST", "/api/v1/tickets")),
    ids=lambda pair: " ".join(pair),
)
def test_what_lies_in_a_foreign_area_does_not_exist(house: House, endpoint: tuple[str, str]) -> None:
    method, path = endpoint
    for role in MATRIX[endpoint]:
        expected_foreign = role is Role.ADMIN
        status = call(house, role.value, method, path, FOREIGN)
        unknown = call(house, role.value, method, path, dict.fromkeys(FOREIGN, "no-such-thing"))
        assert unknown == 404, (role, unknown)
        assert (status != 404) == expected_foreign, (role, status)


@pytest.mark.parametrize("role", list(Role))
def test_lists_hold_nothing_of_a_foreign_area(house: House, role: Role) -> None:
    client = house.client(role.value)
    for path in (
        "/api/v1/stations",
        "/api/v1/alarms",
        "/api/v1/incidents",
        "/api/v1/tickets",
        "/api/v1/search?q=1381234",
    ):
        answer = client.get(path)
        if answer.status_code == 403:
            continue
        shown = answer.text
        foreign = [value for value in FOREIGN.values() if f'"{value}"' in shown]
        if role is Role.ADMIN:
            assert foreign, path
        else:
            assert foreign == [], path


def test_a_resident_sees_only_the_own_home(house: House) -> None:
    home = house.client("resident").get("/api/v1/my/home").json()
    assert home["household_id"] == OWN_HOME
    assert home["temperature"]["value"] == 17.2


@pytest.mark.parametrize("topic", ["snapshot", "alarms", "station:st-east", "tickets"])
def test_a_resident_gets_no_topic_of_the_staff(house: House, topic: str) -> None:
    assert house.client("resident").get(f"/api/v1/stream?topics={topic}").status_code == 403


@pytest.mark.parametrize("topics", ["", "weather", "station", "snapshot:1", "station:"])
def test_unknown_topics_are_refused(house: House, topics: str) -> None:
    assert house.client("dispatcher").get(f"/api/v1/stream?topics={topics}").status_code == 422


class TestNegativeControls:
    """With one check taken away the matrix must fail: these tests take it away and look."""

    def test_a_removed_area_check_would_be_seen(
        self, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = "/api/v1/stations/{station_id}"
        assert call(house, "dispatcher", "GET", path, FOREIGN) == 404
        monkeypatch.setattr("dashboard.site.index.SiteIndex.sees", lambda *_: True)
        with open_house(tmp_path) as unchecked:  # what a viewer sees is kept while the registry stands
            assert call(unchecked, "dispatcher", "GET", path, FOREIGN) == 200

    def test_a_removed_role_check_would_be_seen(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        path = "/api/v1/households/{household_id}/card"
        route = next(item for item in api_routes(house.app) if item.path == path)
        check = next(item.call for item in route.dependant.dependencies if isinstance(item.call, Access))
        assert call(house, "wall", "GET", path, OWN) == 403
        monkeypatch.setattr(check, "roles", ())
        assert call(house, "wall", "GET", path, OWN) == 200
        monkeypatch.setattr(check, "roles", None)
        assert call(house, None, "GET", path, OWN) != 401

    def test_a_route_without_declared_access_would_be_seen(self) -> None:
        app, router = FastAPI(), APIRouter()
        router.add_api_route("/bare", lambda: None)
        app.include_router(router)
        assert [route.path for route in undeclared(app)] == ["/bare"]
