"""The forwarder: from the spool to the time-series store, in order, for ever.

Synchronous writes under a rising mark; a store that is away is asked again with growing, jittered pauses and without
an end; rows that it refuses for good are found (`collector.intake.refused_rows`) and kept as rejections. The cursor moves only after the
store has returned.
"""

from collections.abc import Mapping, Sequence
from time import monotonic

import numpy as np
import structlog
from numpy.typing import NDArray

from collector.intake.backoff import Backoff
from collector.intake.refusal_memory import FullStore, ToldRefusals
from collector.intake.refused_rows import RefusedRows
from collector.intake.spool.rejections_of_store import asked_again, rejections_of_rows, rows_of, settle
from collector.intake.spool.spool import Spool, SpooledBatch
from config.settings.tree import CollectorSettings
from heating.background import BackgroundLoop, Looped
from heating.clock import Clock, SystemClock
from heating.errors import HeatingError
from heating.intake_troubles import IntakeTrouble
from heating.protocols import AppendMark, Health, HealthStatus, ReadingSink
from heating.samples import SampleBatch
from storage.readings.errors import Refusal

__all__ = ["Forwarder"]

MAX_ROWS = 50_000
"""Rows in one append."""
TIDY_EVERY_S = 30.0
"""Time between two looks at old files and at the cap of the rejections [s]."""
IDLE_S = 0.5
"""Longest sleep without news [s]."""
LINGER_S = 1.0
"""Pause that lets several commits gather for one append [s]; after a full append more lies ready, and none is made."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0
STOP_TIMEOUT_S = 30.0
"""Longest wait for the append at hand when the process ends [s]."""
DEGRADED_AFTER_S = 60.0
"""A store that is away longer than this degrades the health [s]."""
REFUSALS_TOLD_S = 900.0
"""So long after the last refused row its reason stays in the health: homes report every few minutes [s]."""
PROBE_EVERY_S = 300.0
"""Time between two tries of one object that met the server's limit of series; the others are not offered [s]."""
GIVEN_BACK_ROWS = 20_000
"""Rejected rows given back to the store at once, when someone asked for it."""

log = structlog.get_logger()


class Forwarder(Looped):
    """Runs in a thread of its own; the only reader of the spool.

    Parameters
    ----------
    spool
        Where the batches come from and the cursor lives.
    store
        Where they go.
    slot
        Name of this collector; with the spool's identity it names the source of the marks.
    settings
        Keeping times and caps.
    backoff
        Pauses while the store is away.
    clock
        Time of rows that are given back.
    """

    def __init__(
        self,
        *,
        spool: Spool,
        store: ReadingSink,
        slot: str,
        settings: CollectorSettings,
        backoff: Backoff | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._spool = spool
        self._store = store
        self._settings = settings
        self._backoff = backoff or Backoff(first_s=FIRST_PAUSE_S, longest_s=LONGEST_PAUSE_S)
        self._clock = clock or SystemClock()
        self._full, self._told = FullStore(probe_every_s=PROBE_EVERY_S), ToldRefusals(told_s=REFUSALS_TOLD_S)
        self.source = f"{slot}:{spool.identity}"
        """Name of this spool in the store's marks."""
        self._loop = BackgroundLoop(
            self._step,
            name="collector-forwarder",
            every_s=LINGER_S,
            on_error=self._in_trouble,
            stop_timeout_s=STOP_TIMEOUT_S,
        )
        self._aligned = False
        self._tidied_s = 0.0
        self._trouble = ""
        self._trouble_since_s = 0.0
        self.forwarded_rows = 0
        """Rows that the store took."""
        self.refused_rows = 0
        """Rows that it refused for good."""
        self.emptied_messages = 0
        """Messages of this process whose every row was refused: stored no more, but rejected."""
        self.appends = 0

    # --- life -------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End the thread after the append at hand; what is left stays in the spool."""
        self._loop.request_stop()
        self._spool.wake()
        self._loop.stop()

    @property
    def is_drained(self) -> bool:
        """Whether the store has all that was committed."""
        return self._spool.cursor >= self._spool.last_sequence

    def health(self) -> Health:
        """Return whether the store keeps up."""
        figures = {
            "backlog_batches": float(max(0, self._spool.last_sequence - self._spool.cursor)),
            "forwarded_rows": float(self.forwarded_rows),
            "refused_rows": float(self.refused_rows),
            "appends": float(self.appends),
        }
        if not self.is_running:
            return Health(HealthStatus.DOWN, "the forwarder does not run", figures)
        trouble = self._trouble
        if trouble and monotonic() - self._trouble_since_s > DEGRADED_AFTER_S:
            return Health(HealthStatus.DOWN, f"the store does not take readings: {trouble}", figures)
        if trouble:
            return Health(HealthStatus.DEGRADED, f"the store is asked again: {trouble}", figures)
        if reasons := self._told.reasons(now_s=monotonic()):
            return Health(HealthStatus.DEGRADED, reasons, figures)
        return Health(HealthStatus.OK, "", figures)

    def troubles(self) -> list[IntakeTrouble]:
        """Return the fields that the store refuses because it has them with another type."""
        return self._told.troubles(now_s=monotonic())

    # --- the thread -------------------------------------------------------------------------------------------

    def _step(self) -> float:
        """Forward what waits, or look for it; return the pause before the next step [s]."""
        pause_s = 0.0
        try:
            self._align()
            if self._spool.wait_for_more(IDLE_S) and not self._loop.is_stopping:
                pause_s = 0.0 if self.forward_once() >= MAX_ROWS else LINGER_S
            self._tidy()
            self._well()
        # A store may fail in ways nobody thought of; whatever it was, the spool keeps the readings and we ask again.
        except Exception as error:
            if not isinstance(error, HeatingError):
                log.exception("collector.forwarder_failed")
            return self._in_trouble(error)
        return pause_s

    def _well(self) -> None:
        if self._trouble:
            log.info("collector.store_back", after_s=round(monotonic() - self._trouble_since_s, 1))
        self._trouble = ""
        self._backoff.succeeded(now_s=monotonic())

    def _in_trouble(self, error: Exception) -> float:
        """Note a failure; return how long the store is left alone [s]."""
        now_s = monotonic()
        if not self._trouble:
            self._trouble_since_s = now_s
        self._trouble = f"{type(error).__name__}: {error}"
        self._aligned = False
        pause_s = self._backoff.next_pause_s(now_s=now_s)
        log.warning("collector.forward_failed", error=self._trouble, next_try_s=round(pause_s, 2))
        return pause_s

    def _align(self) -> None:
        """Agree with the store on what it has: after a crash or a failed append either side may be ahead."""
        if self._aligned:
            return
        mark = self._store.last_mark(self.source)
        if mark is not None and mark > self._spool.cursor:
            log.info("collector.cursor_behind_store", cursor=self._spool.cursor, mark=mark)
            self._spool.skip_to(mark)
            self._spool.set_cursor(mark)
        elif mark is not None and mark < self._spool.cursor:
            self._rewind(mark)
        elif mark is None and self._spool.cursor and self._store.checkpointed_mark(self.source) is not None:
            self._rewind(0)  # an embedded store that knows nothing of this spool was lost or replaced
        self._aligned = True

    def _rewind(self, mark: int) -> None:
        """Forward again what the store lost, as far back as files are kept."""
        start = max(mark, self._spool.oldest_kept_sequence() - 1)
        if start < self._spool.cursor:
            log.warning(
                "collector.store_behind_spool", cursor=self._spool.cursor, mark=mark, again_from=start
            )
            self._spool.set_cursor(start)

    def forward_once(self) -> int:
        """Forward the next batches; return how many rows the store took.

        Raises
        ------
        heating.errors.HeatingError
            When the store or the spool refuses for now; nothing moved.
        """
        batches, reached = self._spool.read(max_rows=MAX_ROWS)
        if not batches:
            if reached > self._spool.cursor:
                self._spool.set_cursor(reached)
            return 0
        merged = SampleBatch.concatenate([batch.samples for batch in batches])
        mark = AppendMark(self.source, batches[-1].sequence)
        refused = self._append(merged, mark)
        if refused:
            self._keep_refused(batches, merged, refused)
        self._spool.set_cursor(max(reached, mark.sequence))
        self.appends += 1
        taken = len(merged) - len(refused)
        self.forwarded_rows += taken
        return taken

    def _append(self, merged: SampleBatch, mark: AppendMark) -> dict[int, Refusal]:
        """Append all rows; return the places of those that the store refused for good, each with its reason."""
        refused = self._full.withhold(merged, now_s=monotonic())
        if not refused:
            try:
                self._store.append(merged, mark=mark)
            except HeatingError as error:
                if error.retryable:
                    raise
                log.warning("collector.append_refused", rows=len(merged), error=str(error))
                refused = self._around(merged, np.arange(len(merged)), error)
            else:
                return {}
        else:
            refused |= self._offer(merged, np.delete(np.arange(len(merged)), list(refused)))
        # The mark goes last and with no rows: had a half carried it, a crash in between would skip the other half.
        self._store.append(SampleBatch.empty(), mark=mark)
        self._full.learn(merged, refused, now_s=monotonic())
        return refused

    def _offer(self, batch: SampleBatch, rows: NDArray[np.intp]) -> dict[int, Refusal]:
        """Append some rows without a mark; return those that were refused."""
        try:
            self._store.append(batch.select(rows))
        except HeatingError as error:
            if error.retryable:
                raise
            return self._around(batch, rows, error)
        return {}

    def _around(self, batch: SampleBatch, rows: NDArray[np.intp], error: HeatingError) -> dict[int, Refusal]:
        search = RefusedRows(self._store, batch)
        search.search(rows, error)
        return search.found

    def _keep_refused(
        self, batches: Sequence[SpooledBatch], merged: SampleBatch, refused: Mapping[int, Refusal]
    ) -> None:
        rows = np.array(sorted(refused), np.intp)
        sizes = np.array([len(batch.samples) for batch in batches])
        ends = np.cumsum(sizes)
        owner = np.searchsorted(ends, rows, side="right")
        log.error("collector.rows_refused", rows=len(rows))
        for place in np.unique(owner).tolist():
            batch = batches[place]
            mine = rows[owner == place]
            inside = mine - (ends[place] - sizes[place])
            emptied = _emptied(batch, inside)
            reasons = [refused[row] for row in mine.tolist()]
            self._spool.keep_rejections(list(rejections_of_rows(batch, inside, reasons, emptied)))
            if batch.sequence >= self._spool.first_own_sequence:
                self.emptied_messages += len(emptied)
        self.refused_rows += len(rows)
        self._told.note(refused.values(), now_s=monotonic())

    def give_back(self) -> int:
        """Give rejected rows back to the store that someone asked for; return how many it took.

        Raises
        ------
        heating.errors.HeatingError
            When the store is away; the rows wait on.
        """
        items = asked_again(self._spool.folder, limit=GIVEN_BACK_ROWS)
        if not items:
            return 0
        refused = self._offer(rows_of(items), np.arange(len(items)))
        taken = [item for place, item in enumerate(items) if place not in refused]
        settle(self._spool.folder, taken, replayed_ms=self._clock.now_ms())
        settle(self._spool.folder, [items[place] for place in refused], replayed_ms=None)
        self._told.note(refused.values(), now_s=monotonic())
        if taken:
            self._full.forget()
        log.info("collector.rows_given_back", taken=len(taken), refused=len(refused))
        return len(taken)

    def _tidy(self) -> None:
        now_s = monotonic()
        if now_s - self._tidied_s < TIDY_EVERY_S:
            return
        self._tidied_s = now_s
        self.give_back()
        self._spool.tidy(
            keep_ms=int(self._settings.spool_keep_s * 1000),
            max_rejections=self._settings.rejections_max_rows,
            safe_sequence=self._store.checkpointed_mark(self.source),
        )


def _emptied(batch: SpooledBatch, inside: NDArray[np.intp]) -> frozenset[int]:
    """Return the messages of a batch of which no row is left."""
    left = np.delete(batch.message, inside)
    return frozenset(batch.message[inside].tolist()) - frozenset(left.tolist())
