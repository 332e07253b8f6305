"""Assigning a sensor to a home from a moment on, inside one transaction: history before that moment stays as it was.

A sensor that moves ends its former assignment at that moment; a sensor that replaces another ends the other's. What
lies before is never touched, so series of the past keep their homes. What does not live here: the list of new devices
(`storage.records.devices`) and imports of whole registries (`storage.records.registry`).
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from heating.assets import SensorAssignment
from storage.records.device_values import AssignmentConflictError
from storage.records.registry import UnknownHouseholdError
from storage.records.schema.registry import (
    buildings,
    communities,
    households,
    registry_changes,
    sensor_assignments,
    sensors,
)

__all__ = ["area_of_home", "assign_sensor", "is_sensor"]

_COLUMNS = sensor_assignments.c


def area_of_home(connection: sa.Connection, household_id: str) -> str:
    """Return the nearest area of a home.

    Raises
    ------
    storage.records.registry.UnknownHouseholdError
        When there is no such home, or it is retired.
    """
    statement = (
        sa.select(communities.c.area_id)
        .join(buildings, buildings.c.community_id == communities.c.community_id)
        .join(households, households.c.building_id == buildings.c.building_id)
        .where(households.c.household_id == household_id, households.c.retired_at.is_(None))
    )
    area = connection.scalar(statement)
    if area is None:
        raise UnknownHouseholdError(f"no household {household_id!r}")
    return str(area)


def is_sensor(connection: sa.Connection, sensor_id: str) -> bool:
    """Return whether the registry has a sensor."""
    statement = sa.select(sensors.c.sensor_id).where(
        sensors.c.sensor_id == sensor_id, sensors.c.retired_at.is_(None)
    )
    return connection.scalar(statement) is not None


def assign_sensor(
    connection: sa.Connection,
    *,
    sensor_id: str,
    family: str,
    household_id: str,
    start: datetime,
    keep_other: bool,
    by: str,
    now: datetime,
) -> SensorAssignment:
    """Let a sensor measure a home from `start` on; the same again changes nothing.

    Parameters
    ----------
    family
        Kept with a sensor that is new.
    keep_other
        Whether other sensors of the home go on measuring it; without it they end at `start` (a replacement).

    Raises
    ------
    storage.records.registry.UnknownHouseholdError
        When there is no such home.
    AssignmentConflictError
        When the sensor (or the one it replaces) has an assignment at or after `start`.
    """
    area_of_home(connection, household_id)
    current = _reaching(connection, start, _COLUMNS.sensor_id == sensor_id)
    for row in current:
        if row.household_id == household_id and row.start <= start and row.end is None:
            return SensorAssignment(sensor_id=sensor_id, household_id=household_id, start=row.start)
    ended = list(current)
    if not keep_other:
        ended += _reaching(
            connection, start, _COLUMNS.household_id == household_id, _COLUMNS.sensor_id != sensor_id
        )
    for row in ended:
        _end(connection, row, start)
    added = 1 + _add_sensor(connection, sensor_id, family)
    _add_assignment(connection, sensor_id, household_id, start)
    version = connection.scalar(sa.select(sa.func.max(registry_changes.c.version))) or 0
    connection.execute(
        sa.insert(registry_changes).values(
            version=version + 1, at=now, by=by, added=added, changed=len(ended), removed=0
        )
    )
    return SensorAssignment(sensor_id=sensor_id, household_id=household_id, start=start)


def _reaching(
    connection: sa.Connection, start: datetime, *conditions: sa.ColumnElement[bool]
) -> list[sa.Row[Any]]:
    """Assignments that still measure at `start` or begin later."""
    statement = sa.select(_COLUMNS.sensor_id, _COLUMNS.household_id, _COLUMNS.start, _COLUMNS.end).where(
        *conditions, _COLUMNS.retired_at.is_(None), sa.or_(_COLUMNS.end.is_(None), _COLUMNS.end > start)
    )
    return list(connection.execute(statement.order_by(_COLUMNS.start)))


def _end(connection: sa.Connection, row: sa.Row[Any], start: datetime) -> None:
    if row.start >= start:
        raise AssignmentConflictError(
            f"sensor {row.sensor_id!r} measures {row.household_id!r} from {row.start.isoformat()} on; "
            "choose a later start"
        )
    connection.execute(
        sa.update(sensor_assignments)
        .where(
            _COLUMNS.sensor_id == row.sensor_id,
            _COLUMNS.household_id == row.household_id,
            _COLUMNS.start == row.start,
        )
        .values(end=start)
    )


def _add_sensor(connection: sa.Connection, sensor_id: str, family: str) -> int:
    """Make the sensor, or call a retired one back; return how many rows are new."""
    found = connection.execute(
        sa.select(sensors.c.retired_at).where(sensors.c.sensor_id == sensor_id)
    ).one_or_none()
    if found is not None:
        connection.execute(sa.update(sensors).where(sensors.c.sensor_id == sensor_id).values(retired_at=None))
        return 0
    place = (connection.scalar(sa.select(sa.func.max(sensors.c.place))) or 0) + 1
    connection.execute(
        sa.insert(sensors).values(sensor_id=sensor_id, kind=family, interval_s=3600.0, place=place)
    )
    return 1


def _add_assignment(connection: sa.Connection, sensor_id: str, household_id: str, start: datetime) -> None:
    connection.execute(
        sa.delete(sensor_assignments).where(
            _COLUMNS.sensor_id == sensor_id,
            _COLUMNS.household_id == household_id,
            _COLUMNS.start == start,
            _COLUMNS.retired_at.is_not(None),
        )
    )
    place = (connection.scalar(sa.select(sa.func.max(_COLUMNS.place))) or 0) + 1
    connection.execute(
        sa.insert(sensor_assignments).values(
            sensor_id=sensor_id, household_id=household_id, start=start, place=place
        )
    )
