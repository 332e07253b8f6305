"""The writer of the roll-ups joined to the collector: one place for its file, its patience and its first horizon."""

from collections.abc import Callable
from datetime import timedelta

import structlog

from config.settings import Settings
from heating.assets import Site
from heating.clock import Clock
from heating.protocols import Health, TimeSeriesStore
from runtime.supervisor import Part
from storage.timeseries.rollup_writer import RollupWriter
from storage.timeseries.statistics import RollupStore

__all__ = ["build_rollup_writer", "rollup_part", "store_has_caught_up"]

_log = structlog.get_logger()

STATE_FILE = "rollups.json"
"""In the folder of the spool, beside the cursor: it belongs to this collector."""
FEW_BATCHES = 50
"""A backlog of so many commits is some seconds old at the most; a bucket is over for longer before it is computed."""


def build_rollup_writer(
    *, store: TimeSeriesStore, site: Site, clock: Clock, settings: Settings
) -> RollupWriter:
    """Build the writer; `RollupWriter.settled` must be set before it starts.

    The embedded store computes a week of missing roll-ups by itself in a moment; of InfluxDB the raw readings would
    have to be fetched, so a first start looks back two hours only.

    Raises
    ------
    TypeError
        When the store cannot keep roll-ups together.
    """
    if not hasattr(store, "statistics"):
        raise TypeError(f"{type(store).__name__} makes no statistics: roll-ups need them")
    state_file = settings.collector.spool_dir / STATE_FILE
    if getattr(store, "set_aside", None) is not None:
        _log.warning(
            "runtime.rollups_distrusted", reason="the store's log was set aside: computed anew from raw"
        )
        state_file.unlink(missing_ok=True)
    embedded = settings.timeseries.url.startswith("duckdb:")
    rollup_store: RollupStore = store  # type: ignore[assignment]  # checked above
    return RollupWriter(
        store=rollup_store,
        site=site,
        clock=clock,
        state_file=state_file,
        first_horizon=timedelta(days=7) if embedded else timedelta(hours=2),
    )


def rollup_part(writer: RollupWriter) -> Part:
    """Return the part for the supervisor; it starts before the collector and stops after it."""
    return Part(name="roll-ups", start=writer.start, stop=writer.stop, is_alive=lambda: writer.is_running)


def store_has_caught_up(health: Callable[[], Health]) -> Callable[[], bool]:
    """Return a test whether the store has what the collector accepted, from the collector's own figures."""
    return lambda: health().figures.get("store_backlog_batches", 0.0) <= FEW_BATCHES
