"""Every operation of the OpenAPI and every page × role × own, lower and foreign area, looked at inside the answer.

The same things are planted in areas of three levels and in a foreign one (`tests.support.planted_areas`). Somebody
bound to an area is shown every row of it and of what lies below, and none of another area.
"""

from collections.abc import Iterator
from itertools import product

import pytest

from dashboard.web.security.viewer import ACTORS, CLERKS, CREW, OBSERVERS, STAFF, Role
from tests.support.planted_areas import AREAS, Planted, bound_to, ids_of, open_planted_house
from tests.unit.dashboard.test_access_matrix import BODIES, MATRIX, OPEN, STREAM

LISTS = {
    "/api/v1/overview": OBSERVERS,
    "/api/v1/snapshot": STAFF,
    "/api/v1/stations": STAFF,
    "/api/v1/alarms": STAFF,
    "/api/v1/incidents": STAFF,
    "/api/v1/tickets": CREW,
    "/api/v1/search?q=101": CLERKS,
    "/api/v1/devices/unknown": (Role.ADMIN, Role.MAINTENANCE),
    "/overview": OBSERVERS,
    "/stations": STAFF,
    "/stations/export.csv": STAFF,
    "/stations/sparks?ids=st-city,st-street,st-grid,st-far": STAFF,
    "/alarms": STAFF,
    "/alarms/health": STAFF,
    "/incidents": STAFF,
    "/tickets": CREW,
    "/hotline/search?q=101": CLERKS,
    "/devices": (Role.ADMIN, Role.MAINTENANCE),
}
"""Lists by who may read them."""
CHOICES = {("/alarms/health", role) for role in Role} | {("/overview", Role.REGULATOR)}
"""Lists of the most, the newest or the highest, which hold something of the own areas but not of all of them."""
PAGES = {
    "/stations/{station_id}": STAFF,
    "/buildings/{building_id}": STAFF,
    "/communities/{community_id}": OBSERVERS,
    "/alarms/{alarm_id}": STAFF,
    "/alarms/{alarm_id}/detail": STAFF,
    "/incidents/{incident_id}": STAFF,
    "/tickets/{ticket_id}": CREW,
    "/hotline/households/{household_id}": CLERKS,
}
"""Pages of one thing, which show what the JSON interface answers."""
NOTHING_PLANTED = {"/api/v1/devices/clocks", "/api/v1/me", "/api/v1/admin/store", "/api/v1/my"}
"""Answers that hold rows of no area, and the resident's own."""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    with open_planted_house(tmp_path_factory.mktemp("planted")) as opened:
        yield opened


def things() -> dict[str, tuple[Role, ...]]:
    """Return every reading operation about one thing, from the interface and its pages."""
    return {
        path: roles for (method, path), roles in MATRIX.items() if method == "GET" and "{" in path
    } | PAGES


def test_every_reading_operation_is_looked_into(planted: Planted) -> None:
    documented = {path for path, methods in planted.house.app.openapi()["paths"].items() if "get" in methods}
    looked_into = set(things()) | {path.partition("?")[0] for path in LISTS}
    left = documented - looked_into - OPEN - {STREAM}
    assert {path for path in left if not path.startswith(tuple(NOTHING_PLANTED))} == set()


@pytest.mark.parametrize("path", sorted(LISTS))
def test_a_list_holds_all_of_the_own_areas_and_nothing_else(planted: Planted, path: str) -> None:
    for role, area in product(LISTS[path], AREAS):
        answer = planted.client(role, area).get(path)
        assert answer.status_code == 200, (role, area)
        shown = planted.marks(answer.text)
        assert shown <= bound_to(area), (role, area)
        expected = frozenset[str]() if (path, role) in CHOICES else bound_to(area) - {"city"}
        assert expected <= shown, (role, area)


@pytest.mark.parametrize("path", sorted(things()))
def test_one_thing_is_shown_in_the_own_areas_only_and_shows_nothing_else(planted: Planted, path: str) -> None:
    for role, area, target in product(things()[path], AREAS, AREAS):
        answer = planted.client(role, area).get(path.format(**ids_of(target)))
        may = target in bound_to(area)
        assert answer.status_code == (200 if may else 404), (role, area, target)
        if may:
            assert planted.marks(answer.text) <= bound_to(area), (role, area, target)
        else:
            assert "〔" not in answer.text, (role, area, target)


@pytest.mark.parametrize(
    "operation",
    sorted(pair for pair in MATRIX if pair[0] != "GET" and "{" in pair[1]),
    ids=lambda pair: " ".join(pair),
)
def test_nothing_of_another_area_can_be_changed(planted: Planted, operation: tuple[str, str]) -> None:
    method, path = operation
    body = next((value for end, value in BODIES.items() if path.endswith(end)), {})
    for area, target in product(("street", "far"), AREAS):
        answer = planted.client(MATRIX[operation][0], area).request(
            method, path.format(**ids_of(target)), json=body
        )
        may = target in bound_to(area)
        assert (answer.status_code == 404) != may, (area, target, answer.text)
        assert "〔" not in answer.text or planted.marks(answer.text) <= bound_to(area)


def test_an_incident_names_every_member_of_the_own_areas_and_no_other(planted: Planted) -> None:
    shown = planted.client(Role.DISPATCHER, "city").get("/api/v1/incidents/in-city").json()
    members = {member["alarm_id"] for member in shown["members"]}
    assert members == {"am-city", "am-street", "am-grid"}
    assert shown["member_count"] == 3


def test_a_station_shows_tickets_of_homes_whose_card_opens(planted: Planted) -> None:
    clerk = planted.client(Role.HOTLINE, "city")
    page = clerk.get("/stations/st-city").text
    for area in AREAS:
        card = clerk.get(f"/api/v1/households/hs-{area}/card")
        assert (f"ts-{area}" in page) == (card.status_code == 200), area


def test_who_acts_sees_the_lower_areas_too(planted: Planted) -> None:
    for role in ACTORS:
        answer = planted.client(role, "city").post("/api/v1/alarms/al-grid/comment", json={"text": "seen"})
        assert answer.status_code == 200


def test_a_removed_filter_would_be_seen(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    import storage.records.tickets as tickets

    monkeypatch.setattr(tickets, "within_areas", lambda column, _areas: column.is_not(None))
    shown = planted.client(Role.HOTLINE, "grid").get("/api/v1/tickets").text
    assert planted.marks(shown) == set(AREAS)
