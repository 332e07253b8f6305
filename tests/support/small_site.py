"""A registry small enough to reason about: one source, one branch, stations with one building and a few homes."""

from datetime import UTC, datetime

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

__all__ = ["small_site"]

_START = datetime(2025, 10, 1, tzinfo=UTC)


def small_site(stations: int = 2, homes: int = 4, *, sensor_interval_s: float = 300.0) -> Site:
    """Return a site; station n is ``S<n>``, its building ``B<n>``, its homes ``H<n>-<m>`` with sensor ``R<n>-<m>``."""
    numbers = range(1, stations + 1)
    pairs = [(n, m) for n in numbers for m in range(1, homes + 1)]
    return Site(
        areas=(Area(area_id="xilinhot", name="锡林浩特市"),),
        sources=(Source(source_id="P1", name="热源厂", area_id="xilinhot"),),
        branches=(Branch(branch_id="N1", name="东干线", source_id="P1"),),
        stations=tuple(
            Station(
                station_id=f"S{n}",
                name=f"{n}号站",
                area_id="xilinhot",
                branch_id="N1",
                design_flow_m3_per_h=200.0,
                static_head_mpa=0.25,
                tank_height_m=2.0,
            )
            for n in numbers
        ),
        communities=tuple(
            Community(community_id=f"C{n}", name=f"小区{n}", area_id="xilinhot") for n in numbers
        ),
        buildings=tuple(
            Building(building_id=f"B{n}", name=f"{n}号楼", community_id=f"C{n}", station_id=f"S{n}")
            for n in numbers
        ),
        households=tuple(
            Household(household_id=f"H{n}-{m}", building_id=f"B{n}", unit=1 + m % 2, floor=m, room=f"{m}01")
            for n, m in pairs
        ),
        sensors=tuple(Sensor(sensor_id=f"R{n}-{m}", interval_s=sensor_interval_s) for n, m in pairs),
        assignments=tuple(
            SensorAssignment(sensor_id=f"R{n}-{m}", household_id=f"H{n}-{m}", start=_START) for n, m in pairs
        ),
    )
