"""Work that one process does for all: who holds it, and the check inside a transaction that it is still so.

A lease is renewed by changing its row. Whether a holder is gone is for the others to see by their own monotonic clocks
(`alerting.serving.lease`): a time of day in the row would keep a dead holder's lease for as long as a clock was wrong.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from heating.errors import HeatingError
from storage.records.database import Database
from storage.records.schema.rooms import leases

__all__ = ["HeldLease", "LeaseLostError", "Leases", "require_lease"]

_LOCK = "leases"
_COLUMNS = leases.c


class LeaseLostError(HeatingError):
    """Another process holds the work now; nothing was written."""


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A lease as its row says."""

    holder: str
    until_ms: int
    """Changes with every renewal [epoch ms]."""


class Leases:
    """Named leases in the records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def held(self, name: str) -> HeldLease | None:
        """Return who holds a lease; None when nobody ever did, or gave it up."""
        with self._database.reading() as connection:
            row = connection.execute(_row_of(name)).one_or_none()
        return None if row is None else HeldLease(row.holder, row.until_ms)

    def take(self, name: str, holder: str, *, until_ms: int, instead_of: HeldLease | None) -> bool:
        """Take or renew a lease whose row still is `instead_of`; return whether `holder` has it now."""

        values = {"holder": holder, "until_ms": until_ms}
        if instead_of is not None:
            values["until_ms"] = max(until_ms, instead_of.until_ms + 1)

        def work(connection: sa.Connection) -> bool:
            if instead_of is None:
                new = self._database.insert(leases).values(name=name, **values)
                connection.execute(new.on_conflict_do_nothing())
            else:
                same = sa.and_(_COLUMNS.holder == instead_of.holder, _COLUMNS.until_ms == instead_of.until_ms)
                connection.execute(sa.update(leases).where(_COLUMNS.name == name, same).values(**values))
            row = connection.execute(_row_of(name)).one_or_none()
            return row is not None and tuple(row) == tuple(values.values())

        return self._database.write(work, lock=_LOCK)

    def release(self, name: str, holder: str) -> None:
        """Give a lease up, so that another need not wait."""
        statement = sa.delete(leases).where(_COLUMNS.name == name, _COLUMNS.holder == holder)
        self._database.write(lambda connection: connection.execute(statement), lock=_LOCK)


def _row_of(name: str) -> sa.Select[tuple[str, int]]:
    return sa.select(_COLUMNS.holder, _COLUMNS.until_ms).where(_COLUMNS.name == name)


def require_lease(connection: sa.Connection, name: str, holder: str) -> None:
    """Refuse to go on in a transaction when another process has taken the lease; holds its row until the commit.

    Raises
    ------
    LeaseLostError
        When `holder` no longer has it.
    """
    statement = sa.select(_COLUMNS.holder).where(_COLUMNS.name == name).with_for_update()
    found = connection.scalar(statement)
    if found != holder:
        raise LeaseLostError(f"the lease {name!r} is held by {found or 'nobody'}, not by {holder}")
