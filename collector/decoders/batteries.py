"""What a battery's value is: volts, millivolts or per cent, decided once for every family.

A name often leaves it open («battery», «batteryLevel», 电量). The unit told decides; without one a value becomes what
only it can be, and nothing where it can be two things: 2.9 and 3.1 are volts, so the 3 between them is not 3 %.
"""

from typing import Final

from collector.decoders.foreign import Field
from heating.quality import Quality

__all__ = ["BATTERY_NAMES", "battery_field"]

_VOLTAGE: Final = frozenset(
    {"batv", "batteryv", "batteryvoltage", "batteryvoltagev", "battvoltage", "battv", "battvolt", "batteryvolt", "vbat",
     "vbatt", "batvoltage", "batvolt", "vdd", "vcc", "电池电压", "电池电压值"}
)  # fmt: skip
_MILLIVOLTS: Final = frozenset({"batmv", "batterymv", "battmv", "vbatmv", "batteryvoltagemv"})
_ANY_VOLTAGE: Final = frozenset({"volt", "voltage", "电压"})
"""A battery's only when the value is one: a plug's mains have the same name."""
_PERCENT: Final = frozenset(
    {"batterypercent", "batterypercentage", "batterypct", "batpct", "battpct", "batpercent", "batterylevelpercent",
     "batterylevelpct", "batteryremaining", "batterycapacity", "剩余电量", "电池电量百分比", "电量百分比"}
)  # fmt: skip
_OPEN: Final = frozenset({"battery", "bat", "batt", "batterylevel", "batlevel", "电量", "电池", "电池电量"})

BATTERY_NAMES: Final = _VOLTAGE | _MILLIVOLTS | _ANY_VOLTAGE | _PERCENT | _OPEN
"""Plain names of a battery's value."""
_CELL_V: Final = (1.5, 4.5)
"""Voltages of the batteries in room sensors [V]."""
_CELL_MV: Final = (1500.0, 4500.0)
"""The same [mV]."""
_ABOVE_VOLTS: Final = 6.5
"""Fractions above this are no voltage of a sensor's battery [V]."""
_LARGEST_V: Final = 100.0
"""A value of a voltage's name above this is in millivolts."""
UNKNOWN_LEVEL: Final = 255.0
"""Level by which LoRaWAN devices say that they cannot tell."""


def battery_field(name: str, plain: str, value: float, unit: str | None) -> Field:
    """Return the field of a battery's value.

    Parameters
    ----------
    name
        The device's name of it.
    plain
        One of `BATTERY_NAMES`.
    value
        The number.
    unit
        Unit where the message tells one; None: it does not.
    """
    if unit is None:
        unit = _unit_of(plain, value)
    if plain in _ANY_VOLTAGE and unit is not None:
        low, high = _CELL_MV if unit == "mV" else _CELL_V
        if not low <= value <= high:
            return Field(name, value, unit)
    if unit in ("V", "mV"):
        # A battery of 0 V does not send: the device cannot tell.
        return Field(name, value, unit, "battery_v", Quality.GOOD if value else Quality.BAD_SENTINEL)
    if unit == "%":
        silent = value == UNKNOWN_LEVEL
        return Field(name, value, unit, "battery_pct", Quality.BAD_SENTINEL if silent else Quality.GOOD)
    return Field(name, value, unit or "")


def _unit_of(plain: str, value: float) -> str | None:
    """Return the unit of a value without one; None when it can be several things, or none of them."""
    if plain in _MILLIVOLTS:
        return "mV"
    if plain in _VOLTAGE:
        return "mV" if value > _LARGEST_V else "V"
    if plain in _PERCENT:
        return "%" if value <= 100 or value == UNKNOWN_LEVEL else None
    if _CELL_MV[0] <= value <= _CELL_MV[1]:
        return "mV"
    whole, cell = value == int(value), _CELL_V[0] <= value <= _CELL_V[1]
    if plain in _ANY_VOLTAGE:
        return "V" if cell else None
    if cell:
        return None if whole else "V"
    if not 0 <= value <= 100:
        return None
    return "%" if whole or value >= _ABOVE_VOLTS else None
