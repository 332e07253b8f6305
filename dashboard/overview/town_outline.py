"""The ground of a town's map: quarters as soft outlines around their communities, and a scale.

No register of quarter boundaries is shipped: an outline is the hull of where a quarter's communities stand, widened a
little, and the page says so. What does not live here: marks and their places (`dashboard.overview.city_map`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

__all__ = ["KM_PER_DEGREE", "ScaleBar", "hull_path", "scale_bar"]

KM_PER_DEGREE = 111.2
"""Kilometres of a degree of latitude."""
_LENGTHS_KM = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0)
_LONGEST_BAR = 160.0
_CORNER_STEPS = 12


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A length on the ground as a length of the drawing."""

    width: float
    """[SVG units]"""
    km: float


def scale_bar(units_per_degree: float) -> ScaleBar:
    """Return the longest round length that is not too long; `units_per_degree` of latitude [SVG units/°]."""
    per_km = units_per_degree / KM_PER_DEGREE
    fitting = [km for km in _LENGTHS_KM if km * per_km <= _LONGEST_BAR]
    km = fitting[-1] if fitting else _LENGTHS_KM[0]
    return ScaleBar(round(km * per_km, 1), km)


def hull_path(points: NDArray[np.float64], margin: float) -> str:
    """Return path data of the convex hull of points ``(n, 2)``, widened by `margin` with round corners."""
    angles = np.arange(_CORNER_STEPS) * (2 * pi / _CORNER_STEPS)
    ring = margin * np.array([(cos(angle), sin(angle)) for angle in angles])
    around = (points[:, None, :] + ring[None, :, :]).reshape(-1, 2)
    corners = _hull([(round(float(x), 1), round(float(y), 1)) for x, y in around])
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in corners) + "z"


_Corner = tuple[float, float]


def _hull(points: Sequence[_Corner]) -> list[_Corner]:
    """Corners of the convex hull in order: the lower and the upper chain over points sorted from the left."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered
    lower, upper = _chain(ordered), _chain(ordered[::-1])
    return lower[:-1] + upper[:-1]


def _chain(ordered: Sequence[_Corner]) -> list[_Corner]:
    chain: list[_Corner] = []
    for point in ordered:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(a: _Corner, b: _Corner, c: _Corner) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
