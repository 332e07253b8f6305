"""Where faults act: the object that breaks, and the homes below it.

What lives here: finding targets by name or by a station nearby. What does not: when faults are active
(`simulators.faults.fault_schedule`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout
from simulators.fault_kinds import Change, FaultKind, FaultType, TargetKind
from simulators.faults.catalogue import CATALOGUE
from simulators.scenario import FaultPlan, ScenarioError

__all__ = ["PlacedFault", "TargetFinder", "place_faults"]

Places = NDArray[np.int64]
_NOWHERE: Places = np.zeros(0, np.int64)


_OF_THE_WHOLE_HOUSE = frozenset(
    {
        FaultType.MAINS_LOSS,
        FaultType.GATEWAY_SILENT,
        FaultType.PLC_FROZEN,
        FaultType.OUTDOOR_SENSOR_SUN,
        FaultType.METER_FLOW_FAILURE,
        FaultType.METER_RESET,
    }
)
"""What a station with several circuits has once: it breaks for all of them."""


@dataclass(frozen=True, slots=True, eq=False)
class PlacedFault:
    """A fault with its target found."""

    plan: FaultPlan
    kind: FaultKind
    target: str
    """Id of what breaks."""
    place: int
    """Place among the objects of the target's kind: stations, branches, risers, homes, sensors and so on."""
    homes: Places
    """(k,) places of the homes that it reaches by the tree of supply; none when it cools no home."""
    other_home: int = -1
    """Place of the home in which a wrongly mapped sensor really hangs."""
    onset_ms: int | None = None
    """Onset [epoch ms] of a fault by chance; planned ones count from the moment of going live."""
    beside: Places = field(default_factory=lambda: _NOWHERE)
    """Places of the other circuits of a station of which all are hit."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """What it does at full strength."""
        return self.kind.changes

    def index(self, field: str) -> Places:
        """Return the places in an array of `Effects` that it changes."""
        if field.startswith("home_"):
            return self.homes
        return np.concatenate((np.array([self.place], np.int64), self.beside))


class TargetFinder:
    """Finds objects in a city; remembers which ones are taken, so that two faults "somewhere below" differ."""

    def __init__(self, layout: CityLayout) -> None:
        self._layout = layout
        self._taken: set[str] = set()

    def place(self, plan: FaultPlan) -> PlacedFault:
        """Find the target of a planned fault and take it.

        Raises
        ------
        KeyError
            When there is none.
        """
        kind = CATALOGUE[plan.type]
        index, pick = self._ways[kind.target]
        place = index.get(plan.target)
        if place is None:
            place = pick(self._layout.station_index[plan.target])
        fault = self.at(plan, kind, place)
        self._taken.add(fault.target)
        return fault

    def at(self, plan: FaultPlan, kind: FaultKind, place: int, *, onset_ms: int | None = None) -> PlacedFault:
        """Return a fault at a known place."""
        if plan.type in _OF_THE_WHOLE_HOUSE and self._layout.shares_house[place]:
            return self._in_house(plan, kind, place, onset_ms)
        homes = self._homes_below(kind.target, place) if kind.cools_homes else _NOWHERE
        other = self._mistaken_for(place) if plan.type is FaultType.SENSOR_MISMAPPED else -1
        return PlacedFault(plan, kind, self.ids(kind.target)[place], place, homes, other, onset_ms)

    def _in_house(self, plan: FaultPlan, kind: FaultKind, place: int, onset_ms: int | None) -> PlacedFault:
        """Return a fault that all circuits of a station share."""
        layout = self._layout
        every = layout.in_house_of(place)
        homes = np.flatnonzero(np.isin(layout.home_station, every)) if kind.cools_homes else _NOWHERE
        target = layout.site.stations[int(layout.station_house[place])].station_id
        first, beside = int(every[0]), every[1:]
        return PlacedFault(plan, kind, target, first, homes, onset_ms=onset_ms, beside=beside)

    def ids(self, kind: TargetKind) -> tuple[str, ...]:
        """Return the ids of all objects of a kind, in order of their places."""
        match kind:
            case TargetKind.BUILDING:
                return self._layout.building_ids
            case TargetKind.RISER:
                return self._layout.riser_ids
            case TargetKind.SENSOR:
                return self._layout.sensor_ids
            case TargetKind.BRANCH:
                return self._layout.branch_ids
            case _:
                return self._other_ids[kind]

    @cached_property
    def _other_ids(self) -> dict[TargetKind, tuple[str, ...]]:
        site = self._layout.site
        return {
            TargetKind.STATION: tuple(station.station_id for station in self._layout.stations),
            TargetKind.SOURCE: tuple(source.source_id for source in site.sources),
            TargetKind.HOUSEHOLD: tuple(home.household_id for home in site.households),
        }

    @cached_property
    def _ways(self) -> dict[TargetKind, tuple[dict[str, int], Callable[[int], int]]]:
        """Return, for each kind, places by id and the choice near a station."""
        layout = self._layout

        def places(kind: TargetKind) -> dict[str, int]:
            return {object_id: place for place, object_id in enumerate(self.ids(kind))}

        return {
            TargetKind.STATION: (layout.station_index, lambda station: station),
            TargetKind.BRANCH: (places(TargetKind.BRANCH), lambda s: int(layout.station_branch[s])),
            TargetKind.SOURCE: (places(TargetKind.SOURCE), lambda s: int(layout.station_source[s])),
            TargetKind.BUILDING: (layout.building_index, self._best_building),
            TargetKind.RISER: (places(TargetKind.RISER), self._best_riser),
            TargetKind.HOUSEHOLD: (layout.home_index, self._sensed_home),
            TargetKind.SENSOR: (places(TargetKind.SENSOR), self._free_sensor),
        }

    def _homes_below(self, kind: TargetKind, place: int) -> Places:
        layout = self._layout
        match kind:
            case TargetKind.STATION:
                below = layout.home_station == place
            case TargetKind.BRANCH:
                below = np.isin(layout.station_branch, self._with_branches_below(place))[layout.home_station]
            case TargetKind.SOURCE:
                below = (layout.station_source == place)[layout.home_station]
            case TargetKind.BUILDING:
                below = layout.home_building == place
            case TargetKind.RISER:
                below = layout.home_riser == place
            case TargetKind.HOUSEHOLD:
                return np.array([place], np.int64)
            case TargetKind.SENSOR:
                return _NOWHERE
        return np.flatnonzero(below)

    def _with_branches_below(self, place: int) -> list[int]:
        branches = self._layout.site.branches
        found = {branches[place].branch_id}
        grown = True
        while grown:
            below = {
                b.branch_id for b in branches if b.parent_branch_id in found and b.branch_id not in found
            }
            found |= below
            grown = bool(below)
        return [number for number, branch in enumerate(branches) if branch.branch_id in found]

    def _mistaken_for(self, sensor: int) -> int:
        """Return a home of the same station that is not the sensor's own; the registry confuses the two."""
        layout = self._layout
        own = int(layout.sensor_home[sensor])
        homes = np.flatnonzero(layout.home_station == layout.home_station[own])
        others = homes[homes != own]
        if not len(others):
            return own
        return int(others[int(layout.sensor_key[sensor] % np.uint64(len(others)))])

    def _sensors_by(self, station: int, group_of_home: NDArray[np.int32], count: int) -> Places:
        layout = self._layout
        sensed = layout.sensor_home[layout.home_station[layout.sensor_home] == station]
        return np.bincount(group_of_home[sensed], minlength=count)

    def _best(self, ids: Sequence[str], counts: Places, station: int) -> int:
        for place in np.argsort(-counts, kind="stable").tolist():
            if counts[place] and ids[place] not in self._taken:
                return int(place)
        raise KeyError(station)

    def _best_building(self, station: int) -> int:
        """Return the building below a station with the most sensors."""
        ids = self._layout.building_ids
        return self._best(ids, self._sensors_by(station, self._layout.home_building, len(ids)), station)

    def _best_riser(self, station: int) -> int:
        """Return the riser below a station with the most sensors."""
        ids = self._layout.riser_ids
        return self._best(ids, self._sensors_by(station, self._layout.home_riser, len(ids)), station)

    def _sensed_home(self, station: int) -> int:
        """Return a heated home with a sensor below a station, on no riser that a fault has taken."""
        layout, taken = self._layout, self._taken
        for home in layout.sensor_home.tolist():
            free = layout.site.households[home].household_id not in taken
            riser_free = layout.riser_ids[layout.home_riser[home]] not in taken
            here = layout.home_station[home] == station and not layout.home_suspended[home]
            if here and free and riser_free:
                return int(home)
        raise KeyError(station)

    def _free_sensor(self, station: int) -> int:
        """Return the last free sensor below a station."""
        layout = self._layout
        for sensor in range(len(layout.sensor_ids) - 1, -1, -1):
            here = layout.home_station[layout.sensor_home[sensor]] == station
            if here and layout.sensor_ids[sensor] not in self._taken:
                return sensor
        raise KeyError(station)


def place_faults(plans: Sequence[FaultPlan], layout: CityLayout) -> tuple[PlacedFault, ...]:
    """Find the targets of all planned faults.

    Raises
    ------
    ScenarioError
        Lists every target that is not there.
    """
    finder = TargetFinder(layout)
    placed: list[PlacedFault] = []
    problems: list[str] = []
    for plan in plans:
        try:
            placed.append(finder.place(plan))
        except KeyError:
            kind = CATALOGUE[plan.type].target.value
            where = f"{plan.written_at}: " if plan.written_at else ""
            problems.append(
                f"{where}fault {plan.id!r}: no {plan.type.value} target {plan.target!r}; name a {kind} of the "
                f"site, or a station with a free {kind} beside it"
            )
    if problems:
        raise ScenarioError("\n".join(problems))
    return tuple(placed)
