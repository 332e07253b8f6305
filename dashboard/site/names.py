"""Names of buildings and addresses in both languages: made-up names («1号楼») are translated, real names stay.

A building called after its number or letter carries no name that an English reader would have to know; everything else
(«办公楼», «锦绣苑北楼») is a name and is shown as the registry has it. What does not live here: names of areas, stations
and communities, which the registry keeps in both languages.
"""

import re

from dashboard.web.values import Bilingual
from heating.assets import Building, Community
from heating.places import address_on_site, riser_on_site

__all__ = ["building_in_english", "home_address", "riser_name"]

_NUMBERED = re.compile(r"(?P<number>[A-Za-z]?\d+[A-Za-z]?|[A-Za-z])\s*(号楼|号栋|#楼|号|#|栋|幢|座|楼)?")
"""Only a number or a letter, with or without a word for «building»."""


def building_in_english(name: str) -> str:
    """Return «Building 12» for «12号楼», «12栋», «12#» or «12»; any other name unchanged."""
    found = _NUMBERED.fullmatch(name.strip())
    return name if found is None else f"Building {found['number']}"


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
