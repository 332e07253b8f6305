"""Confounders: disturbances that look like faults and are none.

What lives here: what each of them changes, and where. What does not: when (`simulators.faults.fault_schedule`), cold
snaps themselves (the weather makes them; they are listed here for the truth only).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout
from simulators.fault_kinds import Change, factor, plus
from simulators.random_streams import RandomStreams
from simulators.scenario import ConfounderPlan, ConfounderType, ScenarioError

__all__ = ["CHANGES_OF_CONFOUNDERS", "FULL_COLD_SNAP_K", "PlacedConfounder", "place_confounders"]

FULL_COLD_SNAP_K = 16.0
"""Fall of temperature of a cold snap of severity 1 [K]: the red signal of the China Meteorological Administration."""
_AWAY_SHARE = 0.4
"""Share of homes that are empty over a long holiday. Own estimate."""
_MOVED_SHARE = 0.4
"""Share of buildings whose valves are closed a little by balancing work; the others get more water."""
_SOUTH_SHARE = 0.5
"""Share of homes with their living room to the south."""

CHANGES_OF_CONFOUNDERS: Mapping[ConfounderType, tuple[Change, ...]] = MappingProxyType(
    {
        ConfounderType.COLD_SNAP: (),
        ConfounderType.SUNNY_SOUTH: (factor("home_sun_factor", 2.5),),
        ConfounderType.HOLIDAY: (factor("home_gains_factor", 0.15),),
        ConfounderType.BALANCING_WORK: (factor("building_opening", 0.65),),
        ConfounderType.NIGHT_SETBACK: (plus("setback_k", 8.0),),
    }
)
"""What each confounder changes at severity 1."""


@dataclass(frozen=True, slots=True, eq=False)
class PlacedConfounder:
    """A confounder with its places found."""

    plan: ConfounderPlan
    changes: tuple[Change, ...]
    places: NDArray[np.int64]
    """Places in the arrays that it changes."""
    onset_ms: None = None
    """Confounders are planned against the moment of going live."""
    other_home: int = -1

    @property
    def target(self) -> str:
        """Id of a station, or ``all``."""
        return self.plan.target

    def index(self, field: str) -> NDArray[np.int64]:
        """Return the places in an array of `Effects` that it changes; each kind changes arrays of one shape."""
        del field
        return self.places


def place_confounders(
    plans: Sequence[ConfounderPlan], layout: CityLayout, random: RandomStreams
) -> tuple[PlacedConfounder, ...]:
    """Find the places of all confounders; who is away and who faces south is drawn from streams ``confounder.*``.

    Raises
    ------
    ScenarioError
        Lists every target that is not there.
    """
    problems = [
        f"{plan.written_at + ': ' if plan.written_at else ''}confounder {plan.id!r}: no station {plan.target!r}; "
        "name a station of the site, or all"
        for plan in plans
        if plan.target != "all" and plan.target not in layout.station_index
    ]
    if problems:
        raise ScenarioError("\n".join(problems))
    return tuple(
        PlacedConfounder(plan, CHANGES_OF_CONFOUNDERS[plan.type], _places(plan, layout, random))
        for plan in plans
    )


def _places(plan: ConfounderPlan, layout: CityLayout, random: RandomStreams) -> NDArray[np.int64]:
    if plan.target == "all":
        stations = np.ones(len(layout.station_key), np.bool_)
    else:
        stations = np.arange(len(layout.station_key)) == layout.station_index[plan.target]
    draw: Callable[[str, NDArray[np.uint64]], NDArray[np.float64]] = random.uniform
    match plan.type:
        case ConfounderType.COLD_SNAP:
            chosen = np.zeros(0, np.bool_)
        case ConfounderType.NIGHT_SETBACK:
            chosen = stations
        case ConfounderType.BALANCING_WORK:
            moved = draw("confounder.moved", layout.building_key) < _MOVED_SHARE
            chosen = moved & stations[layout.building_station]
        case ConfounderType.SUNNY_SOUTH:
            chosen = (draw("confounder.south", layout.home_key) < _SOUTH_SHARE) & stations[
                layout.home_station
            ]
        case ConfounderType.HOLIDAY:
            chosen = (draw("confounder.away", layout.home_key) < _AWAY_SHARE) & stations[layout.home_station]
    return np.flatnonzero(chosen)
