"""`RollupEngine`: notes the buckets that a collector stores readings of, and computes them from the raw readings.

One engine runs beside each collector. All of them note into the same records; the one that holds the lease computes
what is due from the readings of all. A collector alone does the same with a lease that nobody else asks for.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import monotonic

import structlog

from heating.assets import Site
from heating.background import BackgroundLoop, Looped
from heating.clock import Clock
from heating.errors import HeatingError
from heating.intervals import Interval, from_epoch_ms
from heating.protocols import Health, HealthStatus
from heating.samples import SampleBatch
from storage.readings.rollups.families import (
    FAMILIES,
    FAMILY_NAMED,
    HOUR_MS,
    LATE_LIMIT,
    BucketFamily,
    touched_buckets,
)
from storage.readings.rollups.groups import RoomGroups
from storage.readings.rollups.notes import RollupDue, RollupNotes
from storage.readings.rollups.state import NotedState, load_state, save_state
from storage.readings.statistics import RollupStore

__all__ = ["LEASE_MS", "RollupEngine"]

LEASE_MS = 120_000
"""An engine that holds the lease and dies is followed after this long [ms]; half of it is left at every piece."""
ROUND_S = 5.0
"""Pause between two rounds [s]."""
BUCKETS_A_ROUND = 100
"""Buckets computed in a round, the newest first: what was just over never waits long behind late ones."""
SAVE_EVERY_MS = 30_000
"""How often it is written down up to when stored readings are noted [ms]."""

_log = structlog.get_logger()


class RollupEngine(Looped):
    """Notes what this collector stores and, with the lease, computes what is due, in a thread of its own.

    Parameters
    ----------
    store
        The store that the collectors write to.
    notes
        What is due, shared by all collectors.
    holder
        Name of this collector, another one for each.
    site
        Which room belongs to which building and community.
    clock
        What decides when a bucket is over.
    state_file
        Remembers over a crash up to when stored readings are noted; in this collector's own folder.
    first_horizon
        How far back a first start, without a state file, notes buckets.
    """

    def __init__(
        self,
        *,
        store: RollupStore,
        notes: RollupNotes,
        holder: str,
        site: Site,
        clock: Clock,
        state_file: Path,
        first_horizon: timedelta = timedelta(hours=2),
    ) -> None:
        self._store = store
        self._notes = notes
        self._holder = holder
        self._groups = RoomGroups(site)
        self._clock = clock
        self._state_file = state_file
        self._lock = threading.Lock()
        self._state = load_state(state_file)
        self._touched = _unnoted_buckets(self._state, now_ms=clock.now_ms(), first_horizon=first_horizon)
        self._noted_open: set[tuple[str, int]] = set()
        self._in_flight = 0
        self._saved_ms = 0
        self._held_until_ms = 0
        self._due = 0
        self._trouble = ""
        self._loop = BackgroundLoop(
            self._round,
            name="roll-ups",
            every_s=ROUND_S,
            first_after_s=ROUND_S,
            on_error=self._refused,
            survives=(HeatingError, OSError),
            last_step=True,
            stop_timeout_s=60.0,
        )
        self.rows_written = 0
        """Roll-up rows that the store took from this engine."""

    # --- life -------------------------------------------------------------------------------------------------

    def health(self) -> Health:
        """Return whether buckets are noted and computed."""
        figures = {
            "rows_written": float(self.rows_written),
            "holds_the_lease": float(self._held_until_ms > 0),
            "due_buckets": float(self._due),
        }
        if self._trouble:
            return Health(HealthStatus.DEGRADED, f"roll-ups wait: {self._trouble}", figures)
        return Health(HealthStatus.OK, figures=figures)

    def follow(self, site: Site) -> None:
        """Follow a changed registry; buckets already written stay as they are."""
        self._groups = RoomGroups(site)

    # --- what this collector stores ---------------------------------------------------------------------------

    @contextmanager
    def storing(self, batch: SampleBatch) -> Iterator[None]:
        """Surround the storing of a batch: its buckets are noted once the store has it.

        Late hours are written down before: a crash right after storing would leave no other trace of them. Readings
        in time need none, since the next process notes every bucket since the last note.
        """
        now_ms = self._clock.now_ms()
        buckets = touched_buckets(batch, now_ms=now_ms)
        late = {start - start % HOUR_MS for family, start in buckets if family.over_ms(start) <= now_ms}
        with self._lock:
            self._in_flight += 1
        try:
            self._remember_late(late)
            yield
        finally:
            # Also when the store failed: it may have taken the batch and only its answer was lost.
            with self._lock:
                self._in_flight -= 1
                for family, start in buckets:
                    self._touched.setdefault((family.name, start), family.ready_ms(start, now_ms=now_ms))

    def _remember_late(self, hours_ms: set[int]) -> None:
        with self._lock:
            if hours_ms <= self._state.late_hours_ms:
                return
            self._state = replace(self._state, late_hours_ms=self._state.late_hours_ms | hours_ms)
            try:
                save_state(self._state_file, self._state)
            except OSError as error:  # a full disk: storing must go on, it is what empties the spool
                self._refused(error)

    def note_stored(self) -> None:
        """Note which buckets have new readings.

        Raises
        ------
        heating.errors.HeatingError
            When the records refuse for now; nothing is forgotten.
        OSError
            When the state file cannot be written.
        """
        now_ms = self._clock.now_ms()
        with self._lock:
            touched, self._touched = self._touched, {}
            late = self._state.late_hours_ms
            # What is being stored at this moment may belong to a time before it and is not in `touched` yet.
            is_quiet = not self._in_flight
        # Nobody computes a bucket before its end, so one note is enough until then.
        still_open = {key for key in self._noted_open if _end_ms(key) > now_ms}
        try:
            self._notes.note({key: at for key, at in touched.items() if key not in still_open})
        except BaseException:
            with self._lock:
                self._touched = {**self._touched, **touched}
            raise
        self._noted_open = still_open | {key for key in touched if _end_ms(key) > now_ms}
        if is_quiet:
            self._write_down(now_ms, late & {start - start % HOUR_MS for _, start in touched})

    def _write_down(self, now_ms: int, covered_ms: frozenset[int]) -> None:
        """Remember that everything stored until `now_ms` is noted, and that these late hours are."""
        if not covered_ms and now_ms - self._saved_ms < SAVE_EVERY_MS:
            return
        with self._lock:
            self._state = NotedState(now_ms, self._state.late_hours_ms - covered_ms)
            save_state(self._state_file, self._state)
            self._saved_ms = now_ms

    # --- computing --------------------------------------------------------------------------------------------

    def _round(self) -> float:
        began_s = monotonic()
        if self._loop.is_stopping:
            self.note_stored()
            if self._held_until_ms:
                self._notes.release(self._holder)
        else:
            self.run_once()
        self._trouble = ""
        # At most half of a core: a flood of late readings, or a first start over a week, must not starve the pages.
        return max(ROUND_S, monotonic() - began_s)

    def _refused(self, error: Exception) -> None:
        reason = str(error) or type(error).__name__
        if reason != self._trouble:
            _log.warning("storage.rollups_wait", error=reason)
        self._trouble = reason

    def run_once(self) -> int:
        """Note what was stored; with the lease, compute what is due; return rows written.

        Raises
        ------
        heating.errors.HeatingError
            When the store or the records refuse for now; nothing is forgotten, the next call goes on.
        OSError
            When the state file cannot be written.
        """
        before = self.rows_written
        self.note_stored()
        due = (
            self._notes.due(now_ms=self._clock.now_ms(), limit=BUCKETS_A_ROUND) if self._take_lease() else []
        )
        self._due = len(due)
        for family, piece, entries in _pieces(due):
            if self._loop.is_stopping or not self._take_lease():
                break
            self._compute(family, piece)
            if not self._notes.done(self._holder, entries, now_ms=self._clock.now_ms()):
                self._held_until_ms = 0
                _log.warning("storage.rollup_lease_lost", holder=self._holder, noted_again=len(entries))
                break
            self._due -= len(entries)
        return self.rows_written - before

    def _take_lease(self) -> bool:
        now_ms = self._clock.now_ms()
        if self._held_until_ms - now_ms > LEASE_MS // 2:
            return True
        held = self._notes.hold(self._holder, now_ms=now_ms, for_ms=LEASE_MS)
        if held != (self._held_until_ms > 0):
            _log.info("storage.rollup_lease", holder=self._holder, held=held)
        self._held_until_ms = now_ms + LEASE_MS if held else 0
        return held

    def _compute(self, family: BucketFamily, piece: Interval) -> None:
        step = timedelta(milliseconds=family.step_ms)
        for first in range(0, len(family.points), family.points_at_once):
            points = family.points[first : first + family.points_at_once]
            found = self._store.statistics(family.measurement, points, piece, step=step)
            rows = [rows for part in found for rows in family.rollups_of(part, self._groups)]
            del found
            self._store.write_rollups(rows)
            self.rows_written += sum(len(part.count) for part in rows)


def _end_ms(key: tuple[str, int]) -> int:
    family, start_ms = key
    return start_ms + FAMILY_NAMED[family].step_ms


def _unnoted_buckets(
    state: NotedState, *, now_ms: int, first_horizon: timedelta
) -> dict[tuple[str, int], int]:
    """Return the buckets that a process before this one may have stored readings of without noting them."""
    found: dict[tuple[str, int], int] = {}
    oldest_ms = now_ms - LATE_LIMIT // timedelta(milliseconds=1)
    noted_ms = state.noted_until_ms
    if noted_ms is None:
        noted_ms = now_ms - first_horizon // timedelta(milliseconds=1)
    for family in FAMILIES:
        step_ms = family.step_ms
        # Readings in time fall into buckets that were not over when they were stored.
        since_ms = state.written_until_ms.get(family.name, noted_ms - family.over_ms(0))
        starts = set(range(max(since_ms, oldest_ms) // step_ms * step_ms, now_ms, step_ms))
        for hour_ms in state.late_hours_ms:
            starts |= set(range(hour_ms, hour_ms + HOUR_MS, step_ms))
        for start_ms in starts:
            found[family.name, start_ms] = max(family.over_ms(start_ms), now_ms + family.late_pause_ms)
    return found


def _pieces(due: Sequence[RollupDue]) -> list[tuple[BucketFamily, Interval, list[RollupDue]]]:
    """Return due buckets in stretches without a hole, each for one read, newest first."""
    stretches: list[list[RollupDue]] = []
    known = [one for one in due if one.family in FAMILY_NAMED]
    for one in sorted(known, key=lambda entry: (entry.family, -entry.bucket_ms)):
        family, last = FAMILY_NAMED[one.family], stretches[-1] if stretches else []
        joins = (
            last and last[-1].family == one.family and last[-1].bucket_ms - family.step_ms == one.bucket_ms
        )
        if joins and len(last) * family.step_ms < family.piece_ms:
            last.append(one)
        else:
            stretches.append([one])
    stretches.sort(key=lambda entries: -entries[0].bucket_ms)
    found = []
    for entries in stretches:
        family = FAMILY_NAMED[entries[0].family]
        begin_ms, end_ms = entries[-1].bucket_ms, entries[0].bucket_ms + family.step_ms
        found.append((family, Interval(from_epoch_ms(begin_ms), from_epoch_ms(end_ms)), entries))
    return found
