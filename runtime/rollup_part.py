"""The writer of the roll-ups joined to the collector: one place for its file, its patience and its first horizon.

One collector sums readings up as they come; of several on a shared subscription one computes what all have stored.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import structlog

from config.settings.tree import Settings
from heating.assets import Site
from heating.clock import Clock
from heating.protocols import BatchSink, Health, TimeSeriesStore
from runtime.supervisor import Part
from storage.readings.rollups.noting_store import NotingStore
from storage.readings.rollups.shared import SharedRollups, SharedWork
from storage.readings.rollups.writer import RollupWriter
from storage.readings.statistics import RollupStore

__all__ = ["Rollups", "build_rollups", "rollup_part", "store_has_caught_up"]

_log = structlog.get_logger()

STATE_FILE = "rollups.json"
"""In the folder of the spool, beside the cursor: it belongs to this collector."""
SHARED_STATE_FILE = "shared-rollups.json"
"""The same for a collector of several."""
FEW_BATCHES = 50
"""A backlog of so many commits is some seconds old at the most; a bucket is over for longer before it is computed."""


@dataclass(frozen=True, slots=True)
class Rollups:
    """What writes roll-ups, and how the collector is joined to it."""

    writer: RollupWriter | SharedRollups
    store: TimeSeriesStore
    """What the collector writes readings to."""
    sinks: tuple[BatchSink, ...]
    """What else the collector hands its batches to."""

    def settle_by(self, caught_up: Callable[[], bool]) -> None:
        """Say how to tell that the store has what was accepted; to be called before the start."""
        if isinstance(self.writer, RollupWriter):
            self.writer.settled = caught_up


def build_rollups(
    *, store: TimeSeriesStore, work: SharedWork, site: Site, clock: Clock, settings: Settings
) -> Rollups:
    """Build the writer that fits the settings: alone, or one of several collectors.

    Raises
    ------
    TypeError
        When the store cannot keep roll-ups together.
    """
    if not hasattr(store, "statistics"):
        raise TypeError(f"{type(store).__name__} makes no statistics: roll-ups need them")
    rollup_store = cast(RollupStore, store)
    if settings.mqtt.share_group is None:
        writer = _build_writer(store=rollup_store, site=site, clock=clock, settings=settings)
        return Rollups(writer, store, (writer,))
    shared = SharedRollups(
        store=rollup_store,
        work=work,
        slot=settings.mqtt.client_id,
        site=site,
        clock=clock,
        state_file=settings.collector.spool_dir / SHARED_STATE_FILE,
    )
    return Rollups(shared, cast(TimeSeriesStore, NotingStore(store, shared)), ())


def _build_writer(*, store: RollupStore, site: Site, clock: Clock, settings: Settings) -> RollupWriter:
    """Build the writer of a collector alone.

    The embedded store computes a week of missing roll-ups by itself in a moment; of InfluxDB the raw readings would
    have to be fetched, so a first start looks back two hours only.
    """
    state_file = settings.collector.spool_dir / STATE_FILE
    if getattr(store, "set_aside", None) is not None:
        _log.warning(
            "runtime.rollups_distrusted", reason="the store's log was set aside: computed anew from raw"
        )
        state_file.unlink(missing_ok=True)
    embedded = settings.timeseries.url.startswith("duckdb:")
    return RollupWriter(
        store=store,
        site=site,
        clock=clock,
        state_file=state_file,
        first_horizon=timedelta(days=7) if embedded else timedelta(hours=2),
    )


def rollup_part(writer: RollupWriter | SharedRollups) -> Part:
    """Return the part for the supervisor; it starts before the collector and stops after it."""
    return Part(name="roll-ups", start=writer.start, stop=writer.stop, is_alive=lambda: writer.is_running)


def store_has_caught_up(health: Callable[[], Health]) -> Callable[[], bool]:
    """Return a test whether the store has what the collector accepted, from the collector's own figures."""
    return lambda: health().figures.get("store_backlog_batches", 0.0) <= FEW_BATCHES
