"""Control valves on the primary side: characteristic, and how a station resists the primary network.

What lives here: the equal-percentage law and the sum of resistances. What does not: who moves the valve
(`simulators.stations.controller`).

Equal percentage (IEC 60534-2-4): K/K_open = R^(x-1), rangeability R 30; the last 5 % of the stroke close to zero.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["RANGEABILITY", "opened_share", "primary_conductance"]

Floats = NDArray[np.float64]

RANGEABILITY = 30.0
"""Largest over smallest controlled conductance; 30 to 50 for valves of this kind."""
_SEAT = 0.05


def opened_share(position_pct: Floats) -> Floats:
    """Return conductance over that of the open valve, 0 to 1, for a position of 0 to 100 %."""
    lift = position_pct / 100
    share = RANGEABILITY ** (np.maximum(lift, _SEAT) - 1)
    return np.asarray(share * np.minimum(lift / _SEAT, 1.0))


def primary_conductance(position_pct: Floats, open_conductance: Floats, fixed_resistance: Floats) -> Floats:
    """Return flow over the root of differential pressure of a station's primary side [m³/h/MPa^½].

    Parameters
    ----------
    position_pct : ndarray
        Valve, 0 to 100 %.
    open_conductance : ndarray
        Of the open valve alone.
    fixed_resistance : ndarray
        Of exchanger, strainer and pipes in series with it [MPa/(m³/h)²].
    """
    valve = open_conductance * opened_share(position_pct)
    return np.asarray(valve / np.sqrt(1 + fixed_resistance * valve * valve))
