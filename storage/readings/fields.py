"""Names of the fields that hold a reading, in every store: the schema that colleagues query.

``<point>`` holds values that are good or uncertain, so that their mean is right; ``<point>__q`` says why one is
uncertain; ``<point>__bad`` holds a value that is bad, and ``<point>__bad_q`` why: it stands alone where the device sent
no value. Before this form a bad value stood in ``<point>`` with its reason in ``<point>__q``: what was written so is
read as before.
"""

import numpy as np
from numpy.typing import NDArray

from heating.quality import Quality

__all__ = [
    "BAD",
    "BAD_QUALITY",
    "QUALITY",
    "SUFFIXES",
    "is_code",
    "joined_reading",
    "names_of",
]

QUALITY = "__q"
"""Why a value is uncertain: a code of `heating.quality.Quality`."""
BAD = "__bad"
"""A value that is bad."""
BAD_QUALITY = "__bad_q"
"""Why it is bad."""
SUFFIXES = ("", QUALITY, BAD, BAD_QUALITY)
"""All fields of a point, in the order in which they are read."""


def names_of(point: str) -> tuple[str, ...]:
    """Return the fields that a point may have."""
    return tuple(f"{point}{suffix}" for suffix in SUFFIXES)


def is_code(field: str) -> bool:
    """Return whether a field holds a quality code, a whole number."""
    return field.endswith((QUALITY, BAD_QUALITY))


def joined_reading(
    value: NDArray[np.float64],
    quality: NDArray[np.float64],
    bad: NDArray[np.float64],
    bad_quality: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Return value and quality of readings from their four fields, null as NaN in each; all ``(n,)``.

    Where there is no reading the quality is 0 and the value NaN.
    """
    # A value in the field of the good ones wins: two writers that disagree must not make a good value bad.
    is_bad = np.isnan(value) & (np.nan_to_num(bad_quality) >= Quality.BAD)
    codes = np.where(is_bad, bad_quality, quality)
    return np.where(is_bad, bad, value), np.nan_to_num(codes).astype(np.uint8)
