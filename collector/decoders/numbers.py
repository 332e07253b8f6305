"""Numbers as equipment writes them: digits in text, with a unit behind them, switch words, and ways to say «none».

What does not live here: what a name means (`collector.decoders.indoor_names`, `config.equipment.point_maps`).
"""

import math
import re
import unicodedata
from types import MappingProxyType
from typing import Final

from config.equipment.point_names import is_unit, plain_name, plain_unit

__all__ = ["finite_number", "is_absent", "number_of", "quantity_of"]

WORDS: Final = MappingProxyType(
    {
        **dict.fromkeys(
            ("on", "true", "yes", "run", "running", "open", "开", "打开", "开启", "运行", "启动", "是"), 1.0
        ),
        **dict.fromkeys(
            ("off", "false", "no", "stop", "stopped", "closed", "关", "关闭", "停", "停止", "否"), 0.0
        ),
    }
)
"""Numbers of switch words, by plain name."""
ABSENT_WORDS: Final = frozenset(
    {"", "null", "none", "nan", "na", "n/a", "nil", "inf", "+inf", "infinity", "+infinity", "undefined", "unknown",
     "unavailable", "invalid", "1qnan", "1snan", "1ind", "1inf", "1qnan0", "1ind0", "1inf0", "1inf00", "error", "err", "ovf", "无", "无效", "未知", "故障", "/", "*", "?"}
)  # fmt: skip
"""Plain names (without hyphens and points) of what equipment writes where it has no value."""
MAX_NUMBER_CHARACTERS: Final = 40
"""Longer texts are no number [characters]."""
_NUMBER: Final = re.compile(
    r"([+-]?\d{1,20},\d{1,2}|[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:e[+-]?\d{1,3})?)\s*([^\d\s].{0,19})?",
    re.ASCII | re.IGNORECASE,
)
"""A number, with a point or (two decimals at most, else it may part thousands) a comma, and what may be its unit."""


def finite_number(value: object) -> float | None:
    """Return a finite number (not a truth value), None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def quantity_of(raw: object) -> tuple[float, str] | None:
    """Return a number and the unit written behind it (empty: none); None for what is no number.

    ``"21.50"``, ``" 21.5 "``, ``"21,5"`` and ``"21.5 °C"`` are numbers; ``"1,234"``, ``"0x15"`` and ``"21.5 or so"``
    are none.
    """
    if not isinstance(raw, str):
        number = finite_number(raw)
        return None if number is None else (number, "")
    if len(raw) > MAX_NUMBER_CHARACTERS:
        return None
    found = _NUMBER.fullmatch(
        unicodedata.normalize("NFKC", raw.replace("º", "°")).replace("\u2212", "-").strip()
    )
    if found is None or (found[2] and not is_unit(found[2])):
        return None
    number = float(found[1].replace(",", "."))
    return (number, plain_unit(found[2] or "")) if math.isfinite(number) else None


def number_of(raw: object, *, words: bool = True) -> float | None:
    """Return the number of a value: numbers, truth values, digits in text, and (with `words`) switch words.

    Infinite and absurdly long numbers are none.
    """
    if isinstance(raw, bool):
        return float(raw)
    if words and isinstance(raw, str) and len(raw) <= MAX_NUMBER_CHARACTERS:
        word = WORDS.get(plain_name(raw))
        if word is not None:
            return word
    quantity = quantity_of(raw)
    return None if quantity is None else quantity[0]


def is_absent(raw: object) -> bool:
    """Return whether a value says that there is none: null, a number that is none, or a word such as ``NaN``."""
    if isinstance(raw, float):
        return not math.isfinite(raw)
    return raw is None or (
        isinstance(raw, str) and len(raw) <= MAX_NUMBER_CHARACTERS and plain_name(raw) in ABSENT_WORDS
    )
