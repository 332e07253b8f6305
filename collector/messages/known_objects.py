"""`KnownObjects`: what the registry knows, as the collector needs it; refreshable while messages flow.

Only known objects make series (reliability.md 8). What does not live here: the registry itself (`storage.records`).
"""

from collections.abc import Iterator, Mapping

from heating.assets import Site
from heating.places import AreaTree
from heating.points import Measurement
from heating.samples import ObjectRef

__all__ = ["KnownObjects"]

NATIVE = "native"
"""Family of what speaks our own format."""


class KnownObjects(Mapping[ObjectRef, str]):
    """Object → its area id (empty: the registry does not say, any area is accepted).

    Parameters
    ----------
    areas
        Area id by object.
    parents
        Area → area above; a sender may name the object's own area or any area above it.
    families
        Payload family by sensor id, where the registry records another than native: only these sensors may speak on
        the routes of foreign families under their own id.
    circuits
        Circuit id by station id and zone, of the stations that have several.

    Reading is safe from any thread while another calls `replace`.
    """

    def __init__(
        self,
        areas: Mapping[ObjectRef, str],
        *,
        parents: Mapping[str, str | None] | None = None,
        families: Mapping[str, str] | None = None,
        circuits: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        self._areas = dict(areas)
        self._area_tree = AreaTree(parents or {})
        self._families = dict(families or {})
        self._circuits = dict(circuits or {})
        self.version = 0
        """Rises with every `replace`, so that what was derived can be thrown away."""

    def __getitem__(self, ref: ObjectRef) -> str:
        return self._areas[ref]

    def __iter__(self) -> Iterator[ObjectRef]:
        return iter(self._areas)

    def __len__(self) -> int:
        return len(self._areas)

    def replace(
        self,
        areas: Mapping[ObjectRef, str],
        *,
        parents: Mapping[str, str | None] | None = None,
        families: Mapping[str, str] | None = None,
        circuits: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        """Take over a new state of the registry; what is not given stays."""
        if parents is not None:
            self._area_tree = AreaTree(parents)
        if families is not None:
            self._families = dict(families)
        if circuits is not None:
            self._circuits = dict(circuits)
        self._areas = dict(areas)
        self.version += 1

    def replace_by_site(self, site: Site) -> None:
        """Take over a whole registry."""
        self.replace(
            _areas_of(site),
            parents=_parents_of(site),
            families=_families_of(site),
            circuits=_circuits_of(site),
        )

    @property
    def areas(self) -> Mapping[ObjectRef, str]:
        """The areas as they are now, for many look-ups in a row; never changes under the reader."""
        return self._areas

    def family_of(self, device: str) -> str | None:
        """Return the payload family under which an id is registered, None for an id that nothing bears.

        Stations, circuits, buildings, sources and weather sites are native: a foreign device speaks for them by a device map.
        """
        areas = self._areas
        if ObjectRef(Measurement.ROOM, device) in areas:
            return self._families.get(device, NATIVE)
        if any(ObjectRef(measurement, device) in areas for measurement in Measurement):
            return NATIVE
        return None

    def circuit_of(self, station_id: str, zone: str) -> str | None:
        """Return the circuit of a zone of a station, None when the registry has none."""
        return self._circuits.get((station_id, zone))

    def accepts_area(self, ref: ObjectRef, area: str) -> bool:
        """Return whether an object is known and may speak for an area: its own or one above."""
        own = self._areas.get(ref)
        return own is not None and (not own or area in self._area_tree.chain(own))

    @classmethod
    def from_site(cls, site: Site) -> "KnownObjects":
        """Return the objects of a whole registry; sensors take the area of the home they measure now or last."""
        return cls(
            _areas_of(site),
            parents=_parents_of(site),
            families=_families_of(site),
            circuits=_circuits_of(site),
        )


def _circuits_of(site: Site) -> dict[tuple[str, str], str]:
    return {(circuit.station_id, circuit.zone): circuit.circuit_id for circuit in site.circuits}


def _families_of(site: Site) -> dict[str, str]:
    return {item.sensor_id: item.kind for item in site.sensors if item.kind != NATIVE}


def _parents_of(site: Site) -> dict[str, str | None]:
    return {area.area_id: area.parent_id for area in site.areas}


def _areas_of(site: Site) -> dict[ObjectRef, str]:
    areas: dict[ObjectRef, str] = {}
    areas.update((ObjectRef(Measurement.WEATHER, name), "") for name in site.weather_sites)
    areas.update((ObjectRef(Measurement.SOURCE, item.source_id), item.area_id) for item in site.sources)
    areas.update((ObjectRef(Measurement.STATION, item.station_id), item.area_id) for item in site.stations)
    station_area = {item.station_id: item.area_id for item in site.stations}
    areas.update(
        (ObjectRef(Measurement.CIRCUIT, item.circuit_id), station_area.get(item.station_id, ""))
        for item in site.circuits
    )
    community_area = {item.community_id: item.area_id for item in site.communities}
    building_area = {item.building_id: community_area.get(item.community_id, "") for item in site.buildings}
    areas.update((ObjectRef(Measurement.BUILDING, key), area) for key, area in building_area.items())
    measured = {item.household_id for item in site.assignments}
    home_area = {
        item.household_id: building_area.get(item.building_id, "")
        for item in site.households
        if item.household_id in measured
    }
    areas.update((ObjectRef(Measurement.ROOM, item.sensor_id), "") for item in site.sensors)
    for item in sorted(site.assignments, key=lambda assignment: assignment.start):
        areas[ObjectRef(Measurement.ROOM, item.sensor_id)] = home_area.get(item.household_id, "")
    return areas
