"""What makes the circuits of a registry whole: zones, ids, and a circuit for every building of a station that has several."""

from collections import Counter
from collections.abc import Iterator

from heating.assets import Site, Zone
from heating.circuits import circuit_of_buildings
from storage.registry_files.findings import Finding

__all__ = ["circuit_findings"]

_ZONES = frozenset(zone.value for zone in Zone)
_WRITE_ONE = f"Write one of: {', '.join(Zone)}."


def circuit_findings(site: Site) -> Iterator[Finding]:
    """Yield every mistake of circuits, those of the circuits themselves first."""
    yield from _of_circuits(site)
    circuits = circuit_of_buildings(site)
    with_circuits = {circuit.station_id for circuit in site.circuits}
    for index, one in enumerate(site.buildings):
        if one.circuit not in _ZONES:
            problem = f"'{one.circuit}' is not a circuit."
            yield Finding("building", index, "circuit", one.building_id, problem, _WRITE_ONE)
        elif one.station_id in with_circuits and one.building_id not in circuits:
            problem = f"Station {one.station_id!r} has no circuit '{one.circuit}'."
            remedy = "Write the zone of one of its circuits, or add a row for that circuit."
            yield Finding("building", index, "circuit", one.building_id, problem, remedy)


def _of_circuits(site: Site) -> Iterator[Finding]:
    stations = {station.station_id for station in site.stations}
    of_station = Counter(circuit.station_id for circuit in site.circuits)
    seen: set[tuple[str, str]] = set()
    for index, one in enumerate(site.circuits):
        if one.zone not in _ZONES:
            problem = f"'{one.zone}' is no pressure zone."
            yield Finding("circuit", index, "zone", one.circuit_id, problem, _WRITE_ONE)
        elif (one.station_id, one.zone) in seen:
            problem = f"Station {one.station_id!r} has a circuit '{one.zone}' already."
            yield Finding(
                "circuit", index, "zone", one.circuit_id, problem, "Give each circuit its own zone."
            )
        seen.add((one.station_id, one.zone))
        if of_station[one.station_id] == 1:
            problem = f"It is the only circuit of station {one.station_id!r}."
            remedy = "Add the others, or delete this row: a station with one circuit needs none."
            yield Finding("circuit", index, "station_id", one.circuit_id, problem, remedy)
        if one.circuit_id in stations:
            # Alarms and saved timers of a station with one circuit bear the id of the station.
            problem = "A station has this id."
            yield Finding("circuit", index, "circuit_id", one.circuit_id, problem, "Choose another id.")
