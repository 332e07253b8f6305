"""What may name an object or a point in a time-series store: checked before a name reaches a query or a line.

The registry decides which objects exist; this module only keeps out names that no store can carry safely.
"""

from collections.abc import Sequence
from functools import lru_cache

from heating.points import POINT_INDEX, Measurement
from heating.samples import ObjectRef
from storage.readings.errors import StoreQueryError

__all__ = [
    "MAX_IDS_IN_A_READ",
    "MAX_ID_LENGTH",
    "check_points",
    "check_ref",
    "id_problem",
    "require_few_objects",
]

MAX_ID_LENGTH = 120
"""Longest object id [characters]; registry ids have under 40."""
MAX_IDS_IN_A_READ = 2000
"""Most objects that one roll-up read may name: more would be a fan-out over homes, which no store does well."""


@lru_cache(maxsize=65_536)
def id_problem(object_id: str) -> str:
    """Return why a text cannot be an object id, or an empty text when it can.

    Letters of every script are welcome; control characters, line ends, quotes and backslashes are not.
    """
    if not 0 < len(object_id) <= MAX_ID_LENGTH:
        return f"an object id has 1 to {MAX_ID_LENGTH} characters, not {len(object_id)}"
    if object_id != object_id.strip():
        return "an object id neither starts nor ends with a blank"
    if not object_id.isprintable() or any(sign in object_id for sign in "\\\"'"):
        return "an object id holds no control character, quote or backslash"
    return ""


def check_ref(ref: ObjectRef) -> None:
    """Refuse a reference whose id cannot be an id.

    Raises
    ------
    StoreQueryError
        With the reason.
    """
    problem = id_problem(ref.object_id)
    if problem:
        raise StoreQueryError(problem)


def check_points(measurement: Measurement, points: Sequence[str]) -> tuple[str, ...]:
    """Return the points without repeats, in order.

    Raises
    ------
    StoreQueryError
        When the measurement has no such point.
    """
    unknown = [name for name in points if (measurement, name) not in POINT_INDEX]
    if unknown:
        raise StoreQueryError(f"measurement {measurement} has no point {', '.join(unknown)}")
    return tuple(dict.fromkeys(points))


def require_few_objects(object_ids: Sequence[str]) -> tuple[str, ...]:
    """Return the ids without repeats, in order.

    Raises
    ------
    StoreQueryError
        When there are more than `MAX_IDS_IN_A_READ`, or one cannot be an id.
    """
    distinct = tuple(dict.fromkeys(object_ids))
    if len(distinct) > MAX_IDS_IN_A_READ:
        raise StoreQueryError(
            f"a roll-up read names at most {MAX_IDS_IN_A_READ} objects, not {len(distinct)}: "
            "read the roll-up of a larger group instead"
        )
    for object_id in distinct:
        problem = id_problem(object_id)
        if problem:
            raise StoreQueryError(problem)
    return distinct
