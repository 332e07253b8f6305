"""Devices: the list of those that the registry does not know, their assignment, and the clocks of known ones."""

from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from heating.assets import SensorAssignment
from heating.points import Measurement
from heating.samples import ObjectRef
from storage.records.access import within_areas
from storage.records.database import Database
from storage.records.device_assignments import area_of_home, assign_sensor, is_sensor
from storage.records.device_values import (
    DeviceClock,
    UnknownDevice,
    UnknownDeviceError,
    UnknownSighting,
)
from storage.records.registry import UnknownHouseholdError
from storage.records.schema.devices import device_clocks, unknown_devices
from storage.registry_files.checks import ID_PATTERN

__all__ = ["MAX_UNKNOWN_DEVICES", "DeviceRecords"]

MAX_UNKNOWN_DEVICES = 10_000
"""Devices that the list holds; a flood of invented ids fills no disk."""
_REGISTRY_LOCK = "registry"
_DEVICES_LOCK = "devices"
_CHUNK = 500
_NEW = unknown_devices.c
_CLOCK = device_clocks.c


class DeviceRecords:
    """The list of new devices and the clocks of known ones."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- unknown devices --------------------------------------------------------------------------------------

    def note_unknown(self, sightings: Sequence[UnknownSighting], *, limit: int = MAX_UNKNOWN_DEVICES) -> int:
        """Add sightings to the list; return how many devices found it full and were not taken.

        A device that was assigned and is still unknown to a collector counts on; it is not listed again.
        """

        def work(connection: sa.Connection) -> int:
            room = limit - (connection.scalar(sa.select(sa.func.count()).select_from(unknown_devices)) or 0)
            refused = 0
            for one in sightings:
                if _count_again(connection, one):
                    continue
                if room <= 0:
                    refused += 1
                    continue
                room -= 1
                connection.execute(sa.insert(unknown_devices).values(_row(one)))
            return refused

        return self._database.write(work, lock=_DEVICES_LOCK) if sightings else 0

    def unknown(
        self, *, area_ids: frozenset[str] | None = None, assigned: bool = False, limit: int = 200
    ) -> list[UnknownDevice]:
        """Return the devices of the list, those heard last first.

        Parameters
        ----------
        area_ids
            Only devices whose topic names one of these areas or one below; None: all of them.
        assigned
            Those that were assigned instead of those that wait.
        """
        wanted = _NEW.assigned_at.is_not(None) if assigned else _NEW.assigned_at.is_(None)
        statement = (
            sa.select(unknown_devices)
            .where(wanted, within_areas(_NEW.claimed_area, area_ids))
            .order_by(_NEW.last_seen.desc(), _NEW.device_id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [UnknownDevice(**row) for row in connection.execute(statement).mappings()]

    def forget(self, device_id: str) -> bool:
        """Take a device off the list (it comes again with its next message); return whether it was there."""
        statement = sa.delete(unknown_devices).where(_NEW.device_id == device_id)
        return self._database.write(lambda connection: connection.execute(statement).rowcount) > 0

    # --- assignment -------------------------------------------------------------------------------------------

    def assign(
        self,
        device_id: str,
        household_id: str,
        *,
        start: datetime,
        by: str,
        now: datetime,
        keep_other: bool = False,
        area_ids: frozenset[str] | None = None,
    ) -> SensorAssignment:
        """Let a device measure a home from `start` on: a new one becomes a sensor, a known one moves.

        Parameters
        ----------
        start
            First moment it measures this home, aware UTC; what lies before stays as it was.
        keep_other
            Whether other sensors of the home go on; without it they end at `start` (a replacement).
        area_ids
            Areas that who assigns may touch; None: all.

        Raises
        ------
        UnknownDeviceError
            When the device is neither in the list nor a sensor, or lies outside the areas.
        storage.records.registry.UnknownHouseholdError
            When there is no such home, or it lies outside the areas.
        storage.records.device_values.AssignmentConflictError
            When it would change what was already measured.
        """
        if not ID_PATTERN.fullmatch(device_id):
            raise UnknownDeviceError(f"{device_id!r} is no id that the registry can keep")

        def work(connection: sa.Connection) -> SensorAssignment:
            _check_home(connection, household_id, area_ids)
            family = _family(connection, device_id, area_ids)
            assignment = assign_sensor(
                connection,
                sensor_id=device_id,
                family=family,
                household_id=household_id,
                start=start.astimezone(UTC),
                keep_other=keep_other,
                by=by,
                now=now,
            )
            connection.execute(
                sa.update(unknown_devices)
                .where(_NEW.device_id == device_id)
                .values(household_id=household_id, assigned_at=now, assigned_by=by, replayed_at=None)
            )
            return assignment

        return self._database.write(work, lock=_REGISTRY_LOCK)

    def waiting_for_replay(self) -> list[UnknownDevice]:
        """Return the assigned devices whose kept messages have not been given to a collector again."""
        statement = sa.select(unknown_devices).where(
            _NEW.assigned_at.is_not(None), _NEW.replayed_at.is_(None)
        )
        with self._database.reading() as connection:
            return [UnknownDevice(**row) for row in connection.execute(statement).mappings()]

    def replayed(self, device_id: str, *, at: datetime) -> None:
        """Note that the kept messages of a device were given to a collector again."""
        statement = sa.update(unknown_devices).where(_NEW.device_id == device_id).values(replayed_at=at)
        self._database.write(lambda connection: connection.execute(statement))

    # --- clocks -----------------------------------------------------------------------------------------------

    def note_clocks(self, clocks: Sequence[DeviceClock]) -> None:
        """Write estimates, replacing the former ones."""
        rows = [
            {
                "measurement": one.ref.measurement.value,
                "object_id": one.ref.object_id,
                "skew_ms": one.skew_ms,
                "readings": one.readings,
                "updated_at": one.updated_at,
            }
            for one in clocks
        ]

        def work(connection: sa.Connection) -> None:
            for first in range(0, len(rows), _CHUNK):
                insert = self._database.insert(device_clocks).values(rows[first : first + _CHUNK])
                fresh = {name: insert.excluded[name] for name in ("skew_ms", "readings", "updated_at")}
                connection.execute(
                    insert.on_conflict_do_update(index_elements=["measurement", "object_id"], set_=fresh)
                )

        if rows:
            self._database.write(work, lock=_DEVICES_LOCK)

    def clocks(self, *, least_ms: int = 0, limit: int = 100) -> list[DeviceClock]:
        """Return the clocks that are off by at least `least_ms`, the worst first."""
        size = sa.func.abs(_CLOCK.skew_ms)
        statement = (
            sa.select(device_clocks)
            .where(size >= least_ms)
            .order_by(size.desc(), _CLOCK.measurement, _CLOCK.object_id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [
                DeviceClock(
                    ref=ObjectRef(Measurement(row.measurement), row.object_id),
                    skew_ms=row.skew_ms,
                    readings=row.readings,
                    updated_at=row.updated_at,
                )
                for row in connection.execute(statement)
            ]


def _row(one: UnknownSighting) -> dict[str, object]:
    return {name: getattr(one, name) for name in UnknownSighting.__dataclass_fields__}


def _count_again(connection: sa.Connection, one: UnknownSighting) -> bool:
    """Add a sighting to a device of the list; return whether it is there."""
    changed = {name: value for name, value in _row(one).items() if name not in ("device_id", "first_seen")}
    changed["messages"] = _NEW.messages + one.messages
    statement = sa.update(unknown_devices).where(_NEW.device_id == one.device_id).values(changed)
    return connection.execute(statement).rowcount > 0


def _check_home(connection: sa.Connection, household_id: str, area_ids: frozenset[str] | None) -> None:
    area = area_of_home(connection, household_id)
    visible = connection.scalar(sa.select(sa.literal(1)).where(within_areas(sa.literal(area), area_ids)))
    if visible is None:
        raise UnknownHouseholdError(f"no household {household_id!r}")


def _family(connection: sa.Connection, device_id: str, area_ids: frozenset[str] | None) -> str:
    """Return the payload family of a device of the list; a sensor of the registry needs none."""
    row = connection.execute(
        sa.select(_NEW.family).where(_NEW.device_id == device_id, within_areas(_NEW.claimed_area, area_ids))
    ).one_or_none()
    if row is not None:
        return str(row.family)
    if area_ids is None and is_sensor(connection, device_id):
        return "native"
    raise UnknownDeviceError(f"no new device and no sensor {device_id!r}")
