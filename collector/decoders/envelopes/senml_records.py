"""Resolution of SenML packs (RFC 8428 section 4): base fields, names, times, sums, versions, fields one must know."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from collector.decoders.foreign import MAX_NAME_CHARACTERS
from collector.messages.decoded import Reason
from heating.errors import HeatingError

__all__ = ["MAX_RECORDS", "PackError", "Resolved", "resolve_pack"]

MAX_RECORDS = 500
"""Records of one pack that are looked at: keeps bad input below 10 ms."""
VERSION = 10
"""Highest version that is understood."""

_LABELS: Final[Mapping[int, str]] = {
    -1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
    0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}  # fmt: skip
"""CBOR labels (RFC 8428 table 4)."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*")


class PackError(HeatingError):
    """The whole pack must not be used; stays inside the decoders.

    Parameters
    ----------
    reason
        Reason of the rejection.
    text
        What is wrong.
    """

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Resolved:
    """One value with everything that base fields say."""

    name: str
    """Base name and name joined."""
    base: str
    """Base name; empty: none was told, or nothing stands behind it."""
    unit: str
    """SenML unit; empty: none."""
    value: float | bool | str
    time_s: float
    """Base time and time added [s]; 0: now."""


@dataclass(slots=True)
class _Base:
    name: str = ""
    time_s: float = 0.0
    unit: str = ""
    value: float = 0.0
    total: float = 0.0


def resolve_pack(pack: object) -> tuple[list[Resolved], list[str]]:
    """Return the resolved records of a pack, and what is wrong with those left out.

    Raises
    ------
    PackError
        When no record of the pack may be used: it is no list of objects, its version is above 10, or a record has a
        field ending in ``_`` that is not understood.
    """
    if not isinstance(pack, list):
        raise PackError(Reason.WRONG_TYPE, f"a SenML pack is a list, not {type(pack).__name__}")
    if len(pack) > 2 * MAX_RECORDS:
        raise PackError(Reason.TOO_BIG, f"{len(pack)} records")
    records = [_labelled(place, record) for place, record in enumerate(pack)]
    _check_version(records)
    base, resolved, wrong = _Base(), list[Resolved](), list[str]()
    for place, record in enumerate(records):
        try:
            _update(base, record)
            resolved += _values(base, record)
        except ValueError as error:
            wrong.append(f"record {place}: {error}")
    return resolved, wrong


def _labelled(place: int, record: object) -> dict[str, object]:
    """Return a record with text labels.

    Raises
    ------
    PackError
        When it is no object, or has a field one must understand and does not.
    """
    if not isinstance(record, Mapping):
        raise PackError(Reason.WRONG_TYPE, f"record {place} is no object")
    named: dict[str, object] = {}
    for key, value in record.items():
        label = _LABELS.get(key, "") if isinstance(key, int) else str(key)
        if label.endswith("_"):
            raise PackError(Reason.WRONG_TYPE, f"record {place} has {label[:40]!r}, which must be understood")
        named[label] = value
    return named


def _check_version(records: list[dict[str, object]]) -> None:
    """Refuse versions that are not understood, and packs of two versions.

    Raises
    ------
    PackError
        In both cases.
    """
    versions = [record["bver"] for record in records if "bver" in record]
    for version in versions:
        if isinstance(version, bool) or not isinstance(version, int):
            raise PackError(Reason.WRONG_TYPE, f"version {str(version)[:40]!r}")
        if not 0 < version <= VERSION:
            raise PackError(Reason.WRONG_TYPE, f"version {version} is not understood")
    if len(set(map(str, versions))) > 1:
        raise PackError(Reason.WRONG_TYPE, "a pack has one version")


def _update(base: _Base, record: Mapping[str, object]) -> None:
    """Take over the base fields of a record.

    Raises
    ------
    ValueError
        When one has the wrong type.
    """
    if "bn" in record:
        base.name = _text(record, "bn")
    if "bu" in record:
        base.unit = _text(record, "bu")
    if "bt" in record:
        base.time_s = _number(record, "bt")
    if "bv" in record:
        base.value = _number(record, "bv")
    if "bs" in record:
        base.total = _number(record, "bs")


def _values(base: _Base, record: Mapping[str, object]) -> list[Resolved]:
    """Return the value and the sum of a record: none, one or both.

    Raises
    ------
    ValueError
        When the record breaks the rules.
    """
    kinds = [label for label in ("v", "vs", "vb", "vd") if label in record]
    if not kinds and "s" not in record:
        if record.keys() & {"n", "u", "t", "ut"}:
            raise ValueError("it has neither a value nor a sum")
        return []
    if len(kinds) > 1:
        raise ValueError(f"it has several values: {', '.join(kinds)}")
    own = _text(record, "n") if "n" in record else ""
    name, before = base.name + own, base.name if own else ""
    if len(name) > 2 * MAX_NAME_CHARACTERS or not _NAME.fullmatch(name):
        raise ValueError(f"no SenML name: {name[:40]!r}")
    unit = _text(record, "u") if "u" in record else base.unit
    time_s = _finite(base.time_s + (_number(record, "t") if "t" in record else 0.0))
    found = [Resolved(name, before, unit, _value(base, record, kinds[0]), time_s)] if kinds else []
    if "s" in record:
        total = _finite(base.total + _number(record, "s"))
        found.append(Resolved(f"{name}.sum" if kinds else name, before, unit, total, time_s))
    return found


def _value(base: _Base, record: Mapping[str, object], kind: str) -> float | bool | str:
    value = record[kind]
    match kind:
        case "v":
            return _finite(base.value + _number(record, "v"))
        case "vb" if isinstance(value, bool):
            return value
        case "vd" if isinstance(value, bytes):
            return value[:MAX_NAME_CHARACTERS].hex()
        case "vs" | "vd" if isinstance(value, str):
            return value
    raise ValueError(f"{kind} is a {type(value).__name__}")


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("a value beyond all numbers")
    return number


def _text(record: Mapping[str, object], label: str) -> str:
    value = record[label]
    if not isinstance(value, str):
        raise ValueError(f"{label} is no text")
    return value


def _number(record: Mapping[str, object], label: str) -> float:
    value = record[label]
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"{label} is no number")
    try:
        return _finite(float(value))
    except OverflowError:
        raise ValueError(f"{label} is beyond all numbers") from None
