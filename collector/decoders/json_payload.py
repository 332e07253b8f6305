"""Reading a JSON payload without trusting it: size, text, syntax, shape, each with its reason.

Numbers that JSON does not know (NaN, Infinity, -nan, 1.#QNAN), which some equipment sends all the same, are read as null:
they cost their own point and not the message. Parsed by orjson: numbers with extreme exponents, hundreds of times slower than others in some parsers, cost it no more
than others (256 kB of ``1e308`` take 2 ms).
"""

from collections.abc import Collection, Mapping
from itertools import islice
from typing import cast

import orjson

from collector.decoders.finite_json import finite_json
from collector.decoders.foreign import ForeignRows
from collector.messages.decoded import Reason

__all__ = ["at_path", "first_items", "json_inside", "json_object", "json_value", "text_at"]

_UNREADABLE = (UnicodeError, RecursionError, OverflowError, ValueError)


def json_value(rows: ForeignRows, place: int, payload: bytes, *, limit: int) -> tuple[bool, object]:
    """Parse a payload.

    Parameters
    ----------
    rows
        Takes the rejection.
    place
        Place of the message in the batch.
    payload
        The bytes.
    limit
        Longest accepted payload [bytes].

    Returns
    -------
    tuple[bool, object]
        Whether it parsed, and the value.
    """
    if len(payload) > limit:
        rows.reject(place, Reason.TOO_BIG, f"{len(payload)} bytes")
        return False, None
    try:
        return True, orjson.loads(payload)
    except _UNREADABLE as error:
        fault = error
    finite = finite_json(payload)
    if finite is not None:
        try:
            return True, orjson.loads(finite)
        except _UNREADABLE:
            pass
    rows.reject(place, *_why(payload, fault))
    return False, None


def json_object(rows: ForeignRows, place: int, payload: bytes, *, limit: int) -> dict[str, object] | None:
    """Parse a payload that must be a JSON object; None after a rejection."""
    parsed, value = json_value(rows, place, payload, limit=limit)
    if not parsed:
        return None
    if isinstance(value, dict):
        return cast("dict[str, object]", value)
    rows.reject(place, Reason.WRONG_TYPE, f"a JSON {type(value).__name__}, not an object")
    return None


def json_inside(text: str | bytes) -> object:
    """Return what a text inside a message holds when it is JSON, None when it is none."""
    try:
        return cast("object", orjson.loads(text))
    except _UNREADABLE:
        pass
    try:
        finite = finite_json(text.encode() if isinstance(text, str) else text)
        return None if finite is None else cast("object", orjson.loads(finite))
    except _UNREADABLE:
        return None


def first_items(
    members: Mapping[str, object], limit: int, *, without: Collection[str] = ()
) -> list[tuple[str, object]]:
    """Return the first members of an object, at most `limit` of them; a huge object is not copied for it."""
    return list(islice(((name, value) for name, value in members.items() if name not in without), limit))


def at_path(value: object, *names: str) -> object:
    """Return what stands under nested names, None where one is missing."""
    for name in names:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def text_at(value: object, *names: str) -> str | None:
    """Return a non-empty text under nested names, None for anything else."""
    found = at_path(value, *names)
    return found if isinstance(found, str) and found else None


def _why(payload: bytes, error: Exception) -> tuple[Reason, str]:
    try:
        payload.decode()
    except UnicodeDecodeError as fault:
        return Reason.BAD_UTF8, str(fault)
    return Reason.BAD_JSON, str(error)
