"""Low and high zone of stations that feed tall buildings beside others: two circuits each.

Nothing is drawn by chance, so that a site with them is the same as one without, save for the circuits.
"""

from collections.abc import Sequence

from heating.assets import Building, Circuit, Household, Station, Zone

__all__ = ["STORY_HEAD_MPA", "two_zone_circuits"]

STORY_HEAD_MPA = 0.03
"""Static head of one storey of 3 m [MPa]."""
_LEAST_SHARE = 0.15
"""A zone with less of the heated area gets no circuit of its own."""
_NAMES = {Zone.LOW: ("低区", "low zone"), Zone.HIGH: ("高区", "high zone")}


def two_zone_circuits(
    stations: Sequence[Station], buildings: Sequence[Building], homes: Sequence[Household], *, wanted: int
) -> tuple[Circuit, ...]:
    """Return the circuits of the first `wanted` stations that have buildings enough of both zones."""
    area_of_building: dict[str, float] = {}
    for home in homes:
        area_of_building[home.building_id] = area_of_building.get(home.building_id, 0.0) + home.area_m2
    below: dict[str, list[Building]] = {}
    for building in buildings:
        below.setdefault(building.station_id, []).append(building)
    found: list[Circuit] = []
    for station in stations:
        if len(found) >= 2 * wanted:
            break
        own = below.get(station.station_id, [])
        area_m2 = {
            zone: sum(area_of_building.get(b.building_id, 0.0) for b in own if b.circuit == zone)
            for zone in _NAMES
        }
        whole_m2 = sum(area_m2.values())
        if whole_m2 > 0 and min(area_m2.values()) >= _LEAST_SHARE * whole_m2:
            found += [
                _circuit(station, zone, own, area_m2[zone], area_m2[zone] / whole_m2) for zone in _NAMES
            ]
    return tuple(found)


def _circuit(
    station: Station, zone: Zone, buildings: Sequence[Building], area_m2: float, share: float
) -> Circuit:
    name, name_en = _NAMES[zone]
    floors = max(building.floors for building in buildings if building.circuit == zone)
    return Circuit(
        circuit_id=f"{station.station_id}-{zone.value}",
        station_id=station.station_id,
        name=name,
        name_en=name_en,
        zone=zone.value,
        heated_area_m2=round(area_m2, 1),
        design_flow_m3_per_h=round((station.design_flow_m3_per_h or 0.0) * share, 1),
        static_head_mpa=round(floors * STORY_HEAD_MPA, 3),
    )
