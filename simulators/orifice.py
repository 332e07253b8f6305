"""Water through a hole in a pipe or an exchanger plate.

What lives here: the orifice law that all leaks share. What does not: where the holes are (`simulators.faults`).
"""

import numpy as np
from numpy.typing import NDArray

from simulators.water import WATER_KG_PER_M3

__all__ = ["orifice_m3_per_h"]

_DISCHARGE = 0.62
"""Discharge coefficient of a sharp-edged hole (ISO 5167, 0.60 to 0.65)."""


def orifice_m3_per_h(
    area_m2: NDArray[np.float64], difference_mpa: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return Q = C_d·A·sqrt(2Δp/ρ) [m³/h]; 0 where the difference is not positive."""
    speed = np.sqrt(2e6 * np.maximum(difference_mpa, 0.0) / WATER_KG_PER_M3)
    return np.asarray(3600 * _DISCHARGE * area_m2 * speed)
