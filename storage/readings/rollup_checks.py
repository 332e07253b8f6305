"""Checks of roll-up rows before they reach a store: ids, points, shapes, no row without a count."""

import numpy as np

from heating.points import POINT_INDEX, Measurement
from heating.protocols import RollupBatch, RollupName
from storage.readings.cleaning import LAST_STORABLE_MS
from storage.readings.errors import StoreQueryError, StoreRejectedError
from storage.readings.identifiers import id_problem

__all__ = ["check_rollup_point", "clean_rollup"]

_POINT_NAMES = frozenset(name for _, name in POINT_INDEX)


def check_rollup_point(name: RollupName, point: str) -> None:
    """Refuse a point that no measurement has; communities roll up points of rooms and buildings alike.

    Raises
    ------
    StoreQueryError
        With the reason.
    """
    match name:
        case RollupName.STATION_5M:
            known = (Measurement.STATION, point) in POINT_INDEX
        case RollupName.CIRCUIT_5M:
            known = (Measurement.CIRCUIT, point) in POINT_INDEX
        case RollupName.BUILDING_5M | RollupName.COMMUNITY_5M | RollupName.ROOM_1H:
            known = point in _POINT_NAMES
    if not known:
        raise StoreQueryError(f"roll-up {name} has no point {point}")


def clean_rollup(rows: RollupBatch) -> RollupBatch:
    """Return the rows as they are when a store can hold them.

    Raises
    ------
    StoreRejectedError
        When the columns differ in length, an id cannot be an id, the point is unknown or a time is absurd.
    """
    columns = (rows.bucket_ms, rows.mean, rows.minimum, rows.maximum, rows.count)
    if any(len(column) != len(rows.object_ids) for column in columns):
        raise StoreRejectedError("the columns of a roll-up differ in length")
    problem = next((found for name in set(rows.object_ids) if (found := id_problem(name))), "")
    if problem:
        raise StoreRejectedError(problem)
    try:
        check_rollup_point(rows.name, rows.point)
    except StoreQueryError as error:
        raise StoreRejectedError(str(error)) from error
    if len(rows.bucket_ms) and not (rows.bucket_ms.min() >= 0 and np.max(rows.bucket_ms) < LAST_STORABLE_MS):
        raise StoreRejectedError("a bucket lies outside 1970 to 2100")
    return rows
