"""Which figures of few homes are kept from who reads aggregates only: fewer than five could be asked about one home.

Neither may a hidden figure come out by subtraction from those beside it and the one above it. So where the hidden ones
of a group hold fewer than five homes together, the smallest of the others is hidden with them. What lives here: which
groups; their figures are made elsewhere.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dashboard.readings.newest import RoomColumn
from dashboard.site.index import SiteIndex
from dashboard.web.security.viewer import STAFF, Viewer
from dashboard.web.values import Ratio

__all__ = ["MIN_HOMES_SHOWN", "Disclosure", "disclosure_for", "hidden_groups", "without_figures"]

Key = TypeVar("Key", bound=Hashable)

MIN_HOMES_SHOWN = 5
"""Figures of fewer homes are not shown to those who may only see aggregates."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What somebody may not be shown."""

    areas: frozenset[str] = frozenset()
    """Areas whose figures are hidden."""
    communities: frozenset[str] = frozenset()
    whole: bool = False
    """Whether even the figures over all areas are hidden."""


def hidden_groups(
    counted: Mapping[Key, int], *, at_least: int = MIN_HOMES_SHOWN, is_above_hidden: bool = False
) -> frozenset[Key]:
    """Return the groups to hide out of those that make up one shown figure.

    Parameters
    ----------
    counted : mapping
        Homes that count, by group.
    at_least : int
        Homes that a figure, or what subtraction leaves of one, must be made of.
    is_above_hidden : bool
        Whether the figure of all of them is hidden, so that they must not add up to it.
    """
    hidden = {key for key, homes in counted.items() if 0 < homes < at_least}
    rising = sorted(
        (key for key, homes in counted.items() if homes >= at_least), key=lambda key: counted[key]
    )
    for key in rising:
        if not (hidden or is_above_hidden) or sum(counted[one] for one in hidden) >= at_least:
            break
        hidden.add(key)
    return frozenset(hidden)


def disclosure_for(viewer: Viewer, index: SiteIndex, rooms: RoomColumn) -> Disclosure:
    """Return what a viewer may not be shown of room temperatures; staff sees single homes anyway."""
    if viewer.has(*STAFF):
        return Disclosure()
    homes = _homes_that_count(index, rooms)
    communities = {
        community.community_id: (community.area_id, int(homes[place]))
        for place, community in enumerate(index.site.communities)
        if index.sees(viewer, community.area_id)
    }
    inside: dict[str, dict[str, int]] = {area.area_id: {} for area in index.root_areas(viewer)}
    for community_id, (area_id, number) in communities.items():
        root = next(root for root in inside if index.lies_in(area_id, root))
        inside[root][community_id] = number
    per_area = {area_id: sum(members.values()) for area_id, members in inside.items()}
    areas = hidden_groups(per_area)
    hidden: frozenset[str] = frozenset()
    for area_id, members in inside.items():
        hidden |= hidden_groups(members, is_above_hidden=area_id in areas)
    return Disclosure(areas, hidden, 0 < sum(per_area.values()) < MIN_HOMES_SHOWN)


def without_figures(ratio: Ratio) -> Ratio:
    """Return a share of which only the number of all homes is left."""
    return Ratio(numerator=0, denominator=0, total=ratio.total)


def _homes_that_count(index: SiteIndex, rooms: RoomColumn) -> Sequence[int] | NDArray[np.intp]:
    counts = rooms.column.usable & index.sensed.heated
    return np.bincount(index.sensed.community[counts], minlength=len(index.site.communities))
