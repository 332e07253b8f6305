"""JSON answers and the reading of query parameters that several routes share."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from starlette.responses import Response

from dashboard.web.refusals import InvalidRequestError
from heating.intervals import Interval

__all__ = [
    "End",
    "Limit",
    "Listing",
    "MaxPoints",
    "Moment",
    "PlainText",
    "Start",
    "reply",
    "window_of",
    "words_of",
]

Item = TypeVar("Item")
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
_LONGEST = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item]):
    """Rows and where to go on: send `next_cursor` as `cursor`; null on the last page."""

    items: list[Item]
    next_cursor: str | None = None


def _storable(text: str) -> str:
    if "\x00" in text or (not text.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in text)):
        raise ValueError("the text holds a character that cannot be kept")
    return text


PlainText = Annotated[str, AfterValidator(_storable)]
"""Text of a body that every database can keep: no NUL, no halves of surrogate pairs."""

_RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,12})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


def _moment(text: object) -> datetime:
    """Read a moment: a text with a zone, never a number, which could be seconds or milliseconds of somebody's epoch."""
    if isinstance(text, datetime):
        return text
    if not isinstance(text, str) or _RFC_3339.fullmatch(text) is None:
        raise ValueError("write a moment as RFC 3339 with a zone, for example 2026-01-15T00:00:00Z")
    try:
        found = datetime.fromisoformat(text.upper().replace(" ", "T")).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("this moment is outside the calendar") from error
    if not _FIRST_YEAR <= found.year < _LAST_YEAR:
        raise ValueError(f"moments from {_FIRST_YEAR} to {_LAST_YEAR} are known")
    return found


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": "^(19[0-9]{2}|2[01][0-9]{2})-",
            "description": "RFC 3339 with zone, of the years 1900 to 2199.",
        }
    ),
]
"""A moment of a request, in UTC."""

Start = Annotated[Moment | None, Query(description="First moment, RFC 3339 with zone; 24 h before the end.")]
End = Annotated[Moment | None, Query(description="First moment that is no longer in; now when left out.")]
MaxPoints = Annotated[int, Query(ge=10, le=5000, description="Rows at about the most; extremes are kept.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Rows of a page.")]


def reply(value: object, status: int = 200) -> Response:
    """Return a value as JSON: times in UTC, NaN as null."""
    return Response(orjson.dumps(value, option=_OPTIONS), status, media_type="application/json")


def window_of(start: datetime | None, end: datetime | None, *, now: datetime) -> Interval:
    """Return the window a trend is asked for: 24 h up to now by default, 400 days at the most.

    Raises
    ------
    InvalidRequestError
        When the end is not after the start, or the window is too long.
    """
    last = end or now + timedelta(milliseconds=1)
    try:
        first = start or last - timedelta(hours=24)
        length = last - first
    except OverflowError as error:
        raise InvalidRequestError("start and end are outside the calendar") from error
    if not timedelta(0) < length <= _LONGEST:
        raise InvalidRequestError("end must be after start, at most 400 days")
    return Interval(first, last)


def words_of(values: list[str], *, allowed: dict[str, tuple[str, ...]], name: str) -> frozenset[str]:
    """Return the words of a repeated or comma-separated parameter; each allowed word stands for one or more.

    Raises
    ------
    InvalidRequestError
        When a word is not allowed; the message lists those that are.
    """
    found: set[str] = set()
    for word in (part.strip() for value in values for part in value.split(",")):
        if not word:
            continue
        if word not in allowed:
            raise InvalidRequestError(f"{name}: {', '.join(sorted(allowed))} are known")
        found.update(allowed[word])
    return frozenset(found)
