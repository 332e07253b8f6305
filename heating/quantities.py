"""Units of the canonical points and the conversions that decoders need.

One canonical unit a quantity; everything else is converted at the edge by :func:`to_canonical`.
"""

from enum import StrEnum

from heating.errors import HeatingError

__all__ = ["Unit", "UnknownConversionError", "to_canonical"]


class Unit(StrEnum):
    """Canonical units. The value is what people see."""

    CELSIUS = "°C"
    KELVIN = "K"
    MEGAPASCAL = "MPa"
    KILOPASCAL = "kPa"
    CUBIC_METRE_PER_HOUR = "m³/h"
    CUBIC_METRE = "m³"
    GIGAJOULE = "GJ"
    GIGAJOULE_PER_HOUR = "GJ/h"
    KILOWATT = "kW"
    KILOWATT_HOUR = "kWh"
    PERCENT = "%"
    HERTZ = "Hz"
    AMPERE = "A"
    VOLT = "V"
    METRE = "m"
    METRE_PER_SECOND = "m/s"
    WATT_PER_SQUARE_METRE = "W/m²"
    DECIBEL_MILLIWATT = "dBm"
    NONE = ""
    """Switches, flags and modes."""


class UnknownConversionError(HeatingError):
    """No conversion is known from the unit of a device to the canonical unit of the point."""


_FACTORS: dict[tuple[str, Unit], float] = {
    ("t/h", Unit.CUBIC_METRE_PER_HOUR): 1.0,  # 1 t of water taken as 1 m³ (error below 3 % at 70 °C)
    ("L/h", Unit.CUBIC_METRE_PER_HOUR): 1e-3,
    ("L", Unit.CUBIC_METRE): 1e-3,
    ("t", Unit.CUBIC_METRE): 1.0,
    ("kPa", Unit.MEGAPASCAL): 1e-3,
    ("bar", Unit.MEGAPASCAL): 0.1,
    ("mH2O", Unit.MEGAPASCAL): 9.80665e-3,
    ("MPa", Unit.KILOPASCAL): 1e3,
    ("bar", Unit.KILOPASCAL): 100.0,
    ("MW", Unit.GIGAJOULE_PER_HOUR): 3.6,
    ("kW", Unit.GIGAJOULE_PER_HOUR): 3.6e-3,
    ("W", Unit.GIGAJOULE_PER_HOUR): 3.6e-6,
    ("kWh", Unit.GIGAJOULE): 3.6e-3,
    ("MWh", Unit.GIGAJOULE): 3.6,
    ("MJ", Unit.GIGAJOULE): 1e-3,
    ("kJ", Unit.GIGAJOULE): 1e-6,
    ("J", Unit.GIGAJOULE): 1e-9,
    ("W", Unit.KILOWATT): 1e-3,
    ("MW", Unit.KILOWATT): 1e3,
    ("MWh", Unit.KILOWATT_HOUR): 1e3,
    ("mV", Unit.VOLT): 1e-3,
    ("cm", Unit.METRE): 1e-2,
    ("mm", Unit.METRE): 1e-3,
}


def to_canonical(value: float, *, unit: str, canonical: Unit) -> float:
    """Convert a device value to the canonical unit of a point.

    Parameters
    ----------
    value : float
        The number in `unit`.
    unit : str
        The unit as the device names it, for example ``"kWh"``; ``"°F"`` and ``"K"`` are understood for temperatures.
    canonical : Unit
        The unit of the point.

    Raises
    ------
    UnknownConversionError
        When no conversion is known: a value is never stored in a guessed unit.
    """
    if unit == canonical:
        return value
    if unit in ("°F", "F") and canonical is Unit.CELSIUS:
        return (value - 32.0) / 1.8
    if unit in ("C", "℃") and canonical is Unit.CELSIUS:
        return value
    if unit == Unit.KELVIN and canonical is Unit.CELSIUS:
        return value - 273.15
    factor = _FACTORS.get((unit, canonical))
    if factor is None:
        raise UnknownConversionError(f"no conversion from {unit!r} to {canonical.value!r}")
    return value * factor
