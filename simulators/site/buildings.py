"""What a community of the default site consists of: buildings, homes, contracts, and which homes get a sensor.

What lives here: the shape of buildings and the choice of sensed homes. What does not: places and names
(`simulators.site.generator`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heating.assets import Building, Contract, Household, Position

__all__ = ["CommunityPlan", "build_community", "place_sensors"]

_FLOORS = (5, 6, 6, 6, 6, 11, 11, 18)
"""Storeys to draw from: walk-ups are the rule in the town."""
_UNITS = (2, 3, 3, 4, 5)
"""Units (stairways) of a building to draw from."""
_AREAS_M2 = (62.0, 75.0, 86.0, 90.0, 92.0, 98.0, 110.0, 126.0)
"""Floor areas of homes to draw from [m²]; mean about 92."""
_SUSPENDED_SHARE = 0.05
_VULNERABLE_SHARE = 0.02
_EXPOSED_SENSOR_SHARE = 0.62
"""Share of sensors in edge, top and corner homes; the rules of the autonomous region ask for 0.6 at least."""
_SMALL_COMMUNITY = 100
_SMALL_COMMUNITY_SENSORS = 3
"""An independently managed community under 100 homes gets at least 3 sensors (same rules)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityPlan:
    """What to build."""

    community_id: str
    station_id: str
    homes: int
    first_building: int
    """Running number of the first building."""
    first_household: int
    """Running number of the first home."""


def build_community(
    plan: CommunityPlan, random: np.random.Generator
) -> tuple[list[Building], list[Household]]:
    """Return buildings and homes of one community; the last building is cut to fit.

    Homes stand two on a landing; rooms are named floor then 01 or 02. Gable ends are the outer homes of the first
    and last unit.
    """
    buildings: list[Building] = []
    households: list[Household] = []
    high_rise = bool(random.random() < 0.35)
    while len(households) < plan.homes:
        missing = plan.homes - len(households)
        floors = min(int(random.choice(_FLOORS if high_rise else _FLOORS[:5])), math.ceil(missing / 2))
        units = min(int(random.choice(_UNITS)), math.ceil(missing / (2 * floors)))
        building = Building(
            building_id=f"b-{plan.first_building + len(buildings):04d}",
            name=f"{len(buildings) + 1}号楼",
            community_id=plan.community_id,
            station_id=plan.station_id,
            circuit="high" if floors > 11 else "low",
            floors=floors,
            units=units,
            built_year=int(random.integers(1988, 2021)),
        )
        buildings.append(building)
        count = min(missing, 2 * floors * units)
        households.extend(_homes(building, count, plan.first_household + len(households), random))
    return buildings, households


def _homes(
    building: Building, count: int, first_household: int, random: np.random.Generator
) -> list[Household]:
    left, right = (random.choice(_AREAS_M2, building.units) for _ in range(2))
    suspended = random.random(count) < _SUSPENDED_SHARE
    vulnerable = random.random(count) < _VULNERABLE_SHARE
    homes = []
    for number in range(count):
        unit, cell = divmod(number, 2 * building.floors)
        floor, door = divmod(cell, 2)
        on_edge = (unit == 0 and door == 0) or (unit == building.units - 1 and door == 1)
        homes.append(
            Household(
                household_id=f"h-{first_household + number:06d}",
                building_id=building.building_id,
                unit=unit + 1,
                floor=floor + 1,
                room=f"{floor + 1}{door + 1:02d}",
                area_m2=float((left, right)[door][unit]),
                position=_position(floor, building.floors, on_edge=on_edge),
                contract=Contract.SUSPENDED if suspended[number] else Contract.HEATING,
                vulnerable=bool(vulnerable[number] and not suspended[number]),
            )
        )
    return homes


def _position(floor: int, floors: int, *, on_edge: bool) -> Position:
    if floor == floors - 1:
        return Position.TOP_EDGE if on_edge else Position.TOP
    if on_edge:
        return Position.EDGE
    return Position.GROUND if floor == 0 else Position.MIDDLE


def place_sensors(households: Sequence[Household], fraction: float, random: np.random.Generator) -> list[str]:
    """Return the ids of homes that get a sensor, in registry order.

    Parameters
    ----------
    households : sequence of Household
        All homes of one community.
    fraction : float
        Share to equip, rounded up, 0 to 1; 0 equips none.

    Notes
    -----
    Heated homes come first; edge, top and corner homes (边角顶) get `_EXPOSED_SENSOR_SHARE` of the sensors as long
    as there are enough of them.
    """
    if fraction <= 0:
        return []
    wanted = math.ceil(len(households) * fraction)
    if len(households) < _SMALL_COMMUNITY:
        wanted = min(len(households), max(wanted, _SMALL_COMMUNITY_SENSORS))
    order = random.permutation(len(households))
    heated = [i for i in order if households[i].contract is Contract.HEATING]
    exposed = [i for i in heated if households[i].position not in (Position.MIDDLE, Position.GROUND)]
    inner = [i for i in heated if households[i].position in (Position.MIDDLE, Position.GROUND)]
    first = exposed[: math.ceil(wanted * _EXPOSED_SENSOR_SHARE)]
    chosen = [*first, *inner[: wanted - len(first)]]
    taken = set(chosen)
    rest = [i for i in (*heated, *order) if i not in taken]
    for index in dict.fromkeys(rest):
        if len(chosen) >= wanted:
            break
        chosen.append(index)
    return [households[i].household_id for i in sorted(chosen)]
