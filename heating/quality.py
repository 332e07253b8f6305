"""Quality codes stored with every value: good, uncertain (with its reason), bad (with its reason).

Codes are one byte so that they travel in column arrays. The three bands follow OPC UA Part 8: 0 is good, 64-127 is
uncertain, 128-255 is bad. A bad value is kept for the record and never used by a rule; an uncertain value is used
and shown as uncertain.
"""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["QUALITY_OF_LABEL", "Quality", "is_bad", "is_good", "is_judgeable", "is_usable", "quality_label"]


class Quality(IntEnum):
    """One byte per value: the band and the reason."""

    GOOD = 0
    """In range, measured time known, device healthy."""
    UNCERTAIN = 64
    """The sender says «uncertain» without a reason."""
    UNCERTAIN_TIME = 65
    """No measured time in the message: the arrival time stands in for it."""
    UNCERTAIN_MOVED = 66
    """The sensor reports that it was moved."""
    UNCERTAIN_INCONSISTENT = 68
    """Values of one message disagree with physics (heat rate against flow times spread)."""
    UNCERTAIN_UNCONFIRMED = 70
    """A value that the device also sends when it measured nothing (85.0 °C of a DS18B20 after power on), and no other
    value has followed: shown and stored, but no rule judges it."""
    BAD = 128
    """The sender says «bad» without a reason, or sent null."""
    BAD_RANGE = 129
    """Outside the plausible range of the point."""
    BAD_SENSOR_FAULT = 130
    """The device reports a sensor fault."""
    BAD_SENTINEL = 131
    """A value that the device uses to say «probe absent»."""
    BAD_DEVICE_DEAD = 133
    """The gateway announced the death of the device."""


_LABELS = {code: code.name.lower() for code in Quality}
QUALITY_OF_LABEL: Final[Mapping[str, Quality]] = MappingProxyType(
    {label: code for code, label in _LABELS.items()}
)
"""Codes by the words that `quality_label` makes of them."""


def quality_label(code: int) -> str:
    """Return the stable lower-case word of a code, for example ``bad_range``; unknown codes give their band."""
    try:
        return _LABELS[Quality(code)]
    except ValueError:
        return "bad" if code >= Quality.BAD else "uncertain"


def is_good(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which codes are good, element by element."""
    return np.asarray(codes == Quality.GOOD)


def is_usable(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which codes may feed an average: good and uncertain ones."""
    return np.asarray(codes < Quality.BAD)


def is_judgeable(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which codes a rule may judge: usable ones, but for values that nothing has confirmed yet."""
    return np.asarray((codes < Quality.BAD) & (codes != Quality.UNCERTAIN_UNCONFIRMED))


def is_bad(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which codes are bad."""
    return np.asarray(codes >= Quality.BAD)
