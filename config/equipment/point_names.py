"""Names and units as equipment writes them, brought to one spelling so that they can be compared.

What does not live here: what a name means (`config.equipment.point_maps`), conversion of values (`heating.quantities`).
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

__all__ = ["is_unit", "plain_name", "plain_unit", "split_unit"]

_UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("°c", "c", "摄氏度", "degc", "deg.c", "celsius", "celcius", "degreecelsius", "degreescelsius", "degreec",
             "degreesc", "cel", "oc", "'c", "gradc", "degree_celsius", "degrees_celsius", "deg_c"),
            "°C",
        ),
        **dict.fromkeys(
            ("°f", "f", "华氏度", "degf", "deg.f", "fahrenheit", "degreefahrenheit", "degreesfahrenheit", "degreef",
             "degreesf", "of", "degree_fahrenheit", "degrees_fahrenheit", "deg_f", "[degf]"),
            "°F",
        ),
        **dict.fromkeys(("k", "kelvin", "degk", "开尔文"), "K"),
        "mpa": "MPa",
        "兆帕": "MPa",
        "kpa": "kPa",
        "千帕": "kPa",
        "bar": "bar",
        "mh2o": "mH2O",
        "m3/h": "m³/h",
        "m^3/h": "m³/h",
        "立方米/小时": "m³/h",
        "方/时": "m³/h",
        "t/h": "t/h",
        "吨/小时": "t/h",
        "吨/时": "t/h",
        "l/h": "L/h",
        "m3": "m³",
        "m^3": "m³",
        "立方米": "m³",
        "t": "t",
        "吨": "t",
        "l": "L",
        "gj": "GJ",
        "吉焦": "GJ",
        "gj/h": "GJ/h",
        "mj": "MJ",
        "kj": "kJ",
        "j": "J",
        "mw": "MW",
        "kw": "kW",
        "w": "W",
        "kwh": "kWh",
        "kw.h": "kWh",
        "kw·h": "kWh",
        "mwh": "MWh",
        "hz": "Hz",
        "赫兹": "Hz",
        "a": "A",
        **dict.fromkeys(("v", "volt", "volts", "伏", "伏特"), "V"),
        **dict.fromkeys(("mv", "millivolt", "millivolts", "毫伏"), "mV"),
        **dict.fromkeys(
            ("%", "%rh", "rh%", "rh", "%r.h.", "%el", "pct", "percent", "percentage", "percentrh", "百分比", "%相对湿度"), "%"
        ),
        "m": "m",
        "米": "m",
        "cm": "cm",
        "mm": "mm",
        "m/s": "m/s",
        "w/m2": "W/m²",
        "dbm": "dBm",
        "ppm": "ppm",
        "ppb": "ppb",
        "lx": "lx",
        "lux": "lx",
        "hpa": "hPa",
    }
)  # fmt: skip
_SUFFIX: Final = re.compile(r"(.{1,100})[(\[]([^()\[\]]{1,12})[)\]]")
MAX_CHARACTERS: Final = 128
"""Longer names are compared by their beginning [characters]."""


@lru_cache(20_000)
def plain_name(name: str) -> str:
    """Return a name without regard to width of letters, case, spaces, underscores, hyphens and number signs."""
    text = unicodedata.normalize("NFKC", name[:MAX_CHARACTERS]).casefold()
    return re.sub(r"[\s_\-#号.]+", "", text)


def plain_unit(unit: str) -> str:
    """Return the unit in the spelling of `heating.quantities`; unknown ones stay as they are."""
    return _UNITS.get(_unit_key(unit), unit.strip())


def is_unit(text: str) -> bool:
    """Return whether a text is a unit in any known spelling."""
    return _unit_key(text) in _UNITS


def _unit_key(unit: str) -> str:
    # NFKC makes °C of ℃, but o of the º that stands for °: that one is kept.
    text = unicodedata.normalize("NFKC", unit[:MAX_CHARACTERS].replace("º", "°").replace("˚", "°"))
    return text.strip().casefold().replace(" ", "")


@lru_cache(20_000)
def split_unit(name: str) -> tuple[str, str]:
    """Return a name and the unit in brackets at its end: ``二次供压（MPa）`` → ``二次供压``, ``MPa``.

    Brackets that hold no unit belong to the name.
    """
    text = unicodedata.normalize("NFKC", name[:MAX_CHARACTERS]).strip()
    found = _SUFFIX.fullmatch(text)
    if found is None:
        return text, ""
    return (found[1].strip(), plain_unit(found[2])) if is_unit(found[2]) else (text, "")
