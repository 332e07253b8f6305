"""A house with the same things planted in areas of three levels and in a foreign one, each marked with its area.

Every id ends with its area and every name holds it in brackets, so that a text shows whose rows it holds.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from dashboard.web.security.accounts import hash_secret
from dashboard.web.security.viewer import Role
from heating.alarms import Alarm, AlarmEvent, AlarmEventKind, Incident, Priority
from heating.assets import (
    Area,
    Branch,
    Building,
    Community,
    Household,
    Sensor,
    SensorAssignment,
    Site,
    Source,
    Station,
)
from heating.contacts import Contact
from heating.heat_tree import Level, Node
from heating.tickets import Ticket, TicketCategory, TicketState, TicketUrgency
from tests.support.dashboard_house import NOW, House, open_house
from tests.support.small_town import SEASON_START

__all__ = ["AREAS", "Planted", "bound_to", "ids_of", "open_planted_house"]

AREAS: dict[str, str | None] = {"city": None, "street": "city", "grid": "street", "far": None}
"""Area by its area above: three levels, and one that is nobody's."""
FEEDER = ("st-city", "站〔city〕", "in-city")
MARK = re.compile(r"(?:-|〔)(city|street|grid|far)\b")


def bound_to(area: str) -> frozenset[str]:
    """Return the areas that somebody bound to one sees: it and what is below."""
    seen = {area}
    for name, parent in AREAS.items():  # parents stand before their children
        if parent in seen:
            seen.add(name)
    return frozenset(seen)


def ids_of(area: str) -> dict[str, str]:
    """Return the planted id for every path parameter."""
    return {
        "station_id": f"st-{area}",
        "building_id": f"bu-{area}",
        "community_id": f"co-{area}",
        "household_id": f"ho-{area}",
        "alarm_id": f"al-{area}",
        "incident_id": f"in-{area}",
        "ticket_id": f"ti-{area}",
        "device_id": f"de-{area}",
    }


class Planted:
    """The house, and a client for each role bound to each area."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._clients: dict[tuple[str, str], httpx.Client] = {}

    def client(self, role: Role, area: str) -> httpx.Client:
        """Return who has a role in an area."""
        return self._clients[role.value, area]

    def marks(self, text: str) -> frozenset[str]:
        """Return the areas whose rows a text shows.

        The station of the city heats homes everywhere. That it does, and that its incident is why they are cold, may be
        named to who sees the homes: a name and an id, never a row.
        """
        for feeder in FEEDER:
            text = text.replace(feeder, "")
        return frozenset(MARK.findall(text))

    def add_people(self) -> None:
        """Add an account and a client for every role and area."""
        for role in Role:
            for area in AREAS:
                name = f"{role.value}.{area}"
                home = f"ho-{area}" if role is Role.RESIDENT else None
                self.house.records.people.add_user(name, "no password", [role.value], [area], home)
                self.house.records.people.add_token(f"token.{name}", hash_secret(f"secret.{name}"), name)
                headers = {"authorization": f"Bearer secret.{name}"}
                self._clients[role.value, area] = httpx.Client(
                    base_url=self.house.url, headers=headers, timeout=30
                )

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients.values():
            client.close()


def _station(area: str) -> Station:
    return Station(station_id=f"st-{area}", name=f"站〔{area}〕", area_id=area, branch_id="trunk")


def planted_site() -> Site:
    """Return the registry. The station of the city also heats a building of each other area."""
    own = [
        Building(
            building_id=f"bu-{area}", name=f"楼〔{area}〕", community_id=f"co-{area}", station_id=f"st-{area}"
        )
        for area in AREAS
    ]
    shared = [
        Building(
            building_id=f"bs-{area}", name=f"合〔{area}〕", community_id=f"co-{area}", station_id="st-city"
        )
        for area in AREAS
    ]
    homes = [
        Household(
            household_id=f"{kind}-{area}", building_id=f"{building}-{area}", unit=1, floor=1, room="101"
        )
        for kind, building in (("ho", "bu"), ("hs", "bs"))
        for area in AREAS
    ]
    return Site(
        areas=tuple(Area(area_id=area, name=f"区〔{area}〕", parent_id=up) for area, up in AREAS.items()),
        sources=(Source(source_id="plant", name="热电厂", area_id="city"),),
        branches=(Branch(branch_id="trunk", name="主干线", source_id="plant"),),
        stations=tuple(map(_station, AREAS)),
        communities=tuple(
            Community(community_id=f"co-{area}", name=f"小区〔{area}〕", area_id=area) for area in AREAS
        ),
        buildings=(*own, *shared),
        households=tuple(homes),
        sensors=tuple(Sensor(sensor_id=f"s-{home.household_id}") for home in homes),
        assignments=tuple(
            SensorAssignment(
                sensor_id=f"s-{home.household_id}", household_id=home.household_id, start=SEASON_START
            )
            for home in homes
        ),
    )


@contextmanager
def open_planted_house(folder: Path) -> Iterator[Planted]:
    """Open the house."""
    with open_house(folder) as house:
        contacts = [
            Contact(household_id=f"{kind}-{area}", name=f"人〔{area}〕", phone=f"1380000000{n}")
            for kind in ("ho", "hs")
            for n, area in enumerate(AREAS)
        ]
        house.records.registry.apply_site(planted_site(), contacts, by="test", now=NOW)
        for area in AREAS:
            house.warm_station(f"st-{area}")
            for kind in ("ho", "hs"):
                house.room(f"{kind}-{area}", 17.0)
                _add_ticket(house, area, household_id=f"{kind}-{area}", ticket_id=f"{_TICKETS[kind]}-{area}")
            house.see_new_device(f"de-{area}", area_id=area)
        _raise_alarms(house)
        planted = Planted(house)
        planted.add_people()
        try:
            yield planted
        finally:
            planted.close()


_TICKETS = {"ho": "ti", "hs": "ts"}


def _add_ticket(house: House, area: str, *, household_id: str, ticket_id: str) -> None:
    house.records.tickets.add(
        Ticket(
            ticket_id=ticket_id,
            household_id=household_id,
            area_id=area,
            category=TicketCategory.OTHER,
            urgency=TicketUrgency.NORMAL,
            state=TicketState.NEW,
            opened_at=NOW,
            opened_by="hotline",
            description=f"冷〔{area}〕",
        )
    )


def _raise_alarms(house: House) -> None:
    """Raise an alarm with its incident at each station; homes below the city's station are members of its incident."""
    for area in AREAS:
        _raise(
            house,
            f"al-{area}",
            Node(Level.STATION, f"st-{area}"),
            area,
            "ST-01",
            incident=f"in-{area}",
            root=True,
        )
        node = Node(Level.HOUSEHOLD, f"hs-{area}")
        _raise(house, f"am-{area}", node, area, "HB-01", incident="in-city", root=False)


def _raise(
    house: House, alarm_id: str, node: Node, area: str, rule: str, *, incident: str, root: bool
) -> None:
    alarm = Alarm(
        alarm_id=alarm_id,
        rule_id=rule,
        subject=node,
        area_id=area,
        priority=Priority.P1,
        raised_at=NOW,
        incident_id=incident,
    )
    kinds = AlarmEventKind
    events = [
        AlarmEvent(alarm_id=alarm_id, kind=kinds.RAISED, at=NOW, opening=alarm),
        AlarmEvent(alarm_id=alarm_id, kind=kinds.ANNUNCIATED, at=NOW),
    ]
    opened = Incident(
        incident_id=incident,
        root_alarm_id=alarm_id,
        rule_id=rule,
        node=node,
        area_id=area,
        opened_at=NOW,
        affected_households=2,
    )
    house.records.alarms.append_events(events, incidents=[opened] if root else [])
