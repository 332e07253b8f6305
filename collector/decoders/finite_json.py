"""Numbers that JSON does not know (NaN, Infinity, -nan, 1.#QNAN), which some equipment sends all the same, made null."""

import re

__all__ = ["finite_json"]

_NOT_FINITE = re.compile(rb"nan|inf|1\.#", re.IGNORECASE)
_TEXT_OR_NONE = re.compile(
    rb'"(?:[^"\\]++|\\.)*+"?|[+-]?+(?:nan(?:\([^)"]{0,20}\))?|inf(?:inity)?|1\.#(?:qnan|snan|ind|inf)\d{0,4})(?![\w.])',
    re.IGNORECASE | re.DOTALL,
)
"""A JSON text (also one without an end, so that its beginning is not tried again), or a number that is none."""


def finite_json(payload: bytes) -> bytes | None:
    """Return a payload with null in the place of numbers that are none; None when there are no such numbers.

    Texts stay as they are.
    """
    if _NOT_FINITE.search(payload) is None:
        return None
    return _TEXT_OR_NONE.sub(lambda found: found[0] if found[0][:1] == b'"' else b"null", payload)
