"""A small registry for tests: two areas, one source, two stations, three communities, homes with sensors and contacts."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product

from heating.assets import (
    Area,
    Branch,
    Building,
    Community,
    Contract,
    Emitter,
    Household,
    Position,
    Sensor,
    SensorAssignment,
    Site,
    Source,
    Station,
)
from heating.contacts import Contact

__all__ = ["SEASON_START", "small_town", "small_town_contacts"]

SEASON_START = datetime(2026, 9, 30, 16, tzinfo=UTC)

_BUILDINGS = (
    ("jx-1", "1号楼", "jinxiu", "st-east"),
    ("jx-12", "12号楼", "jinxiu", "st-east"),
    ("yg-1", "1号楼", "yangguang", "st-east"),
    ("lt-a", "蓝天A座", "lantian", "st-west"),
)


_AREAS = (
    Area(area_id="xilinhot", name="锡林浩特市", name_en="Xilinhot"),
    Area(area_id="xirtala", name="希日塔拉街道", parent_id="xilinhot", kind="street"),
    Area(area_id="abag", name="阿巴嘎旗", name_en="Abag Banner"),
)
_SOURCES = (
    Source(source_id="plant", name="热电厂", area_id="xilinhot", longitude_deg=116.09, latitude_deg=43.93),
)
_BRANCHES = (
    Branch(branch_id="trunk", name="主干线", source_id="plant"),
    Branch(branch_id="east", name="东线", source_id="plant", parent_branch_id="trunk"),
)
_STATIONS = (
    Station(station_id="st-east", name="东站", area_id="xilinhot", branch_id="east", heated_area_m2=52000.0),
    Station(station_id="st-west", name="西站", area_id="abag", branch_id="trunk", emitter=Emitter.FLOOR),
)
_COMMUNITIES = (
    Community(community_id="jinxiu", name="锦绣花园", area_id="xirtala"),
    Community(community_id="yangguang", name="阳光小区", area_id="xilinhot", name_en="Sunshine"),
    Community(community_id="lantian", name="蓝天家园", area_id="abag"),
)


def small_town() -> Site:
    """Return the registry; household ids are ``<building>-<unit>-<room>``."""
    homes = tuple(_homes())
    return Site(
        areas=_AREAS,
        sources=_SOURCES,
        branches=_BRANCHES,
        stations=_STATIONS,
        communities=_COMMUNITIES,
        buildings=tuple(
            Building(
                building_id=one, name=name, community_id=community, station_id=station, floors=3, units=3
            )
            for one, name, community, station in _BUILDINGS
        ),
        households=homes,
        sensors=tuple(Sensor(sensor_id=f"s-{home.household_id}") for home in homes),
        assignments=tuple(
            SensorAssignment(
                sensor_id=f"s-{home.household_id}", household_id=home.household_id, start=SEASON_START
            )
            for home in homes
        ),
        weather_sites=("xilinhot", "abag"),
    )


def _homes() -> Iterator[Household]:
    for (building_id, *_), unit, floor, door in product(_BUILDINGS, (1, 2, 3), (1, 2, 3), (1, 2)):
        yield Household(
            household_id=f"{building_id}-{unit}-{floor}0{door}",
            building_id=building_id,
            unit=unit,
            floor=floor,
            room=f"{floor}0{door}",
            position=Position.TOP if floor == 3 else Position.MIDDLE,
            contract=Contract.SUSPENDED if (unit, floor, door) == (3, 1, 2) else Contract.HEATING,
            vulnerable=(unit, floor, door) == (1, 1, 1),
        )


def small_town_contacts() -> list[Contact]:
    """Return three contacts."""
    return [
        Contact(household_id="jx-12-3-301", name="单雄信", phone="13812345678"),
        Contact(household_id="yg-1-1-101", name="张伟", phone="15904791234"),
        Contact(household_id="lt-a-2-202", name="王芳", phone="13812349999"),
    ]
