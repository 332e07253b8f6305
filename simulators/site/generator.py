"""The default site of Xilinhot: a made-up registry on real geography, the same for the same arguments.

What lives here: how many of what, where they stand and which homes get a sensor. What does not: names
(`simulators.site.names`), polygons (`simulators.site.geography`), what one building looks like (`simulators.site.buildings`),
how any of it behaves (`simulators`).

The simulator and the demo build the same site from the same preset and seed; nothing else ties them together.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from heating.assets import (
    Area,
    Branch,
    Building,
    Community,
    Emitter,
    Household,
    Sensor,
    SensorAssignment,
    Site,
    Source,
    Station,
)
from heating.contacts import Contact
from simulators.site.buildings import CommunityPlan, build_community, place_sensors
from simulators.site.circuits import STORY_HEAD_MPA, two_zone_circuits
from simulators.site.geography import LeagueArea, inside_polygon, league_areas, xilinhot_streets
from simulators.site.names import STREETS_EN, community_name, fictitious_phone, person_name

__all__ = ["SITE_PRESETS", "SitePreset", "generate_preset_site", "generate_site"]

_ONE_TOWN_STATIONS = 50
"""Up to this many stations all stand in Xilinhot; above, they spread over the league."""
_KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePreset:
    """Size of a default site."""

    stations: int
    households: int
    sensed_fraction: float
    """Share of homes with a room sensor, at least, 0 to 1."""
    station_interval_s: float
    """Time between telemetry messages of a station [s]."""
    room_interval_s: tuple[float, ...]
    """Times between messages of the kinds of room sensor in use [s]."""
    two_circuits_share: float = 0.0
    """Share of stations with a low and a high zone, as far as there are stations with buildings of both, 0 to 1."""


SITE_PRESETS: dict[str, SitePreset] = {
    "smoke": SitePreset(
        stations=3, households=500, sensed_fraction=0.3, station_interval_s=5.0, room_interval_s=(60.0,)
    ),
    "city": SitePreset(
        stations=50,
        households=26_000,
        sensed_fraction=0.1,
        station_interval_s=60.0,
        room_interval_s=(1200.0, 1800.0, 3600.0),
        two_circuits_share=0.2,
    ),
    "league": SitePreset(
        stations=643,
        households=338_600,
        sensed_fraction=0.03,
        station_interval_s=60.0,
        room_interval_s=(1200.0, 1800.0, 3600.0),
    ),
}
"""Sites by name; the figures of the league are those of the Xilingol case."""


@dataclass(slots=True)
class _Draft:
    """What has been built so far; numbers run on over all areas."""

    random: np.random.Generator
    preset: SitePreset
    areas: list[Area] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    stations: list[Station] = field(default_factory=list)
    communities: list[Community] = field(default_factory=list)
    buildings: list[Building] = field(default_factory=list)
    households: list[Household] = field(default_factory=list)
    sensors: list[Sensor] = field(default_factory=list)
    sensed: list[tuple[str, str]] = field(default_factory=list)
    """Sensor id and household id."""


def generate_preset_site(name: str, *, seed: int, now: datetime) -> tuple[Site, tuple[Contact, ...]]:
    """Return the site of a preset, see `generate_site`.

    Raises
    ------
    KeyError
        When there is no such preset.
    """
    preset = SITE_PRESETS[name]
    return generate_site(
        stations=preset.stations,
        households=preset.households,
        sensed_fraction=preset.sensed_fraction,
        seed=seed,
        now=now,
        station_interval_s=preset.station_interval_s,
        room_interval_s=preset.room_interval_s,
        two_circuits_share=preset.two_circuits_share,
    )


def generate_site(
    *,
    stations: int,
    households: int,
    sensed_fraction: float,
    seed: int,
    now: datetime,
    station_interval_s: float = 60.0,
    room_interval_s: Sequence[float] = (1200.0, 1800.0, 3600.0),
    two_circuits_share: float = 0.0,
) -> tuple[Site, tuple[Contact, ...]]:
    """Invent a registry and the contacts of its households.

    Parameters
    ----------
    stations, households : int
        How many; at least 12 homes a station.
    sensed_fraction : float
        Share of homes with a room sensor, at least, rounded up in every community; 0 to 1.
    seed : int
        Same seed, same site.
    now : datetime
        Aware; sensors are assigned from the first of September before it.
    station_interval_s : float
        Time between telemetry messages of a station [s].
    room_interval_s : sequence of float
        Times between messages of the kinds of room sensor in use [s].
    two_circuits_share : float
        See `SitePreset.two_circuits_share`.

    Raises
    ------
    ValueError
        When the numbers cannot be met.
    """
    if stations < 1 or households < 12 * stations or not 0 <= sensed_fraction <= 1:
        raise ValueError(
            f"cannot build {stations} stations with {households} homes, {sensed_fraction} of them sensed"
        )
    preset = SitePreset(
        stations=stations,
        households=households,
        sensed_fraction=sensed_fraction,
        station_interval_s=station_interval_s,
        room_interval_s=tuple(room_interval_s),
        two_circuits_share=two_circuits_share,
    )
    draft = _Draft(random=np.random.default_rng([seed, 20_241_015]), preset=preset)
    league = league_areas()
    homes = _spread(households, draft.random.uniform(0.7, 1.3, stations))
    at = 0
    for area, count in zip(league, _stations_per_area(league, stations), strict=True):
        draft.areas.append(Area(area_id=area.area_id, name=area.name, name_en=area.name_en))
        if count:
            _build_town(draft, area, homes[at : at + count])
            at += count
    return _finish(draft, seed=seed, now=now)


def _spread(total: int, weights: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> list[int]:
    """Split a whole number by weights; every part gets at least 12."""
    spare = total - 12 * len(weights)
    bounds = np.rint(np.cumsum(weights) / np.sum(weights) * spare).astype(int)
    return [12 + int(part) for part in np.diff(bounds, prepend=0)]


def _stations_per_area(league: Sequence[LeagueArea], stations: int) -> list[int]:
    if stations <= _ONE_TOWN_STATIONS:
        return [stations] + [0] * (len(league) - 1)
    counts = [int(stations * area.station_share) for area in league]
    counts[0] += stations - sum(counts)
    return counts


def _build_town(draft: _Draft, area: LeagueArea, homes: Sequence[int]) -> None:
    """Build source, branches, streets, grids, stations and all below them in one area."""
    grids = _build_streets(draft, area, stations=len(homes))
    lon, lat = area.centre_deg
    source_id = f"src-{len(draft.sources) + 1:02d}"
    draft.sources.append(
        Source(
            source_id=source_id,
            name=f"{area.name.rstrip('市旗县')}热电厂",
            area_id=area.area_id,
            longitude_deg=round(lon + 0.045, 5),
            latitude_deg=round(lat + 0.012, 5),
            capacity_gj_per_h=float(math.ceil(sum(homes) * 0.026 / 10) * 10),
        )
    )
    places = sorted(_places(draft, area, len(homes)), key=lambda p: math.atan2(p[1] - lat, p[0] - lon))
    branch_count = max(1, round(len(homes) / 12))
    for number in range(branch_count):
        draft.branches.append(
            Branch(
                branch_id=f"br-{len(draft.branches) + 1:02d}",
                name=f"{area.name.rstrip('市旗县')}{number + 1}号干线",
                source_id=source_id,
            )
        )
    first_branch = len(draft.branches) - branch_count
    for number, (place, count) in enumerate(zip(places, homes, strict=True)):
        branch = draft.branches[first_branch + number * branch_count // len(homes)]
        grid = grids[number * len(grids) // len(homes)]
        _build_station(draft, area, branch, grid, place, count)


def _build_streets(draft: _Draft, area: LeagueArea, *, stations: int) -> list[Area]:
    """Add the streets of an area and grids below them; return the grids."""
    if area.area_id == "xilinhot":
        streets = [(name, STREETS_EN.get(name, "")) for name in xilinhot_streets()]
        heated = {name for name, _ in streets if name in STREETS_EN}
    else:
        streets, heated = [(area.seat, area.seat_en)], {area.seat}
    per_street = max(1, math.ceil(stations / (2 * len(heated))))
    grids: list[Area] = []
    for number, (name, name_en) in enumerate(streets, start=1):
        street_id = f"{area.area_id}-s{number:02d}"
        draft.areas.append(
            Area(area_id=street_id, name=name, name_en=name_en, parent_id=area.area_id, kind="street")
        )
        numbers = range(1, per_street + 1) if name in heated else ()
        grids += [
            Area(
                area_id=f"{street_id}-g{grid:02d}",
                name=f"{name}第{grid}网格",
                name_en=f"{name_en} grid {grid}",
                parent_id=street_id,
                kind="grid",
            )
            for grid in numbers
        ]
    draft.areas.extend(grids)
    return grids


def _places(draft: _Draft, area: LeagueArea, count: int) -> Iterator[tuple[float, float]]:
    """Yield places in town, denser to the middle, never outside the outline of the area."""
    lon, lat = area.centre_deg
    spread_km = 0.35 * math.sqrt(count) + 0.4
    for _ in range(count):
        for shrink in (1.0, 0.5, 0.2, 0.0):
            east_km, north_km = draft.random.normal(0, spread_km, 2) * shrink
            x = lon + east_km / (_KM_PER_DEGREE * math.cos(math.radians(lat)))
            y = lat + north_km / _KM_PER_DEGREE
            if shrink == 0.0 or inside_polygon(x, y, area.polygon):
                yield round(float(x), 5), round(float(y), 5)
                break


def _build_station(
    draft: _Draft, area: LeagueArea, branch: Branch, grid: Area, place: tuple[float, float], homes: int
) -> None:
    number = len(draft.stations) + 1
    station_id = f"st-{number:03d}"
    name, name_en = community_name(len(draft.communities))
    floor_heating = bool(draft.random.random() < 0.25)
    first_home = len(draft.households)
    first_building = len(draft.buildings)
    for count in _spread(homes, np.ones(1 if homes < 400 else 2)):
        _build_community(draft, grid, station_id, place, count)
    heated_m2 = sum(home.area_m2 for home in draft.households[first_home:])
    floors = max(building.floors for building in draft.buildings[first_building:])
    draft.stations.append(
        Station(
            station_id=station_id,
            name=f"{name}换热站",
            name_en=f"{name_en} station",
            area_id=area.area_id,
            branch_id=branch.branch_id,
            longitude_deg=place[0],
            latitude_deg=place[1],
            emitter=Emitter.FLOOR if floor_heating else Emitter.RADIATOR,
            heated_area_m2=round(heated_m2, 1),
            design_flow_m3_per_h=round(heated_m2 * (0.0048 if floor_heating else 0.0034), 1),
            static_head_mpa=round(floors * STORY_HEAD_MPA, 3),
            tank_height_m=float(draft.random.choice([1.6, 1.8, 2.0])),
            report_interval_s=draft.preset.station_interval_s,
        )
    )


def _build_community(
    draft: _Draft, grid: Area, station_id: str, place: tuple[float, float], homes: int
) -> None:
    number = len(draft.communities) + 1
    name, name_en = community_name(number - 1)
    shift = draft.random.uniform(-0.003, 0.003, 2)
    draft.communities.append(
        Community(
            community_id=f"c-{number:03d}",
            name=name,
            name_en=name_en,
            area_id=grid.area_id,
            longitude_deg=round(place[0] + float(shift[0]), 5),
            latitude_deg=round(place[1] + float(shift[1]), 5),
        )
    )
    plan = CommunityPlan(
        community_id=f"c-{number:03d}",
        station_id=station_id,
        homes=homes,
        first_building=len(draft.buildings) + 1,
        first_household=len(draft.households) + 1,
    )
    buildings, households = build_community(plan, draft.random)
    draft.buildings.extend(buildings)
    draft.households.extend(households)
    for household_id in place_sensors(households, draft.preset.sensed_fraction, draft.random):
        sensor_id = f"rs-{len(draft.sensors) + 1:06d}"
        interval_s = float(draft.random.choice(draft.preset.room_interval_s))
        draft.sensors.append(Sensor(sensor_id=sensor_id, interval_s=interval_s))
        draft.sensed.append((sensor_id, household_id))


def _finish(draft: _Draft, *, seed: int, now: datetime) -> tuple[Site, tuple[Contact, ...]]:
    moment = now.astimezone(UTC)
    year = moment.year if moment.month >= 9 else moment.year - 1
    installed = datetime(year, 9, 1, tzinfo=UTC)
    site = Site(
        areas=tuple(draft.areas),
        sources=tuple(draft.sources),
        branches=tuple(draft.branches),
        stations=tuple(draft.stations),
        circuits=two_zone_circuits(
            draft.stations,
            draft.buildings,
            draft.households,
            wanted=round(draft.preset.two_circuits_share * len(draft.stations)),
        ),
        communities=tuple(draft.communities),
        buildings=tuple(draft.buildings),
        households=tuple(draft.households),
        sensors=tuple(draft.sensors),
        assignments=tuple(
            SensorAssignment(sensor_id=sensor, household_id=home, start=installed)
            for sensor, home in draft.sensed
        ),
    )
    draws = np.random.default_rng([seed, 58]).integers(0, 2**40, len(site.households))
    contacts = tuple(
        Contact(household_id=home.household_id, name=person_name(int(draw)), phone=fictitious_phone(number))
        for number, (home, draw) in enumerate(zip(site.households, draws, strict=True))
    )
    return site, contacts
