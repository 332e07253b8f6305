"""Circuits of stations: which station has several, and which circuit feeds which building.

A station with one circuit has no `heating.assets.Circuit`; all that is asked here leaves such stations out. Not here:
the points of a circuit (`heating.point_table`), whether a registry is whole (`storage.registry_files.checks`).
"""

from collections.abc import Mapping

from heating.assets import Circuit, Site, Zone

__all__ = ["ZONE_OF_WORD", "circuit_of_buildings", "circuits_of_stations"]

ZONE_OF_WORD: Mapping[str, Zone] = {
    "低区": Zone.LOW,
    "中区": Zone.MIDDLE,
    "高区": Zone.HIGH,
    "超高区": Zone.TOP,
}
"""How people and station equipment call the zones."""


def circuits_of_stations(site: Site) -> dict[str, tuple[Circuit, ...]]:
    """Return the circuits of each station that has several, by station id, in the order of the registry."""
    found: dict[str, list[Circuit]] = {}
    for circuit in site.circuits:
        found.setdefault(circuit.station_id, []).append(circuit)
    return {station_id: tuple(circuits) for station_id, circuits in found.items()}


def circuit_of_buildings(site: Site) -> Mapping[str, Circuit]:
    """Return the circuit that feeds each building, by building id: that of its zone at its station.

    Buildings of stations with one circuit are not in it, nor buildings whose station has no circuit of their zone.
    """
    if not site.circuits:
        return {}
    known = {(circuit.station_id, circuit.zone): circuit for circuit in site.circuits}
    return {
        building.building_id: circuit
        for building in site.buildings
        if (circuit := known.get((building.station_id, building.circuit))) is not None
    }
