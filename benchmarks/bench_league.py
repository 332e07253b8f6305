"""A league at its nominal load through broker, collector, live state and embedded store: delay, CPU, and nothing lost.

338,600 homes and 643 stations are registered, 1,772 messages a second come by the embedded broker at QoS 1, from a
sender in a process of its own. This process is the collector with DuckDB behind it and the live state of alerting as
its sink; the CPU of the live state is told apart. One minute by default; the full run is
``./run bench league --minutes 10``.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from alerting.judging.live_state import LiveState
from benchmarks.harness import BenchmarkUnavailable, Goal, Result, wanted_minutes
from benchmarks.league_load import NOMINAL_PER_S, Delays, nominal_sender, registered_league
from collector.intake.mqtt.source import MqttSource
from collector.intake.pipeline import build_collector
from collector.intake.spool.outcomes import Counts
from collector.messages.known_objects import KnownObjects
from config.settings.tree import CollectorSettings, MqttSettings, TimeSeriesSettings
from heating.clock import SystemClock
from heating.heat_tree import build_heat_tree
from heating.protocols import HealthStatus
from heating.samples import SampleBatch
from runtime.child_process import ChildFailedError
from runtime.embedded_broker import EmbeddedBroker
from storage.readings.opening import open_time_series_store

MINUTES = 1.0
PATIENCE_S = 120.0


class TimedLiveState:
    """The live state, with its CPU."""

    def __init__(self, live: LiveState) -> None:
        self._live = live
        self.cpu_s = 0.0

    def accept(self, batch: SampleBatch) -> None:
        """Hand a batch on."""
        start_s = time.thread_time()
        self._live.accept(batch)
        self.cpu_s += time.thread_time() - start_s


@dataclass(frozen=True, slots=True)
class Run:
    """What a run showed."""

    published: int
    wall_s: float
    cpu_s: float
    """CPU of collector and store, without the live state [s]."""
    live_cpu_s: float
    counts: Counts
    delays: Delays


def run_league(folder: Path, minutes: float) -> Run:
    """Run the load and count.

    Raises
    ------
    AssertionError
        When a message was lost, or a value of it.
    """
    league, clock = registered_league(), SystemClock()
    total = int(minutes * 60 * NOMINAL_PER_S)
    live = TimedLiveState(LiveState(league.site, build_heat_tree(league.site), now=clock.now()))
    delays = Delays()
    with ExitStack() as stack:
        load = stack.enter_context(nominal_sender(league))
        broker = EmbeddedBroker(host="127.0.0.1", port=0, data_dir=folder / "broker")
        try:
            broker.start()
        except ChildFailedError as error:
            raise BenchmarkUnavailable(str(error)) from error
        stack.callback(broker.stop)
        store = open_time_series_store(TimeSeriesSettings(url=f"duckdb:///{folder / 'store'}"))
        stack.callback(store.close)
        mqtt = MqttSettings(port=broker.port, protocol="3.1.1")
        source = MqttSource(settings=mqtt, clock=clock)
        collector = build_collector(
            mqtt=mqtt,
            settings=CollectorSettings(spool_dir=folder / "spool", min_free_disk_pct=0.0),
            source=source,
            store=store,
            known=KnownObjects.from_site(league.site),
            clock=clock,
            sinks=(live, delays),
        )
        collector.start()
        _wait(lambda: source.health().status is HealthStatus.OK, PATIENCE_S)
        cpu_s, start_s = time.process_time(), time.monotonic()
        load.send((broker.port, total))
        _wait(lambda: collector.counts().accepted >= total, minutes * 60 + PATIENCE_S)
        cpu_s, wall_s = time.process_time() - cpu_s, time.monotonic() - start_s
        collector.stop(drain=True)
        counts = collector.counts()
    if counts.stored + counts.rejected != total or counts.forwarded_rows != league.values_of(total):
        raise AssertionError(f"meant {total} messages of {league.values_of(total)} values: {counts}")
    return Run(total, wall_s, cpu_s - live.cpu_s, live.cpu_s, counts, delays)


def _wait(condition: Callable[[], bool], patience_s: float) -> None:
    pause, end_s = threading.Event(), time.monotonic() + patience_s
    while not condition() and time.monotonic() < end_s:
        pause.wait(0.05)


def run() -> list[Result]:
    """Measure; a minute and a half, or as long as is asked for."""
    with tempfile.TemporaryDirectory() as name:
        result = run_league(Path(name), wanted_minutes(MINUTES))
    counts, delays = result.counts, result.delays
    nominal_s = result.published / NOMINAL_PER_S  # a slow machine takes longer for the same work
    return [
        Result(
            name="league.live_state_delay_p99",
            value=delays.percentile_s(99),
            unit="s",
            goal=Goal(at_most=0.5),
        ),
        Result(name="league.live_state_delay_max", value=delays.percentile_s(100), unit="s"),
        Result(
            name="league.collector_cpu",
            value=100.0 * result.cpu_s / nominal_s,
            unit="% of a core",
            goal=Goal(at_most=10.0),
        ),
        Result(name="league.live_state_cpu", value=100.0 * result.live_cpu_s / nominal_s, unit="% of a core"),
        Result(name="league.messages_per_second", value=result.published / result.wall_s, unit="messages/s"),
        Result(name="league.duplicates", value=float(counts.duplicates), unit="messages"),
        Result(
            name="league.messages_lost",
            value=float(result.published - counts.stored - counts.rejected),
            unit="messages",
            goal=Goal(at_most=0.0),
        ),
    ]
