"""A real collector in a process of its own, to be killed: `python -m ...collector_child JSON`.

Argument: JSON with host, port, protocol, folder, filter, objects, sabotage. It prints `ready` once subscribed, then runs
until it is killed, or ends in order on end of standard input and prints its counters.
"""

import json
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from collector.known_objects import KnownObjects
from collector.mqtt.batch_client import BatchClient
from collector.mqtt.source import MqttSource
from collector.pipeline import Collector, build_collector
from config.settings import CollectorSettings, MqttSettings, RouteSettings, TimeSeriesSettings
from heating.clock import SystemClock
from heating.points import Measurement
from heating.protocols import HealthStatus
from heating.samples import ObjectRef
from storage.open_stores import open_time_series_store


def sabotage(name: str) -> None:
    """Break one promise on purpose (negative controls); never shipped."""
    if name == "acknowledge_first":

        def process(self: Any, messages: Any) -> None:
            self._source.acknowledge(messages)
            self._source._loop.wake()
            self._stopping.wait(0.05)
            committed = self._spool.commit(messages, self._chain.read(messages))
            self._counts = self._counts.plus(committed.counts)

        Collector._process = process  # type: ignore[method-assign]
    elif name == "no_epoch_guard":
        BatchClient._is_current = lambda _self, _epoch: True  # type: ignore[method-assign]
    elif name == "no_repeats":
        import numpy as np

        import collector.repeat_memory as repeat_memory
        from collector.repeats import Judged

        acknowledge = Collector._acknowledge

        def late(self: Any, messages: Any) -> None:
            self._stopping.wait(0.05)
            acknowledge(self, messages)

        Collector._acknowledge = late  # type: ignore[method-assign]
        repeat_memory.judge_rows = lambda decoded, _files: Judged(
            np.zeros(len(decoded.samples), np.uint8), np.zeros(0, np.uint64)
        )


def main() -> None:
    """Run until the end of standard input."""
    options = json.loads(sys.argv[1])
    sabotage(options.get("sabotage", ""))
    folder = Path(options["folder"])
    mqtt = MqttSettings(
        host=options["host"],
        port=options["port"],
        protocol=options["protocol"],
        client_id="collector-under-fire",
        routes=(RouteSettings(filter=options["filter"]),),
    )
    settings = CollectorSettings(spool_dir=folder / "spool", min_free_disk_pct=0.0)
    store = open_time_series_store(TimeSeriesSettings(url=f"duckdb:///{folder}/store"))
    known = KnownObjects(
        {ObjectRef(Measurement.ROOM, f"S{number}"): "xl" for number in range(options["objects"])}
    )
    clock = SystemClock()
    source = MqttSource(settings=mqtt, clock=clock)
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
