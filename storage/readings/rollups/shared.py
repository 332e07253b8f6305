"""`SharedRollups`: the roll-ups of a house whose messages are dealt out among several collectors.

No collector sees all readings of a bucket then, so none can sum them up as they come. Each notes which buckets it has
stored readings of; one of them, whoever holds the lease, computes noted buckets from the raw readings of all. Late
readings note their bucket again. One collector alone uses `rollup_writer`, which reads nothing back.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import numpy as np
import structlog

from heating.assets import Site
from heating.clock import Clock
from heating.errors import HeatingError
from heating.intervals import Interval, from_epoch_ms
from heating.points import POINTS, Measurement
from heating.protocols import Health, HealthStatus
from heating.samples import SampleBatch
from storage.readings.rollups.groups import RoomGroups
from storage.readings.rollups.kinds import GRACE_MS, KINDS, LATE_LIMIT, Due, Kind, rollups_of
from storage.readings.rollups.state import load_state, save_state
from storage.readings.statistics import RollupStore

__all__ = ["LEASE_MS", "SharedRollups", "SharedWork"]

LEASE_MS = 120_000
"""A collector that holds the work and dies is followed after this long [ms]; it is renewed at every piece."""
ROUND_S = 5.0
"""Pause between two rounds [s]."""
SAVE_EVERY_MS = 30_000
"""How often it is written down up to where stored readings are noted [ms]."""
HOUR_MS = 3_600_000
_LATE_PAUSE_STEPS = 5
"""Late readings of a bucket gather for a fifth of its length before it is computed again."""
_NOTED = "noted"

_log = structlog.get_logger()
_MEASUREMENTS = tuple(Measurement)
_POINT_MEASUREMENT = np.array([_MEASUREMENTS.index(point.measurement) for point in POINTS], np.int8)
_KIND_OF = {kind.name: kind for kind in KINDS}


class SharedWork(Protocol):
    """What the collectors of a house know in common; `storage.records.rollup_work` keeps it."""

    def note(self, buckets: Mapping[tuple[str, int], int]) -> None:
        """Note buckets (kind, start) as to be computed from a time on [epoch ms]; an earlier time stays."""
        ...

    def due(self, *, now_ms: int, limit: int = 1000) -> list[Due]:
        """Return buckets that may be computed, newest first."""
        ...

    def hold(self, holder: str, *, now_ms: int, for_ms: int) -> bool:
        """Take or renew the lease; return whether `holder` has it now."""
        ...

    def release(self, holder: str) -> None:
        """Give the lease up."""
        ...

    def done(self, holder: str, computed: Sequence[Due], *, now_ms: int) -> bool:
        """Take computed buckets off, but those noted anew meanwhile; without the lease note them all again."""
        ...


class SharedRollups:
    """Notes what this collector stores and, with the lease, computes what is due, in a thread of its own.

    Parameters
    ----------
    store
        The store that all collectors write to.
    work
        What is due, shared with the other collectors.
    slot
        Name of this collector, another one for each.
    site
        Which room belongs to which building and community.
    clock
        What tells when a bucket is over.
    state_file
        Remembers over a crash up to where stored readings are noted; in this collector's own folder.
    first_horizon
        How far back a first start, without a state file, notes buckets.
    """

    def __init__(
        self,
        *,
        store: RollupStore,
        work: SharedWork,
        slot: str,
        site: Site,
        clock: Clock,
        state_file: Path,
        first_horizon: timedelta = timedelta(hours=2),
    ) -> None:
        self._store = store
        self._work = work
        self._slot = slot
        self._groups = RoomGroups(site)
        self._clock = clock
        self._state_file = state_file
        self._lock = threading.Lock()
        self._state = load_state(state_file)
        now_ms = clock.now_ms()
        noted_ms = self._state.written_until_ms.get(
            _NOTED, now_ms - first_horizon // timedelta(milliseconds=1)
        )
        self._touched = self._unnoted_buckets(noted_ms, now_ms)
        self._in_flight = 0
        self._saved_ms = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shared-rollups", daemon=True)
        self._trouble = ""
        self._holds = False
        self.rows_written = 0
        """Roll-up rows that the store took from this collector."""

    # --- life -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after a last round and let another collector go on."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(60.0)

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def health(self) -> Health:
        """Return whether buckets are noted and computed."""
        figures = {"rows_written": float(self.rows_written), "holds_the_lease": float(self._holds)}
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

        Hours that late readings are about to change are written down before, so that a crash right after storing
        forgets nothing; the others follow from the time of the crash.
        """
        now_ms = self._clock.now_ms()
        buckets = _buckets_of(batch, now_ms=now_ms)
        late = {
            start_ms - start_ms % HOUR_MS
            for kind, start_ms in buckets
            if start_ms + _KIND_OF[kind].step_ms + GRACE_MS <= now_ms
        }
        with self._lock:
            self._in_flight += 1
            if not late <= self._state.late_hours_ms:
                self._state.late_hours_ms |= late
                self._guarded(lambda: save_state(self._state_file, self._state))
        try:
            yield
        except BaseException:
            with self._lock:
                self._in_flight -= 1
            raise
        with self._lock:
            self._in_flight -= 1
            for kind, start_ms in buckets:
                self._touched.setdefault((kind, start_ms), _ready_ms(_KIND_OF[kind], start_ms, now_ms))

    def _unnoted_buckets(self, noted_ms: int, now_ms: int) -> dict[tuple[str, int], int]:
        """Return the buckets that a process before this one may have stored readings of without noting them."""
        found: dict[tuple[str, int], int] = {}
        oldest_ms = now_ms - LATE_LIMIT // timedelta(milliseconds=1)
        for kind in KINDS:
            step = kind.step_ms
            begin = max(noted_ms - step - GRACE_MS, oldest_ms) // step * step
            starts = set(range(begin, now_ms, step))
            for hour in self._state.late_hours_ms:
                starts |= set(range(hour, hour + HOUR_MS, step))
            for start_ms in starts:
                found[kind.name, start_ms] = _ready_ms(kind, start_ms, now_ms)
        return found

    # --- the thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.wait(ROUND_S):
            self._guarded(self.run_once)
        self._guarded(self.note_stored)
        if self._holds:
            self._guarded(lambda: self._work.release(self._slot))

    def _guarded(self, work: "_Work") -> None:
        try:
            work()
        except (HeatingError, OSError) as error:
            if str(error) != self._trouble:
                _log.warning("storage.shared_rollups_wait", error=str(error))
            self._trouble = str(error) or type(error).__name__
        else:
            self._trouble = ""

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
        due = self._work.due(now_ms=self._clock.now_ms()) if self._take_lease() else []
        for kind, gap, entries in _gaps(due):
            if self._stopping.is_set() or not self._take_lease():
                break
            self._compute(kind, gap)
            if not self._work.done(self._slot, entries, now_ms=self._clock.now_ms()):
                self._holds = False
                _log.warning("storage.rollup_lease_lost", slot=self._slot, again=len(entries))
                break
        return self.rows_written - before

    def note_stored(self) -> None:
        """Tell the others which buckets have new readings."""
        now_ms = self._clock.now_ms()
        with self._lock:
            touched, self._touched = self._touched, {}
            late = frozenset(self._state.late_hours_ms)
            quiet = not self._in_flight
        try:
            self._work.note(touched)
        except BaseException:
            with self._lock:
                self._touched = {**self._touched, **touched}
            raise
        if quiet:  # else what is being stored may belong to a time before this one
            self._write_down(now_ms, late, touched)

    def _write_down(self, now_ms: int, late: frozenset[int], touched: Mapping[tuple[str, int], int]) -> None:
        """Remember that everything stored until `now_ms` is noted; late hours are done once a note covered them."""
        covered = {start_ms - start_ms % HOUR_MS for _, start_ms in touched} & late
        if not covered and now_ms - self._saved_ms < SAVE_EVERY_MS:
            return
        with self._lock:
            self._state = replace(
                self._state,
                written_until_ms={_NOTED: now_ms},
                late_hours_ms=self._state.late_hours_ms - covered,
            )
            save_state(self._state_file, self._state)
            self._saved_ms = now_ms

    def _take_lease(self) -> bool:
        held = self._work.hold(self._slot, now_ms=self._clock.now_ms(), for_ms=LEASE_MS)
        if held != self._holds:
            _log.info("storage.rollup_lease", slot=self._slot, held=held)
        self._holds = held
        return held

    def _compute(self, kind: Kind, gap: Interval) -> None:
        step = timedelta(milliseconds=kind.step_ms)
        found = self._store.statistics(kind.measurement, kind.points, gap, step=step)
        rows = [rows for part in found for rows in rollups_of(kind, part, self._groups)]
        self._store.write_rollups(rows)
        self.rows_written += sum(len(part.count) for part in rows)


class _Work(Protocol):
    def __call__(self) -> object: ...


def _ready_ms(kind: Kind, start_ms: int, now_ms: int) -> int:
    """Return when a bucket may be computed: some time after its end; late readings gather for a while."""
    over_ms = start_ms + kind.step_ms + GRACE_MS
    return over_ms if over_ms > now_ms else now_ms + kind.step_ms // _LATE_PAUSE_STEPS


def _buckets_of(batch: SampleBatch, *, now_ms: int) -> list[tuple[str, int]]:
    """Return kind and start of every bucket that a batch has readings of."""
    oldest_ms = now_ms - LATE_LIMIT // timedelta(milliseconds=1)
    found: list[tuple[str, int]] = []
    measurement = _POINT_MEASUREMENT[batch.point]
    for kind in KINDS:
        own = batch.measured_ms[measurement == _MEASUREMENTS.index(kind.measurement)]
        starts = np.unique(own[own >= oldest_ms] // kind.step_ms) * kind.step_ms
        found += [(kind.name, start_ms) for start_ms in starts.tolist()]
    return found


def _gaps(due: Sequence[Due]) -> list[tuple[Kind, Interval, list[Due]]]:
    """Return due buckets in stretches without a hole, at most an hour each, newest first."""
    stretches: list[list[Due]] = []
    for one in sorted(due, key=lambda entry: (entry.kind, -entry.bucket_ms)):
        last = stretches[-1] if stretches else []
        step_ms = _KIND_OF[one.kind].step_ms if one.kind in _KIND_OF else 0
        joins = last and last[-1].kind == one.kind and last[-1].bucket_ms - step_ms == one.bucket_ms
        if joins and len(last) * step_ms < HOUR_MS:
            last.append(one)
        elif step_ms:
            stretches.append([one])
    stretches.sort(key=lambda entries: -entries[0].bucket_ms)
    found = []
    for entries in stretches:
        kind = _KIND_OF[entries[0].kind]
        begin, end = entries[-1].bucket_ms, entries[0].bucket_ms + kind.step_ms
        found.append((kind, Interval(from_epoch_ms(begin), from_epoch_ms(end)), entries))
    return found
