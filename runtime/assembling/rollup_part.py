"""The roll-up engine joined to the collector: its file, its first horizon, and the store that notes."""

from datetime import timedelta

import structlog

from config.settings.tree import Settings
from heating.assets import Site
from heating.clock import Clock
from runtime.supervisor import Part
from storage.readings.rollups.engine import RollupEngine
from storage.readings.rollups.notes import RollupNotes
from storage.readings.statistics import RollupStore

__all__ = ["build_rollups", "rollup_part"]

_log = structlog.get_logger()

STATE_FILE = "rollups.json"
"""In the folder of the spool, beside the cursor: it belongs to this collector."""
SHARED_STATE_FILE_0_1 = "shared-rollups.json"
"""What 0.1.0 called it for a collector of several."""


def build_rollups(
    *, store: RollupStore, notes: RollupNotes, site: Site, clock: Clock, settings: Settings
) -> RollupEngine:
    """Build the engine of a collector.

    The embedded store computes a week of missing roll-ups by itself in a moment; of InfluxDB the raw readings would
    have to be fetched, so a first start looks back two hours only.
    """
    folder = settings.collector.spool_dir
    state_file = folder / STATE_FILE
    if (folder / SHARED_STATE_FILE_0_1).exists():
        (folder / SHARED_STATE_FILE_0_1).replace(state_file)
    if store.has_lost_writes:
        _log.warning(
            "runtime.rollups_distrusted", reason="the store's log was set aside: computed from raw again"
        )
        state_file.unlink(missing_ok=True)
    embedded = settings.timeseries.url.startswith("duckdb:")
    return RollupEngine(
        store=store,
        notes=notes,
        holder=settings.mqtt.client_id,
        site=site,
        clock=clock,
        state_file=state_file,
        first_horizon=timedelta(days=7) if embedded else timedelta(hours=2),
    )


def rollup_part(engine: RollupEngine) -> Part:
    """Return the part for the supervisor; it starts before the collector and stops after it."""
    return Part(name="roll-ups", start=engine.start, stop=engine.stop, is_alive=lambda: engine.is_running)
