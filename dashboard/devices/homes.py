"""Homes that a device may be given to: found by id or address, with the sensor that measures them now.

Keepers of devices need no names and no phone numbers: none are shown, and who is no clerk finds no home by them.
"""

import re
from collections.abc import Mapping, Sequence

from dashboard.devices.models import HomeChoice
from dashboard.homes.models import HouseholdHit
from dashboard.homes.view import HouseholdViews
from dashboard.site.index import SiteIndex
from dashboard.web.security.viewer import CLERKS, Viewer
from dashboard.web.values import Bilingual

__all__ = ["homes_to_choose", "measured_homes"]

_SHORTEST = 2
_WORDS = re.compile(r"[0-9]+|[a-z]+|[\u4e00-\u9fff]+")


def homes_to_choose(
    homes: HouseholdViews, index: SiteIndex, viewer: Viewer, text: str, *, limit: int = 12
) -> list[HomeChoice]:
    """Return the homes that an id or an address means, likeliest first; none for less than two characters."""
    wanted = text.strip()
    if len(wanted) < _SHORTEST:
        return []
    found = homes.search(viewer, wanted, limit=limit)
    by_contact = viewer.has(*CLERKS)
    return [
        HomeChoice(
            household_id=hit.household_id,
            address=Bilingual(hit.address, hit.address_en),
            contract=hit.contract,
            sensor_id=index.sensor_of.get(hit.household_id),
        )
        for hit in found
        if by_contact or hit.household_id == wanted or _is_in_address(wanted, hit)
    ]


def _is_in_address(wanted: str, hit: HouseholdHit) -> bool:
    address = f"{hit.address} {hit.address_en} {hit.household_id}".casefold()
    words = _WORDS.findall(wanted.casefold())
    return bool(words) and all(word in address for word in words)


def measured_homes(index: SiteIndex, sensor_ids: Sequence[str]) -> Mapping[str, tuple[str, Bilingual]]:
    """Return (household id, address) of the homes that some sensors measure now, by sensor id."""
    wanted = set(sensor_ids)
    return {
        sensor_id: (household_id, index.address_of(household_id))
        for household_id, sensor_id in index.sensor_of.items()
        if sensor_id in wanted and household_id in index.households
    }
