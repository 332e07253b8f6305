"""A real collector in a process of its own, to be killed: `python -m ...collector_child JSON`.

Argument: JSON with host, port, protocol, folder, filter, objects; and if wished sabotage, failpoint with nth, hours_from
(a clock on which an hour passes every half second), spool (another folder for it), timeseries (settings of another store), client_id,
settings (of the collector). It prints `ready` once subscribed, then runs until it is killed, or ends in order on end of
standard input and prints its counters.
"""

import json
import sys
import threading
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from collector.intake import forwarder
from collector.intake.mqtt.batch_client import BatchClient
from collector.intake.mqtt.losses import BrokerMemory
from collector.intake.mqtt.source import MqttSource
from collector.intake.pipeline import Collector, build_collector
from collector.messages.known_objects import KnownObjects
from config.settings.tree import CollectorSettings, MqttSettings, RouteSettings, TimeSeriesSettings
from heating.clock import Clock, SystemClock
from heating.intervals import from_epoch_ms
from heating.points import Measurement
from heating.protocols import HealthStatus, TimeSeriesStore
from heating.samples import ObjectRef
from storage.readings.opening import open_time_series_store
from tests.integration.collector.failpoints import install


def sabotage(name: str) -> None:
    """Break one promise on purpose (negative controls); never shipped."""
    if name == "acknowledge_first":

        def process(self: Any, messages: Any) -> None:
            self._source.acknowledge(messages)
            self._source._loop.wake()
            threading.Event().wait(0.05)
            committed = self._spool.commit(messages, self._chain.read(messages))
            self._counts = self._counts.plus(committed.counts)

        Collector._process = process  # type: ignore[method-assign]
    elif name == "no_epoch_guard":
        BatchClient._is_current = lambda _self, _epoch: True  # type: ignore[method-assign]
    elif name == "no_repeats":
        import numpy as np

        import collector.intake.spool.repeat_memory as repeat_memory
        from collector.intake.spool.repeats import Judged

        acknowledge = Collector._acknowledge

        def late(self: Any, messages: Any) -> None:
            threading.Event().wait(0.05)
            acknowledge(self, messages)

        Collector._acknowledge = late  # type: ignore[method-assign]
        repeat_memory.judge_rows = lambda decoded, _files: Judged(
            np.zeros(len(decoded.samples), np.uint8), np.zeros(0, np.uint64)
        )


class FleetingClock(SystemClock):
    """A clock on which an hour passes every half second, so that spool files turn."""

    def __init__(self, start_ms: int) -> None:
        self._start_ms = start_ms

    def now_ms(self) -> int:
        """Return the time it shows [epoch ms]."""
        real_ms = super().now_ms()
        return real_ms + (real_ms - self._start_ms) // 500 * 3_600_000

    def now(self) -> datetime:
        """Return the time it shows."""
        return from_epoch_ms(self.now_ms())


def keep_house(store: TimeSeriesStore, clock: Clock) -> None:
    """Checkpoint the embedded store again and again, as the housekeeping does daily."""
    pause = threading.Event()
    while not pause.wait(0.25):
        store.apply_retention(now=clock.now())


def open_store(options: dict[str, Any], clock: Clock) -> TimeSeriesStore:
    """Open the store; with a failpoint it is also looked after at a quick pace."""
    settings = options.get("timeseries") or {"url": f"duckdb:///{options['folder']}/store"}
    store = open_time_series_store(TimeSeriesSettings(**settings))
    if options.get("failpoint"):
        install(options["failpoint"], options["nth"])
        forwarder.TIDY_EVERY_S = 0.2
        threading.Thread(target=keep_house, args=(store, clock), daemon=True).start()
    return store


def main() -> None:
    """Run until the end of standard input."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(file=sys.stderr))
    options = json.loads(sys.argv[1])
    sabotage(options.get("sabotage", ""))
    mqtt = MqttSettings(
        host=options["host"],
        port=options["port"],
        protocol=options["protocol"],
        client_id=options.get("client_id", "collector-under-fire"),
        routes=(RouteSettings(filter=options["filter"]),),
        **options.get("mqtt", {}),
    )
    settings = CollectorSettings(
        spool_dir=Path(options["folder"]) / options.get("spool", "spool"),
        **{"min_free_disk_pct": 0.0, **options.get("settings", {})},
    )
    clock: Clock = FleetingClock(options["hours_from"]) if options.get("hours_from") else SystemClock()
    store = open_store(options, clock)
    known = KnownObjects(
        {ObjectRef(Measurement.ROOM, f"S{number}"): "xl" for number in range(options["objects"])}
    )
    memory = BrokerMemory(
        settings.spool_dir / "broker-session.json", identity=f"{mqtt.client_id}@{mqtt.port}", clock=clock
    )
    source = MqttSource(
        settings=mqtt,
        clock=clock,
        memory=memory,
        subscriptions_file=settings.spool_dir / "subscriptions.json",
    )
    collector = build_collector(
        mqtt=mqtt, settings=settings, source=source, store=store, known=known, clock=clock
    )
    collector.start()
    while source.health().status is not HealthStatus.OK:
        threading.Event().wait(0.01)
    print("ready", flush=True)
    sys.stdin.read()
    collector.stop(drain=True, timeout_s=60.0)
    print(json.dumps(asdict(collector.counts())), flush=True)
    store.close()


if __name__ == "__main__":
    main()
