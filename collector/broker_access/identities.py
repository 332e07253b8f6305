"""Who may do what at the broker, from the registry: one identity a device, bound to its own topics.

What lives here: identities and their rights as values. What does not: the files of a broker (`collector.broker_access.files`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from collector.intake.mqtt.losses import DROPPED_TOPIC
from config.settings.tree import MqttSettings
from heating.assets import Site
from heating.circuits import circuits_of_stations
from heating.places import AreaTree
from heating.points import Measurement

__all__ = [
    "COLLECTOR_NAME",
    "REPLAY_NAME",
    "DeviceIdentity",
    "ServiceIdentity",
    "device_identities",
    "identity_name",
    "room_accounts",
    "service_identities",
]

COLLECTOR_NAME = "nuanliu-collector"
"""Name of our own programs at the broker when the settings name none."""
REPLAY_NAME = "nuanliu-replay"
"""Name of the replays at the broker when the settings name none."""
REBIRTH_TOPICS = ("spBv1.0/+/NCMD/+",)
"""Commands of Sparkplug B to edge nodes."""

_LEAVES = ("telemetry", "status")


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """A device and the topics that it may publish on; it may subscribe to nothing."""

    name: str
    """User name at the broker, or common name of its certificate: ``station.st-001``."""
    publishes: tuple[str, ...]
    """Topics without wildcards."""


@dataclass(frozen=True, slots=True)
class ServiceIdentity:
    """One of our own programs, or a gateway of a foreign family: rights by topic filters."""

    name: str
    subscribes: tuple[str, ...] = ()
    """Topic filters, shared subscriptions without their ``$share/group/``."""
    publishes: tuple[str, ...] = ()
    """Topic filters that it may publish on."""
    is_outside: bool = False
    """It comes in where the devices do: a gateway."""

    @classmethod
    def of_filters(
        cls, name: str, filters: Iterable[str], *, publishes: Iterable[str] = ()
    ) -> "ServiceIdentity":
        """Return the identity that may listen to the filters of the settings."""
        return cls(name, _plain(filters), tuple(publishes))


def service_identities(mqtt: MqttSettings, *, counters: bool = False) -> list[ServiceIdentity]:
    """Return who is no device of the registry: the collector, the replays, and the gateways of the settings.

    The collector and the rooms beside it listen, and ask Sparkplug nodes for their births where there is a route of that family. The replays
    publish what the routes cover and hear nothing: whoever steals that identity can invent readings, so it is used by
    hand only.

    `counters`: the broker is a Mosquitto, whose count of messages thrown away the collector reads.
    """
    filters = [route.filter for route in mqtt.routes]
    sparkplug = any(route.decoder == "sparkplug_b" for route in mqtt.routes)
    counted = [DROPPED_TOPIC] if counters and mqtt.broker_counters else []
    collector = ServiceIdentity.of_filters(
        mqtt.username or COLLECTOR_NAME, [*filters, *counted], publishes=REBIRTH_TOPICS if sparkplug else ()
    )
    # What a listening room may do is what the collector may, without the counters: it judges and shows what comes.
    listeners = [
        ServiceIdentity.of_filters(name, filters, publishes=REBIRTH_TOPICS if sparkplug else ())
        for name in room_accounts(mqtt).values()
    ]
    replay = ServiceIdentity(mqtt.replay_username or REPLAY_NAME, (), _plain(filters))
    gateways = [
        ServiceIdentity(one.name, _plain(one.subscribes), one.publishes, is_outside=True)
        for one in mqtt.gateways
    ]
    return [collector, *listeners, replay, *gateways]


def room_accounts(mqtt: MqttSettings) -> dict[str, str]:
    """Return the account of each room that listens besides the collector."""
    return {
        room: account.username or f"nuanliu-{room}"
        for room, account in (("alerting", mqtt.rooms.alerting), ("dashboard", mqtt.rooms.dashboard))
    }


def _plain(filters: Iterable[str]) -> tuple[str, ...]:
    plain = ("/".join(item.split("/")[2:]) if item.startswith("$share/") else item for item in filters)
    return tuple(dict.fromkeys(plain))


def identity_name(measurement: Measurement, object_id: str) -> str:
    """Return the name of a device's identity; the kind in front keeps equal ids of two kinds apart."""
    return f"{measurement.value}.{object_id}"


def device_identities(
    site: Site, *, now: datetime, revoked: frozenset[str] = frozenset()
) -> list[DeviceIdentity]:
    """Return the identities of every station, building, source, weather site and room sensor.

    A device may name its own area or one above it, as the collector accepts them. A building's gateway may publish
    for the sensors in the homes of its building too, and a station's for its circuits, which have no identity of their own.

    Parameters
    ----------
    now : datetime
        The moment whose assignments count, aware UTC.
    revoked : frozenset of str
        Names of identities that are left out.
    """
    areas = AreaTree.of(site.areas)
    found = [*_plant(site, areas), *_buildings_and_sensors(site, areas, now)]
    return [one for one in found if one.name not in revoked]


def _topics(areas: Iterable[str], measurement: Measurement, object_id: str) -> tuple[str, ...]:
    return tuple(f"heat/{area}/{measurement.value}/{object_id}/{leaf}" for area in areas for leaf in _LEAVES)


def _plant(site: Site, areas: AreaTree) -> Iterator[DeviceIdentity]:
    circuits = circuits_of_stations(site)
    for measurement, objects in (
        (Measurement.STATION, [(one.station_id, one.area_id) for one in site.stations]),
        (Measurement.SOURCE, [(one.source_id, one.area_id) for one in site.sources]),
    ):
        for object_id, area_id in objects:
            chain = areas.chain(area_id)
            topics = _topics(chain, measurement, object_id)
            if measurement is Measurement.STATION:
                for circuit in circuits.get(object_id, ()):
                    topics += _topics(chain, Measurement.CIRCUIT, circuit.circuit_id)
            yield DeviceIdentity(identity_name(measurement, object_id), topics)
    tops = [area.area_id for area in site.areas if area.parent_id is None]
    for name in site.weather_sites:
        topics = _topics(tops, Measurement.WEATHER, name)
        yield DeviceIdentity(identity_name(Measurement.WEATHER, name), topics)


def _buildings_and_sensors(site: Site, areas: AreaTree, now: datetime) -> Iterator[DeviceIdentity]:
    area_of_community = {one.community_id: one.area_id for one in site.communities}
    building_of_home = {one.household_id: one.building_id for one in site.households}
    areas_of = {one.building_id: areas.chain(area_of_community[one.community_id]) for one in site.buildings}
    building_of_sensor = {
        one.sensor_id: building_of_home[one.household_id] for one in site.assignments if one.holds_at(now)
    }
    rooms: dict[str, list[str]] = {}
    for sensor_id, building_id in building_of_sensor.items():
        topics = _topics(areas_of[building_id], Measurement.ROOM, sensor_id)
        rooms.setdefault(building_id, []).extend(topics)
        yield DeviceIdentity(identity_name(Measurement.ROOM, sensor_id), topics)
    for building_id, chain in areas_of.items():
        own = _topics(chain, Measurement.BUILDING, building_id)
        name = identity_name(Measurement.BUILDING, building_id)
        yield DeviceIdentity(name, (*own, *rooms.get(building_id, ())))
