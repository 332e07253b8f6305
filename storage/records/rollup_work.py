"""Which roll-up buckets are to be computed, and which collector does it: shared by all of them through the records.

A bucket is noted after its readings are stored; whoever holds the lease computes it from the raw readings and deletes
the note, unless the bucket was noted again meanwhile. What is computed lives in `storage.readings`.
"""

import uuid
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from storage.readings.rollups.notes import RollupDue
from storage.records.database import Database
from storage.records.schema.rollups import rollup_dues
from storage.records.schema.rooms import leases

__all__ = ["RollupWork"]

_LOCK = "rollup-work"
_LEASE = "rollups"
_DUE = rollup_dues.c
_HELD = leases.c


class RollupWork:
    """Implements `storage.readings.rollups.notes.RollupNotes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, buckets: Mapping[tuple[str, int], int]) -> None:
        """Note buckets as to be computed; a bucket noted before keeps its earlier time.

        Parameters
        ----------
        buckets
            Family and start [epoch ms] of each bucket, and when it may be computed [epoch ms].
        """
        if not buckets:
            return
        rows = [
            {"kind": family, "bucket_ms": start_ms, "ready_ms": ready_ms, "token": uuid.uuid4().hex}
            for (family, start_ms), ready_ms in buckets.items()
        ]
        self._database.write(lambda connection: self._note(connection, rows), lock=_LOCK)

    def _note(self, connection: sa.Connection, rows: Sequence[Mapping[str, object]]) -> None:
        insert = self._database.insert(rollup_dues)
        statement = insert.on_conflict_do_update(
            index_elements=["kind", "bucket_ms"], set_={"token": insert.excluded.token}
        )
        connection.execute(statement, list(rows))

    def due(self, *, now_ms: int, limit: int = 1000) -> list[RollupDue]:
        """Return buckets that may be computed, newest first."""
        statement = (
            sa.select(_DUE.kind, _DUE.bucket_ms, _DUE.token)
            .where(_DUE.ready_ms <= now_ms)
            .order_by(_DUE.bucket_ms.desc(), _DUE.kind)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [RollupDue(*row) for row in connection.execute(statement)]

    def waiting(self) -> int:
        """Return how many buckets are noted, due or not."""
        with self._database.reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(rollup_dues)) or 0

    def hold(self, holder: str, *, now_ms: int, for_ms: int) -> bool:
        """Take or renew the lease; return whether `holder` has it now."""
        ours = sa.or_(_HELD.holder == holder, _HELD.until_ms < now_ms)
        values = {"holder": holder, "until_ms": now_ms + for_ms}

        def work(connection: sa.Connection) -> bool:
            first = self._database.insert(leases).values(name=_LEASE, **values)
            connection.execute(first.on_conflict_do_nothing())
            connection.execute(sa.update(leases).where(_HELD.name == _LEASE, ours).values(**values))
            return connection.scalar(sa.select(_HELD.holder).where(_HELD.name == _LEASE)) == holder

        return self._database.write(work, lock=_LOCK)

    def release(self, holder: str) -> None:
        """Give the lease up, so that another need not wait for its end."""
        statement = sa.delete(leases).where(_HELD.name == _LEASE, _HELD.holder == holder)
        self._database.write(lambda connection: connection.execute(statement), lock=_LOCK)

    def done(self, holder: str, computed: Sequence[RollupDue], *, now_ms: int) -> bool:
        """Delete the notes of computed buckets, but those noted again meanwhile; return whether the lease held.

        Without the lease another process may have computed them from newer readings, and its figures may just have
        been replaced by older ones: then they are all noted again.
        """

        def work(connection: sa.Connection) -> bool:
            held = sa.select(_HELD.holder).where(_HELD.name == _LEASE)
            if connection.scalar(held) != holder:
                again = [
                    {
                        "kind": one.family,
                        "bucket_ms": one.bucket_ms,
                        "ready_ms": now_ms,
                        "token": uuid.uuid4().hex,
                    }
                    for one in computed
                ]
                self._note(connection, again)
                return False
            for one in computed:
                connection.execute(
                    sa.delete(rollup_dues).where(
                        _DUE.kind == one.family, _DUE.bucket_ms == one.bucket_ms, _DUE.token == one.token
                    )
                )
            return True

        return self._database.write(work, lock=_LOCK) if computed else True
