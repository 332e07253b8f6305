"""Radiators and floor heating: how much heat a home takes from the water that flows through it.

What lives here: the law of EN 442 for a given flow, solved once into a table. What does not: how warm the water is and
how much of it comes (`simulators.buildings.heat_delivery`).

Law: Q = K ΔT^n with Q = W (T_s - T_r), W the heat capacity rate [W/K], n 1.3 for radiators and 1.1 for floor heating.
ΔT is the arithmetic mean (T_s + T_r)/2 - T, or the logarithmic mean (T_s - T_r)/ln[(T_s - T)/(T_r - T)] where the
ratio c = (T_r - T)/(T_s - T) is below 0.7 (EN 442-2, 3.3). With e = T_s - T and the share u = Q/(W e) = 1 - c both
means are e f(u), so that u = κ f(u)^n with κ = K e^(n-1)/W: one number gives the answer, whatever the home.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["EXPONENTS", "RadiatorTable"]

Floats = NDArray[np.float32]

EXPONENTS = (1.3, 1.1)
"""n of radiators and of floor heating."""
_LOG_RATIO = 0.7
_LOW, _HIGH, _POINTS = -10.0, 10.0, 8193
"""Range of ln κ and number of points of the table."""
_BISECTIONS = 60


class RadiatorTable:
    """Share u of the heat above room temperature that a radiator takes out of the water, by ln κ and kind."""

    def __init__(self) -> None:
        log_kappa = np.linspace(_LOW, _HIGH, _POINTS)
        self._flat = np.concatenate([_solve(np.exp(log_kappa), n) for n in EXPONENTS]).astype(np.float32)
        self._slope = np.diff(self._flat, append=self._flat[-1:]).astype(np.float32)

    def share(self, log_kappa: Floats, floor_heating: NDArray[np.bool_], out: Floats | None = None) -> Floats:
        """Return u, 0 to 1, shape ``(n_homes,)``.

        Parameters
        ----------
        log_kappa : ndarray
            (n_homes,) ln of K e^(n-1)/W; beyond -10…10 the ends count.
        floor_heating : ndarray
            (n_homes,) which kind.
        out : ndarray or None
            Where to put it.
        """
        place = np.subtract(log_kappa, np.float32(_LOW), out=out)
        place *= np.float32((_POINTS - 1) / (_HIGH - _LOW))
        np.clip(place, 0, np.float32(_POINTS - 1.001), out=place)
        cell = place.astype(np.intp)
        place -= cell.astype(np.float32)
        np.add(cell, _POINTS, out=cell, where=floor_heating)
        place *= np.take(self._slope, cell)
        place += np.take(self._flat, cell)
        return place


def _mean_share(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return f(u): mean excess temperature over inlet excess temperature."""
    u = np.clip(u, 1e-12, 1 - 1e-12)
    return np.where(1 - u < _LOG_RATIO, u / -np.log1p(-u), 1 - u / 2)


def _solve(kappa: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """Return u with u = κ f(u)^n by bisection; κ f^n - u falls steadily, at c = 0.7 by a step of one percent."""
    low, high = np.zeros_like(kappa), np.ones_like(kappa)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        below = kappa * _mean_share(middle) ** exponent > middle
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2
