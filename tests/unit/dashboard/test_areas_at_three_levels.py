"""A person bound to an area sees everything of it and below, and nothing else: objects planted at three levels."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from dashboard.web.security.accounts import hash_secret
from heating.alarms import Alarm, AlarmEvent, AlarmEventKind, Incident, Priority
from heating.assets import Area, Community, Sensor, SensorAssignment, Site, Station
from heating.contacts import Contact
from heating.heat_tree import Level, Node, build_heat_tree
from heating.places import Places
from heating.tickets import Ticket, TicketCategory, TicketState, TicketUrgency
from tests.support.dashboard_house import NOW, House, open_house
from tests.support.event_stream import EventStream
from tests.support.small_town import SEASON_START, small_town, small_town_contacts
from tests.support.waiting import wait_until

PARENTS = {"qu": None, "dong": "qu", "wang": "dong", "xi": "qu", "bie": None}
SEES = {
    "qu": {"qu", "dong", "wang", "xi"},
    "dong": {"dong", "wang"},
    "wang": {"wang"},
    "xi": {"xi"},
    "bie": {"bie"},
}
LISTS = (
    ("/api/v1/stations", "st-{}"),
    ("/api/v1/snapshot", "st-{}"),
    ("/api/v1/overview", "a-{}"),
    ("/api/v1/overview", "c-{}"),
    ("/api/v1/alarms", "a-{}"),
    ("/api/v1/alarms", "home-alarm-{}"),
    ("/api/v1/incidents", "i-{}"),
    ("/api/v1/tickets", "t-{}"),
    ("/api/v1/search?q=130777", "h-{}"),
    ("/api/v1/devices/unknown", "new-{}"),
    ("/stations", "st-{}"),
    ("/alarms", "a-{}"),
    ("/incidents", "i-{}"),
    ("/tickets", "t-{}"),
    ("/overview", "a-{}"),
)
"""Every list, and the name of what is planted in it."""
OBJECTS = (
    "/api/v1/stations/st-{}",
    "/api/v1/communities/c-{}",
    "/api/v1/buildings/b-{}/facade",
    "/api/v1/alarms/a-{}",
    "/api/v1/alarms/home-alarm-{}",
    "/api/v1/incidents/i-{}",
    "/api/v1/households/h-{}/card",
    "/api/v1/households/h-{}/trend",
    "/api/v1/tickets/t-{}",
)


def planted_site() -> Site:
    """Return the small town with a station, a community, a building and a home in each area; `dong`'s heats `xi` too."""
    town = small_town()
    new_areas = tuple(Area(area_id=one, name=f"区{one}", parent_id=above) for one, above in PARENTS.items())
    home = town.households[0]
    building = town.buildings[0]
    feeding = {one: f"st-{one}" for one in PARENTS} | {"xi": "st-dong"}
    return replace(
        town,
        areas=(*town.areas, *new_areas),
        stations=(
            *town.stations,
            *(
                Station(station_id=f"st-{one}", name=f"泵房{one}", area_id=one, branch_id="east")
                for one in PARENTS
            ),
        ),
        communities=(
            *town.communities,
            *(Community(community_id=f"c-{one}", name=f"园{one}", area_id=one) for one in PARENTS),
        ),
        buildings=(
            *town.buildings,
            *(
                replace(building, building_id=f"b-{one}", community_id=f"c-{one}", station_id=feeding[one])
                for one in PARENTS
            ),
        ),
        households=(
            *town.households,
            *(replace(home, household_id=f"h-{one}", building_id=f"b-{one}") for one in PARENTS),
        ),
        sensors=(*town.sensors, *(Sensor(sensor_id=f"s-h-{one}") for one in PARENTS)),
        assignments=(
            *town.assignments,
            *(
                SensorAssignment(sensor_id=f"s-h-{one}", household_id=f"h-{one}", start=SEASON_START)
                for one in PARENTS
            ),
        ),
    )


def plant_alarm(house: House, places: Places, alarm_id: str, node: Node, incident: str | None = None) -> None:
    """Raise an alarm in the area that the engine files it under."""
    number = places.tree.find(node.level, node.object_id)
    alarm = Alarm(
        alarm_id=alarm_id,
        rule_id="ST-01",
        subject=node,
        area_id=places.area_of(number),
        priority=Priority.P1,
        raised_at=NOW,
        incident_id=incident,
    )
    events = [
        AlarmEvent(alarm_id=alarm_id, kind=AlarmEventKind.RAISED, at=NOW, opening=alarm),
        AlarmEvent(alarm_id=alarm_id, kind=AlarmEventKind.ANNUNCIATED, at=NOW),
    ]
    opened = Incident(
        incident_id=alarm_id.replace("a-", "i-"),
        root_alarm_id=alarm_id,
        rule_id="ST-01",
        node=node,
        area_id=places.area_of(number),
        opened_at=NOW,
        affected_households=1,
    )
    house.records.alarms.append_events(events, incidents=[opened] if incident is None else [])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with one of everything in every area, and a dispatcher of each."""
    with open_house(tmp_path_factory.mktemp("levels")) as opened:
        site = planted_site()
        contacts = [
            Contact(household_id=f"h-{one}", name="安", phone=f"1307770000{n}")
            for n, one in enumerate(PARENTS)
        ]
        opened.records.registry.apply_site(site, [*small_town_contacts(), *contacts], by="test", now=NOW)
        places = Places(site, build_heat_tree(site))
        for one in PARENTS:
            opened.warm_station(f"st-{one}")
            opened.see_new_device(f"new-{one}", area_id=one)
            plant_alarm(opened, places, f"a-{one}", Node(Level.STATION, f"st-{one}"))
            source = "i-dong" if one == "xi" else f"i-{one}"
            plant_alarm(opened, places, f"home-alarm-{one}", Node(Level.HOUSEHOLD, f"h-{one}"), source)
            opened.records.tickets.add(
                Ticket(
                    ticket_id=f"t-{one}",
                    household_id=f"h-{one}",
                    area_id=one,
                    category=TicketCategory.OTHER,
                    urgency=TicketUrgency.NORMAL,
                    state=TicketState.NEW,
                    opened_at=NOW,
                    opened_by="hotline",
                )
            )
            opened.records.people.add_user(
                f"of-{one}", "no password", ["dispatcher", "hotline", "maintenance"], [one], None
            )
            opened.records.people.add_token(f"of-{one}", hash_secret(f"token-of-area-{one}"), f"of-{one}")
        yield opened


@pytest.fixture
def clients(house: House) -> Iterator[dict[str, httpx.Client]]:
    """A client for the dispatcher of each area."""
    made = {
        one: httpx.Client(
            base_url=house.url, headers={"authorization": f"Bearer token-of-area-{one}"}, timeout=30
        )
        for one in PARENTS
    }
    yield made
    for client in made.values():
        client.close()


def named_in(text: str, pattern: str) -> set[str]:
    """Return the areas whose planted object is named in an answer, as a whole word."""
    words = set(text.replace('"', " ").replace("/", " ").replace("<", " ").replace("?", " ").split())
    return {one for one in PARENTS if any(pattern.format(one) == word for word in words)}


@pytest.mark.parametrize(("path", "planted"), LISTS)
def test_a_list_has_every_row_of_the_area_and_below_and_no_other(
    clients: dict[str, httpx.Client], path: str, planted: str
) -> None:
    for bound_to, client in clients.items():
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        assert named_in(answer.text, planted) == SEES[bound_to], bound_to


@pytest.mark.parametrize("path", OBJECTS)
def test_an_object_is_there_for_its_area_and_those_above_only(
    clients: dict[str, httpx.Client], path: str
) -> None:
    for bound_to, client in clients.items():
        found = {one for one in PARENTS if client.get(path.format(one)).status_code == 200}
        refused = {one for one in PARENTS if client.get(path.format(one)).status_code == 404}
        assert found == SEES[bound_to], bound_to
        assert refused == set(PARENTS) - found


def test_counts_are_those_of_the_rows(clients: dict[str, httpx.Client]) -> None:
    for bound_to, client in clients.items():
        overview: dict[str, Any] = client.get("/api/v1/overview").json()
        seen = len(SEES[bound_to])
        assert overview["open_alarms"]["P1"] == 2 * seen, bound_to
        assert overview["open_incidents"] == seen
        assert overview["open_tickets"] == seen
        assert overview["stations"]["denominator"] == seen
        assert overview["households"] == seen
        assert [area["area_id"] for area in overview["areas"]] == [bound_to]
        assert overview["areas"][0]["open_alarms"]["P1"] == 2 * seen
        assert overview["areas"][0]["stations"]["denominator"] == seen


def test_the_exported_table_has_the_same_rows(clients: dict[str, httpx.Client]) -> None:
    for bound_to, client in clients.items():
        rows = list(csv.reader(io.StringIO(client.get("/stations/export.csv").text.removeprefix("\ufeff"))))
        assert {f"泵房{one}" for one in SEES[bound_to]} == {
            cell for row in rows for cell in row if cell.startswith("泵房")
        }


def test_a_filter_by_area_covers_the_areas_below(clients: dict[str, httpx.Client]) -> None:
    answer = clients["qu"].get("/api/v1/stations?area=dong")
    assert named_in(answer.text, "st-{}") == {"dong", "wang"}


def test_members_of_an_incident_are_those_of_the_viewer(clients: dict[str, httpx.Client]) -> None:
    # The station of `dong` heats a home of `xi`: that home is no business of `dong`, but it is of `qu`.
    assert named_in(clients["dong"].get("/api/v1/incidents/i-dong").text, "home-alarm-{}") == {"dong"}
    assert named_in(clients["qu"].get("/api/v1/incidents/i-dong").text, "home-alarm-{}") == {"dong", "xi"}
    listed = clients["dong"].get("/api/v1/incidents").json()["items"]
    assert {row["incident_id"]: row["member_count"] for row in listed} == {"i-dong": 1, "i-wang": 1}


def test_a_station_names_no_building_and_no_ticket_of_another_area(clients: dict[str, httpx.Client]) -> None:
    for path, planted in (("/api/v1/stations/st-dong", "b-{}"), ("/stations/st-dong", "t-{}")):
        assert named_in(clients["dong"].get(path).text, planted) == {"dong"}, path
        assert named_in(clients["qu"].get(path).text, planted) == {"dong", "xi"}, path


def test_events_reach_the_area_and_those_above(house: House, clients: dict[str, httpx.Client]) -> None:
    streams = {one: EventStream(client, "alarms") for one, client in clients.items()}
    for stream in streams.values():
        stream.__enter__()
    try:
        wait_until(lambda: all(stream.of("hello") for stream in streams.values()))
        for one in PARENTS:
            house.records.alarms.append_events(
                [AlarmEvent(alarm_id=f"a-{one}", kind=AlarmEventKind.COMMENTED, at=NOW, by="of-qu")]
            )
        wait_until(lambda: all(len(stream.of("alarm")) >= len(SEES[one]) for one, stream in streams.items()))
        for bound_to, stream in streams.items():
            heard = {event.data["alarm"]["area_id"] for event in stream.of("alarm")}
            assert heard == SEES[bound_to], bound_to
    finally:
        for stream in streams.values():
            stream.__exit__()
