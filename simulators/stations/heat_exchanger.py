"""Plate heat exchangers by effectiveness and number of transfer units.

What lives here: counter-flow effectiveness and the conductance of plates. What does not: temperatures over time
(`simulators.stations.station_model`).

ε = (1 - e^(-NTU(1-C))) / (1 - C·e^(-NTU(1-C))), NTU/(1+NTU) for C = 1 (Kays and London, Compact Heat Exchangers). The film on
each side grows with flow^0.7 (turbulent plate channels, VDI Heat Atlas N6: 0.64 to 0.74); fouling takes a share of the
conductance.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["counter_flow_effectiveness", "plate_conductance"]

Floats = NDArray[np.float64]

_FILM_EXPONENT = 0.7
_LEAST_PART = 1e-4
_EQUAL = 1e-6


def counter_flow_effectiveness(transfer_units: Floats, ratio: Floats) -> Floats:
    """Return the share of the greatest possible heat that passes, 0 to 1.

    Parameters
    ----------
    transfer_units : ndarray
        UA over the smaller heat capacity rate, at least 0.
    ratio : ndarray
        Smaller over larger heat capacity rate, 0 to 1.
    """
    rest = 1 - ratio
    decay = np.exp(-np.minimum(transfer_units * rest, 60.0))
    equal = rest < _EQUAL
    below = np.where(equal, 1.0, 1 - ratio * decay)
    return np.where(equal, transfer_units / (1 + transfer_units), (1 - decay) / below)


def plate_conductance(
    clean_kw_per_k: Floats, primary_part: Floats, secondary_part: Floats, ua_factor: Floats
) -> Floats:
    """Return the conductance of an exchanger [kW/K].

    Parameters
    ----------
    clean_kw_per_k : ndarray
        At design flow on both sides, clean.
    primary_part, secondary_part : ndarray
        Flow over design flow.
    ua_factor : ndarray
        Share of the conductance that fouling leaves.
    """
    films = 0.5 * np.maximum(primary_part, _LEAST_PART) ** -_FILM_EXPONENT
    films = films + 0.5 * np.maximum(secondary_part, _LEAST_PART) ** -_FILM_EXPONENT
    return np.asarray(clean_kw_per_k * ua_factor / films)
