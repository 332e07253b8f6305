"""`RollupWriter`: writes ``station_5m``, ``building_5m``, ``community_5m`` and ``room_1h`` from the stream of readings.

Readings are gathered in memory; a bucket is written when it has been over for `GRACE_MS`. Readings that come later
amend what was written. Buckets that were open when this process started, and those missed while none ran, are
computed once from the raw readings of the store. A group counts each room once a bucket, by the room's mean.
Arithmetic is in `statistics`; which rows exist where is the stores' business.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from heating.assets import Site
from heating.clock import Clock
from heating.errors import HeatingError
from heating.points import POINTS, Measurement
from heating.protocols import Health, HealthStatus, RollupBatch
from heating.quality import is_usable
from heating.samples import SampleBatch
from storage.readings.rollups.amending import amended
from storage.readings.rollups.buckets import OpenBucket
from storage.readings.rollups.groups import RoomGroups
from storage.readings.rollups.kinds import GRACE_MS, KINDS, LATE_LIMIT, Kind, rollups_of
from storage.readings.rollups.recovery import MissingBuckets
from storage.readings.rollups.state import load_state, save_state
from storage.readings.statistics import RollupStore, Statistics, bucket_statistics

__all__ = ["RollupWriter"]

ROUND_S = 5.0
"""Pause between two rounds [s]."""
MOST_ROWS_WAITING = 3_000_000
"""Roll-up rows, and late readings, kept in memory while the store is away; beyond it they are computed from raw."""
GAPS_IN_A_ROUND = 24
"""Missing stretches looked at in a round when there is nothing in them."""
HOUR_MS = 3_600_000

_log = structlog.get_logger()


_POINT_MEASUREMENT = np.array([list(Measurement).index(point.measurement) for point in POINTS], np.int8)


@dataclass(slots=True)
class _Rows:
    """Usable readings of one measurement, objects by the writer's numbers."""

    index: NDArray[np.int32]
    point: NDArray[np.int16]
    measured_ms: NDArray[np.int64]
    value: NDArray[np.float64]


class RollupWriter:
    """A `BatchSink` with a thread of its own that writes.

    Parameters
    ----------
    store
        Where roll-ups go and raw readings come from.
    site
        Which room belongs to which building and community.
    clock
        What tells when a bucket is over.
    state_file
        Remembers over a restart how far the writing came.
    settled
        Says whether the store has all readings that were accepted; buckets missed are not computed before.
    first_horizon
        How far back a first start, without a state file, computes roll-ups from raw readings.
    """

    def __init__(
        self,
        *,
        store: RollupStore,
        site: Site,
        clock: Clock,
        state_file: Path,
        settled: Callable[[], bool] = lambda: True,
        first_horizon: timedelta = timedelta(hours=2),
    ) -> None:
        self._store = store
        self._clock = clock
        self._groups = RoomGroups(site)
        self._state_file = state_file
        self.settled = settled
        """Whether the store has all readings that were accepted; may be set until the start."""
        self._lock = threading.Lock()
        self._incoming: list[SampleBatch] = []
        self._ids: dict[Measurement, list[str]] = {Measurement.STATION: [], Measurement.ROOM: []}
        self._numbers: dict[Measurement, dict[str, int]] = {m: {} for m in self._ids}
        self._open: dict[str, dict[int, OpenBucket]] = {kind.name: {} for kind in KINDS}
        self._late: dict[str, list[_Rows]] = {kind.name: [] for kind in KINDS}
        self._pending: list[RollupBatch] = []
        self._state = load_state(state_file)
        self._missing = MissingBuckets.since_last_run(
            self._state,
            steps={kind.name: kind.step_ms for kind in KINDS},
            now_ms=clock.now_ms(),
            horizon_ms=first_horizon // timedelta(milliseconds=1),
            longest_ms=LATE_LIMIT // timedelta(milliseconds=1),
        )
        self._closed_until = {kind.name: self._missing.end_ms(kind.name) for kind in KINDS}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rollup-writer", daemon=True)
        self._trouble = ""
        self._gaps_filled = 0
        self.rows_written = 0
        """Roll-up rows that the store took."""
        self.late_rows = 0
        """Readings that amended a bucket."""

    # --- life -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after a last round; open buckets are computed from raw readings by the next process."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(30.0)

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def health(self) -> Health:
        """Return whether roll-ups are being written."""
        figures = {
            "rows_written": float(self.rows_written),
            "late_rows": float(self.late_rows),
            "missing_buckets": float(len(self._missing)),
            "open_buckets": float(sum(map(len, self._open.values()))),
        }
        if self._trouble:
            return Health(HealthStatus.DEGRADED, f"roll-ups wait for the store: {self._trouble}", figures)
        return Health(HealthStatus.OK, figures=figures)

    def accept(self, batch: SampleBatch) -> None:
        """Take a batch; the work is done in the writer's own thread."""
        if len(batch):
            with self._lock:
                self._incoming.append(batch)

    def follow(self, site: Site) -> None:
        """Follow a changed registry; buckets already written stay as they are."""
        self._groups = RoomGroups(site)

    # --- the thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.wait(ROUND_S):
            self._guarded_round()
            while self._gaps_filled and not self._stopping.wait(0.05):
                self._guarded_round()
        self._guarded_round()

    def _guarded_round(self) -> None:
        try:
            self.run_once()
        except (HeatingError, OSError) as error:
            self._gaps_filled = 0
            if str(error) != self._trouble:
                _log.warning("storage.rollups_wait", error=str(error))
            self._trouble = str(error) or type(error).__name__
        else:
            self._trouble = ""

    def run_once(self) -> int:
        """Take what came, write buckets that are over, amend, compute a piece of what is missing; return rows.

        Raises
        ------
        heating.errors.HeatingError
            When the store refuses for now; nothing is forgotten, the next call goes on.
        OSError
            When the state file cannot be written.
        """
        before = self.rows_written
        now_ms = self._clock.now_ms()
        self._take(now_ms)
        if any(self._late.values()):
            save_state(self._state_file, self._state)
        self._close(now_ms)
        self._drain()
        self._amend()
        self._note_written()
        self._fill_gaps(now_ms)
        return self.rows_written - before

    def _take(self, now_ms: int) -> None:
        with self._lock:
            incoming, self._incoming = self._incoming, []
        if not incoming:
            return
        batch = SampleBatch.concatenate(incoming)
        usable = is_usable(batch.quality) & np.isfinite(batch.value)
        usable &= batch.measured_ms >= now_ms - LATE_LIMIT // timedelta(milliseconds=1)
        for measurement in self._ids:
            number = list(Measurement).index(measurement)
            rows = np.flatnonzero(usable & (_POINT_MEASUREMENT[batch.point] == number))
            if not len(rows):
                continue
            numbers = np.array(
                [
                    self._number(measurement, ref.object_id) if ref.measurement is measurement else -1
                    for ref in batch.objects
                ],
                np.int32,
            )
            own = _Rows(
                numbers[batch.object_index[rows]],
                batch.point[rows],
                batch.measured_ms[rows],
                batch.value[rows],
            )
            for kind in KINDS:
                if kind.measurement is measurement:
                    self._sort_in(kind, own)

    def _number(self, measurement: Measurement, object_id: str) -> int:
        numbers = self._numbers[measurement]
        number = numbers.get(object_id)
        if number is None:
            number = numbers[object_id] = len(numbers)
            self._ids[measurement].append(object_id)
        return number

    def _sort_in(self, kind: Kind, rows: _Rows) -> None:
        """Put readings into open buckets, or among the late; those of missing buckets are in the store already."""
        wanted = np.array([point.name in kind.points for point in POINTS])[rows.point]
        bucket_ms = rows.measured_ms - rows.measured_ms % kind.step_ms
        for start_ms in np.unique(bucket_ms[wanted]).tolist():
            chosen = np.flatnonzero(wanted & (bucket_ms == start_ms))
            if self._missing.has(kind.name, start_ms):
                continue
            if start_ms >= self._closed_until[kind.name]:
                bucket = self._open[kind.name].setdefault(start_ms, OpenBucket(start_ms))
                bucket.add(rows.index[chosen], rows.point[chosen], rows.value[chosen])
                continue
            self._state.late_hours_ms.add(start_ms - start_ms % HOUR_MS)
            self.late_rows += len(chosen)
            self._late[kind.name].append(
                _Rows(rows.index[chosen], rows.point[chosen], bucket_ms[chosen], rows.value[chosen])
            )

    def _close(self, now_ms: int) -> None:
        for kind in KINDS:
            until = (now_ms - GRACE_MS) // kind.step_ms * kind.step_ms
            self._closed_until[kind.name] = max(self._closed_until[kind.name], until)
            buckets = self._open[kind.name]
            for start_ms in sorted(start for start in buckets if start < self._closed_until[kind.name]):
                found = buckets.pop(start_ms).statistics(self._ids[kind.measurement])
                if sum(len(rows.count) for rows in self._pending) > MOST_ROWS_WAITING:
                    self._missing.add(kind.name, start_ms)
                    continue
                for part in found:
                    self._pending += rollups_of(kind, part, self._groups)

    def _drain(self) -> None:
        """Write what waits; the same rows again until the store has them."""
        if self._pending:
            self._store.write_rollups(self._pending)
            self.rows_written += sum(len(rows.count) for rows in self._pending)
            self._pending = []

    def _amend(self) -> None:
        """Add late readings to the rows written; the readings are kept until the sums are made."""
        for kind in KINDS:
            late = self._late[kind.name]
            if sum(len(rows.value) for rows in late) > MOST_ROWS_WAITING:
                for start_ms in np.unique(np.concatenate([rows.measured_ms for rows in late])).tolist():
                    self._missing.add(kind.name, start_ms)
            elif late:
                parts = self._late_statistics(kind, late)
                self._pending = [
                    sums
                    for part in parts
                    for rows in rollups_of(kind, part, self._groups)
                    for sums in amended(self._store, rows)
                ]
            self._late[kind.name] = []
            self._drain()
        if self._state.late_hours_ms:
            self._state.late_hours_ms.clear()
            save_state(self._state_file, self._state)

    def _late_statistics(self, kind: Kind, late: Sequence[_Rows]) -> list[Statistics]:
        index, point, bucket_ms, value = (
            np.concatenate([getattr(rows, name) for rows in late])
            for name in ("index", "point", "measured_ms", "value")
        )
        ids = self._ids[kind.measurement]
        return [
            bucket_statistics(
                POINTS[place].name,
                ids,
                index[point == place],
                bucket_ms[point == place],
                value[point == place],
            )
            for place in np.unique(point).tolist()
        ]

    def _note_written(self) -> None:
        reached = {
            kind.name: self._missing.reached(kind.name, self._closed_until[kind.name]) for kind in KINDS
        }
        if reached != self._state.written_until_ms:
            self._state.written_until_ms = reached
            save_state(self._state_file, self._state)

    def _fill_gaps(self, now_ms: int) -> None:
        """Compute missing buckets from raw readings, the newest first, an hour of each kind at a time."""
        self._gaps_filled = 0
        while self._gaps_filled < GAPS_IN_A_ROUND and len(self._missing) and self.settled():
            rows, gaps = self.rows_written, self._gaps_filled
            for kind in KINDS:
                self._fill_one_gap(kind, now_ms)
            if self._gaps_filled == gaps or self.rows_written > rows:
                return

    def _fill_one_gap(self, kind: Kind, now_ms: int) -> None:
        gap = self._missing.next_gap(kind.name, ended_by_ms=now_ms - GRACE_MS)
        if gap is None:
            return
        step = timedelta(milliseconds=kind.step_ms)
        found = self._store.statistics(kind.measurement, kind.points, gap, step=step)
        self._pending = [rows for part in found for rows in rollups_of(kind, part, self._groups)]
        self._drain()
        self._missing.fill(kind.name, gap)
        self._gaps_filled += 1
        self._note_written()
