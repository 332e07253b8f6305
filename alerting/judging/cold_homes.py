"""Sensed homes of a layout: lets their memory take a slot, and says which risers and buildings are cold, and which
sensors misbehave.

Not here: what is learned of a home (`alerting.judging.learned.homes`), and what explains cold lines
(`heating.diagnosis.homes_together`).
"""

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from alerting.judging.layout import Layout
from alerting.judging.learned.declared import SLOT_MS
from alerting.judging.learned.homes import HomeGroups, HomeSlot, SensorFlags
from alerting.judging.windows import Windows
from heating.assets import Contract
from heating.diagnosis.homes_together import ColdHomes, HomeLines
from heating.heat_tree import Level
from heating.points import Measurement

__all__ = ["ColdLines"]


class ColdLines:
    """Buildings and risers of the layouts that are judged; what follows from a layout is computed once."""

    def __init__(self) -> None:
        self._groups: WeakKeyDictionary[Layout, HomeGroups] = WeakKeyDictionary()

    def take(self, windows: Windows, *, now_ms: int) -> None:
        """Let the memory of homes take the slot that has ended, if one has."""
        if windows.homes.slot.min(initial=now_ms) < now_ms // SLOT_MS:
            windows.homes.take(self._slot(windows, now_ms))

    def cold(self, windows: Windows, *, now_ms: int) -> tuple[ColdHomes, ColdHomes]:
        """Return what the homes of each building and of each riser say, as of the last slot."""
        groups = self._of(windows.layout)
        found = [
            ColdHomes(llr_nat=llr, cold=cold.astype(np.int64), sensed=sensed.astype(np.int64))
            for llr, cold, sensed in (
                windows.homes.lines(groups, now_ms, "building"),
                windows.homes.lines(groups, now_ms, "riser"),
            )
        ]
        return found[0], found[1]

    def sensors(self, windows: Windows, *, now_ms: int) -> SensorFlags:
        """Return which room sensors misbehave, by row of the sensors."""
        return windows.homes.flags(self._slot(windows, now_ms))

    def station_anomaly_k(self, windows: Windows) -> NDArray[np.float64]:
        """Return how much colder or warmer than usual the homes of each station are [K]; NaN below five of them."""
        groups = self._of(windows.layout)
        found = np.full(groups.stations, np.nan)
        here = groups.station >= 0
        found[groups.station[here]] = windows.homes.anomaly_k[here]
        return found

    @staticmethod
    def lines(layout: Layout) -> HomeLines:
        """Return the buildings and risers of a layout."""
        tree = layout.tree
        risers, buildings = layout.subjects(Level.RISER), layout.subjects(Level.BUILDING)
        above = np.searchsorted(buildings.numbers, tree.parent[risers.numbers])
        return HomeLines(building_ids=buildings.ids, riser_ids=risers.ids, riser_building=above)

    def _of(self, layout: Layout) -> HomeGroups:
        groups = self._groups.get(layout)
        if groups is None:
            groups = self._groups[layout] = _groups_of(layout)
        return groups

    def _slot(self, windows: Windows, now_ms: int) -> HomeSlot:
        table = windows.newest(Measurement.ROOM)
        point = table.points["room_temp_c"]
        return HomeSlot(
            groups=self._of(windows.layout),
            now_ms=now_ms,
            value_c=table.value[point],
            measured_ms=table.measured_ms[point],
            newest_ms=table.newest_ms[point],
            heard_ms=table.heard_ms,
            interval_s=windows.layout.sensor_interval_s,
        )


def _groups_of(layout: Layout) -> HomeGroups:
    tree, homes = layout.tree, layout.subjects(Level.HOUSEHOLD).numbers
    sensors = len(layout.since_ms)
    sensed = np.flatnonzero(layout.home_sensor >= 0)
    row = layout.home_sensor[sensed]
    contracts = {home.household_id: home.contract for home in layout.site.households}
    heated = np.zeros(sensors, np.bool_)
    heated[row] = [contracts[tree.ids[number]] is Contract.HEATING for number in homes[sensed].tolist()]

    def of_level(level: Level) -> NDArray[np.intp]:
        # Nodes of a level stand in tree order: the last one that begins before a home is the one above it.
        found = np.full(sensors, -1, np.intp)
        numbers = layout.subjects(level).numbers
        found[row] = np.searchsorted(numbers, homes[sensed], side="right") - 1
        return found

    return HomeGroups(
        station=of_level(Level.STATION),
        building=of_level(Level.BUILDING),
        riser=of_level(Level.RISER),
        stations=len(layout.subjects(Level.STATION)),
        buildings=len(layout.subjects(Level.BUILDING)),
        risers=len(layout.subjects(Level.RISER)),
        heated=heated,
    )
