"""Durations as files of rules and causes write them: ``30s``, ``5m``, ``3h``, ``14d``."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

__all__ = ["Duration", "parse_duration"]

_DURATION = re.compile(r"^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str | float) -> timedelta:
    """Return a duration written as ``30s``, ``5m``, ``3h``, ``14d`` or a number of seconds.

    Raises
    ------
    ValueError
        When it is written in another way.
    """
    match = _DURATION.match(str(text).strip())
    if match is None:
        raise ValueError(f"{text!r} is no duration: write a number with s, m, h or d, for example 30m")
    return timedelta(seconds=float(match[1]) * _SECONDS[match[2] or "s"])


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
"""A field of a document that is written as a duration."""
