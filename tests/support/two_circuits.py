"""A registry whose first station has two circuits, low and high zone, made of one whose stations have one."""

from dataclasses import replace

from heating.assets import Building, Circuit, Household, Sensor, SensorAssignment, Site, Zone
from tests.support.small_site import small_site

__all__ = ["CIRCUITS", "HIGH", "LOW", "two_circuit_site"]

LOW, HIGH = "S1-low", "S1-high"
CIRCUITS = (
    Circuit(
        circuit_id=LOW,
        station_id="S1",
        name="低区",
        name_en="Low zone",
        zone=Zone.LOW,
        design_flow_m3_per_h=120.0,
        static_head_mpa=0.2,
    ),
    Circuit(
        circuit_id=HIGH,
        station_id="S1",
        name="高区",
        name_en="High zone",
        zone=Zone.HIGH,
        design_flow_m3_per_h=80.0,
        static_head_mpa=0.6,
    ),
)
"""Circuits of station S1."""


def two_circuit_site(stations: int = 2, homes: int = 4) -> Site:
    """Return `small_site`, S1 with the circuits `CIRCUITS`: B1 hangs on the low one, B1H with home H1H-1 on the high one."""
    site = small_site(stations, homes)
    start = site.assignments[0].start
    high = Building(
        building_id="B1H", name="9号楼", community_id="C1", station_id="S1", circuit=Zone.HIGH, floors=25
    )
    return replace(
        site,
        circuits=CIRCUITS,
        buildings=(*site.buildings, high),
        households=(
            *site.households,
            Household(household_id="H1H-1", building_id="B1H", unit=1, floor=20, room="2001"),
        ),
        sensors=(*site.sensors, Sensor(sensor_id="R1H-1", interval_s=300.0)),
        assignments=(
            *site.assignments,
            SensorAssignment(sensor_id="R1H-1", household_id="H1H-1", start=start),
        ),
    )
