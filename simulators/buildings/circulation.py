"""Water inside buildings: risers, floors and valves decide who gets which share of a building's flow.

What lives here: hydraulic conductances of homes, and the factor that they leave to the building. What does not: the
flow of a building among others, which the pump and the network of the station decide (`simulators.stations`).

A home's conductance is sized for its load and then misses it: risers differ (lognormal, σ 0.10: fittings, deposits),
upper floors of an upfeed riser get up to 12 % less, balancing of single homes is a matter of luck (lognormal, σ 0.12).
The flow of a building splits in proportion to conductance times opening.
"""

import numpy as np
from numpy.typing import NDArray

from simulators.buildings.group_sums import GroupSums
from simulators.buildings.home_parameters import HomeParameters, design_load_w
from simulators.city_layout import CityLayout
from simulators.effects import Effects
from simulators.random_streams import RandomStreams, entity_keys

__all__ = ["BuildingCirculation"]

Floats = NDArray[np.float32]

_RISER_SIGMA = 0.10
_HOME_SIGMA = 0.12
_TOP_FLOOR_LOSS = 0.12
_LEAK = (0.04, 0.16)
"""Share of the usual flow that gives its heat in a suspended home: shut valves leak, bare riser pipes pass through."""
_SHUT = np.float32(1e-5)
"""Opening that stands for none, so that logarithms and quotients stay finite."""


class BuildingCirculation:
    """Shares of flow inside all buildings.

    Parameters
    ----------
    layout : CityLayout
        Risers, floors, suspended homes.
    parameters : HomeParameters
        Loads, for which valves and pipes were sized.
    random : RandomStreams
        Streams ``riser.*`` and ``home.*``.
    """

    def __init__(self, layout: CityLayout, parameters: HomeParameters, random: RandomStreams) -> None:
        self._building = layout.home_building.astype(np.intp)
        self._sums = GroupSums(layout.home_building, len(layout.building_ids))
        load_w = design_load_w(parameters)
        luck = np.exp(_HOME_SIGMA * random.normal("home.balance", layout.home_key))
        risers = random.normal("riser.balance", entity_keys(layout.riser_ids))
        riser = np.exp(_RISER_SIGMA * risers)[layout.home_riser]
        self._conductance = (load_w * riser * _floor_factor(layout) * luck).astype(np.float32)
        low, high = _LEAK
        leak = low + (high - low) * random.uniform("home.valve_leak", layout.home_key)
        self._own_opening = np.where(layout.home_suspended, leak, 1.0).astype(np.float32)
        self.building_design_w: NDArray[np.float64] = self._sums.sums(load_w.astype(np.float32))
        """(n_buildings,) loss of all homes at design weather, suspended ones included [W]."""
        heated = self._sums.sums(self._conductance * self._own_opening)
        self._usual = np.maximum(heated, 1e-9)

    def home_conductance(self, opening: Floats, effects: Effects | None) -> Floats:
        """Return the conductance of every home, shape ``(n_homes,)``, in units that only shares depend on.

        Parameters
        ----------
        opening : ndarray
            (n_homes,) what thermostats leave open, 0 to 1.
        effects : Effects or None
            Faults; None for none.
        """
        total = self._own_opening * opening
        if effects is not None:
            total *= effects.home_opening
        np.maximum(total, _SHUT, out=total)
        total *= self._conductance
        return total

    def building_factor(self, conductance: Floats, effects: Effects | None) -> NDArray[np.float64]:
        """Return the conductance of every building against its usual one, shape ``(n_buildings,)``.

        1 with all valves open and suspended homes shut; below 1 with thermostats at work, risers or the
        connection blocked.
        """
        factor = np.where(self.building_design_w > 0, self._sums.sums(conductance) / self._usual, 1.0)
        return factor if effects is None else factor * effects.building_opening

    def home_share(self, conductance: Floats) -> Floats:
        """Return the share of its building's flow that every home gets, shape ``(n_homes,)``."""
        per_building = 1 / np.maximum(self._sums.sums(conductance), 1e-9)
        share = np.take(per_building.astype(np.float32), self._building)
        share *= conductance
        return share

    def by_building(self, values: Floats) -> NDArray[np.float64]:
        """Return the sum over the homes of each building, shape ``(n_buildings,)``."""
        return self._sums.sums(values)


def _floor_factor(layout: CityLayout) -> NDArray[np.float64]:
    floor = np.array([home.floor for home in layout.site.households], np.float64)
    floors = np.array([building.floors for building in layout.site.buildings], np.float64)
    height = (floor - 1) / np.maximum(floors[layout.home_building] - 1, 1)
    return np.asarray(1 - _TOP_FLOOR_LOSS * np.clip(height, 0, 1))
