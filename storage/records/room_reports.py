"""What a process of the house reports to the others: one row a process and kind, the newest replaces the one before."""

from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from heating.intake_troubles import IntakeTrouble
from storage.records.database import Database
from storage.records.schema.rooms import room_reports

__all__ = ["RoomReport", "RoomReports", "report_of", "trouble_of"]

_COLUMNS = room_reports.c


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomReport:
    """One report."""

    process: str
    """Who reports, for example the client id of a collector."""
    kind: str
    room: str
    reported_ms: int
    since_ms: int
    until_ms: int
    number: int = 0
    detail: str | None = None
    """What else there is to say, as JSON of the kind; None: nothing."""


def report_of(trouble: IntakeTrouble, *, process: str, now_ms: int) -> RoomReport:
    """Return the report of a trouble that a collector has now."""
    return RoomReport(
        process=process,
        kind=trouble.kind.value,
        room="collector",
        reported_ms=now_ms,
        since_ms=now_ms,
        until_ms=now_ms,
        number=trouble.number,
        detail=msgspec.json.encode(trouble).decode(),
    )


def trouble_of(report: RoomReport) -> IntakeTrouble | None:
    """Return the trouble that a report is about; None: another version wrote it."""
    try:
        return msgspec.json.decode(report.detail or "", type=IntakeTrouble)
    except msgspec.DecodeError:
        return None


class RoomReports:
    """Reports in the records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def report(self, one: RoomReport, *, joins_after_ms: int) -> None:
        """Write a report; one of the same kind that was made after `joins_after_ms` is widened, not replaced."""
        values = {name: getattr(one, name) for name in RoomReport.__dataclass_fields__}
        same = sa.and_(_COLUMNS.process == one.process, _COLUMNS.kind == one.kind)

        def work(connection: sa.Connection) -> None:
            before = connection.execute(sa.select(room_reports).where(same).with_for_update()).one_or_none()
            if before is not None and before.reported_ms > joins_after_ms:
                values["since_ms"] = min(one.since_ms, before.since_ms)
                values["number"] = one.number + before.number
            connection.execute(sa.delete(room_reports).where(same))
            connection.execute(sa.insert(room_reports).values(**values))

        self._database.write(work, lock="room-reports")

    def newest(self, kind: str) -> list[RoomReport]:
        """Return the newest report of a kind by every process, whatever its age."""
        statement = sa.select(room_reports).where(_COLUMNS.kind == kind).order_by(_COLUMNS.process)
        with self._database.reading() as connection:
            return [RoomReport(**row) for row in connection.execute(statement).mappings()]

    def forget(self, process: str) -> None:
        """Delete what a process reported, for example one that is not run any more."""
        statement = sa.delete(room_reports).where(_COLUMNS.process == process)
        self._database.write(lambda connection: connection.execute(statement), lock="room-reports")

    def since(self, reported_ms: int, *, kinds: frozenset[str]) -> list[RoomReport]:
        """Return reports of some kinds made after a moment [epoch ms]."""
        statement = sa.select(room_reports).where(
            _COLUMNS.reported_ms > reported_ms, _COLUMNS.kind.in_(sorted(kinds))
        )
        with self._database.reading() as connection:
            return [RoomReport(**row) for row in connection.execute(statement).mappings()]
