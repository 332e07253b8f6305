"""Names of buildings and addresses in both languages: made-up names («1号楼») are translated, real names stay.

A building called after its number or letter carries no name that an English reader would have to know; everything else
(«办公楼», «锦绣苑北楼») is a name and is shown as the registry has it. What does not live here: names of areas, stations
and communities, which the registry keeps in both languages.
"""

import re
from collections.abc import Iterable

from dashboard.web.values import Bilingual
from heating.assets import Area, Building, Circuit, Community
from heating.places import address_on_site, riser_on_site

__all__ = ["building_in_english", "home_address", "plant_in_english", "riser_name", "zone_name"]

_NUMBERED = re.compile(r"(?P<number>[A-Za-z]?\d+[A-Za-z]?|[A-Za-z])\s*(号楼|号栋|#楼|号|#|栋|幢|座|楼)?")
"""Only a number or a letter, with or without a word for «building»."""


_PLANTS = {
    "热电厂": "CHP plant",
    "电厂": "power plant",
    "热源厂": "heat plant",
    "锅炉房": "boiler house",
    "干线": "trunk",
    "主干线": "main trunk",
    "支线": "branch",
    "线": "line",
}
"""Common words for sources and branches."""
_PLANT = re.compile(
    rf"(?P<place>\D*?)(?:(?P<number>\d+)号?)?(?P<kind>{'|'.join(sorted(_PLANTS, key=len, reverse=True))})"
)


def building_in_english(name: str) -> str:
    """Return «Building 12» for «12号楼», «12栋», «12#» or «12»; any other name unchanged."""
    found = _NUMBERED.fullmatch(name.strip())
    return name if found is None else f"Building {found['number']}"


def plant_in_english(name: str, areas: Iterable[Area]) -> str:
    """Return «Xilinhot CHP plant» for «锡林浩特热电厂», «Xilinhot trunk 3» for «锡林浩特3号干线»; others unchanged.

    The registry has no English names of sources and branches: they are made of an area's name, a number and a common
    word, or they are names that stay as they are.
    """
    found = _PLANT.fullmatch(name.strip())
    if found is None:
        return name
    place = found["place"]
    english = next((a.name_en for a in areas if a.name_en and place in (a.name, _bare(a.name))), "")
    if place and not english:
        return name
    words = (english, _PLANTS[found["kind"]], found["number"] or "")
    return " ".join(word for word in words if word)


def _bare(area: str) -> str:
    return re.sub(r"(市|旗|县|区|街道|镇)$", "", area)


def zone_name(circuit: Circuit) -> Bilingual:
    """Return how a circuit is called within its station."""
    return Bilingual(circuit.name, circuit.name_en or f"{circuit.zone} zone")


def riser_name(community: Community, building: Building, unit: str) -> Bilingual:
    """Return the name of a unit's riser with its community and building."""
    return Bilingual(
        riser_on_site(community.name, building.name, unit),
        f"{community.name_en or community.name} {building_in_english(building.name)}, Unit {unit}",
    )


def home_address(community: Bilingual, building: str, unit: int, room: str) -> Bilingual:
    """Return an address: as it is written on site, and in English from the same parts."""
    english = ", ".join(
        (community.in_locale("en"), building_in_english(building), f"Unit {unit}", f"Room {room}")
    )
    return Bilingual(address_on_site(community.zh, building, unit, room), english)
