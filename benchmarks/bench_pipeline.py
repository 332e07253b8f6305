"""The pipeline: CPU per room message received, decoded, validated, spooled durably, acknowledged and forwarded.

The reference does the same with plain paho, message by message, with the same SQLite settings, batches of the same
size and the same store.
"""

import json
import sqlite3
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.bench_receive import room_messages
from benchmarks.fake_broker import streaming_broker
from benchmarks.harness import Goal, Reference, Result
from collector.devices.known_objects import KnownObjects
from collector.mqtt.source import MqttSource
from collector.pipeline import build_collector
from config.settings import CollectorSettings, MqttSettings, TimeSeriesSettings
from heating.clock import ManualClock
from heating.intervals import from_epoch_ms
from heating.points import Measurement, point_named
from heating.protocols import AppendMark, TimeSeriesStore
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.open_stores import open_time_series_store

MESSAGES = 60_000
PLAIN_MESSAGES = 10_000
BATCH = 500
TIMEOUT_S = 90.0
CLOCK = ManualClock(from_epoch_ms(1_796_000_060_000))


class CountingStore:
    """Takes rows and forgets them: the collector's own share of the cost."""

    def __init__(self) -> None:
        self.rows = 0

    def append(self, batch: SampleBatch, *, mark: AppendMark | None = None) -> None:
        """Count the rows."""
        del mark
        self.rows += len(batch)

    def last_mark(self, source: str) -> int | None:
        """Know of no marks."""
        del source
        return None


def run_collector(folder: Path, store: Any) -> tuple[float, float]:
    """Return CPU [µs] per message and messages per second of the real collector."""
    with streaming_broker(room_messages(MESSAGES), qos=1) as port:
        mqtt = MqttSettings(port=port, protocol="3.1.1")
        settings = CollectorSettings(spool_dir=folder / "spool", min_free_disk_pct=0.0)
        known = KnownObjects({ObjectRef(Measurement.ROOM, f"S{number}"): "xl" for number in range(5_000)})
        source = MqttSource(settings=mqtt, clock=CLOCK)
        collector = build_collector(
            mqtt=mqtt, settings=settings, source=source, store=store, known=known, clock=CLOCK
        )
        cpu_s, start_s = time.process_time(), time.perf_counter()
        collector.start()
        pause = threading.Event()
        while collector.counts().forwarded_rows < 2 * MESSAGES and time.perf_counter() - start_s < TIMEOUT_S:
            pause.wait(0.02)
        cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - start_s
        collector.stop(drain=False)
    if collector.counts().stored != MESSAGES:
        raise AssertionError(f"stored {collector.counts().stored} of {MESSAGES}")
    return cpu_s / MESSAGES * 1e6, MESSAGES / wall_s


class PlainPipeline:
    """Plain paho doing the same work."""

    def __init__(self, folder: Path, store: Any) -> None:
        self.store = store
        self.done = threading.Event()
        self.kept = 0
        self._waiting: list[Any] = []
        self._folder = folder
        self._database: sqlite3.Connection | None = None
        self._known = {f"S{number}": "xl" for number in range(5_000)}
        self._seen: set[tuple[str, int]] = set()

    def take(self, client: Any, _data: Any, message: Any) -> None:
        """Collect a batch, keep it, acknowledge it, forward it."""
        self._waiting.append(message)
        if len(self._waiting) < BATCH and self.kept + len(self._waiting) < PLAIN_MESSAGES:
            return
        samples = [sample for item in self._waiting for sample in self._decode(item)]
        self._keep(samples)
        for item in self._waiting:
            client.ack(item.mid, item.qos)
        self.store.append(SampleBatch.from_samples(samples))
        self.kept += len(self._waiting)
        self._waiting = []
        if self.kept >= PLAIN_MESSAGES:
            self.done.set()

    def _decode(self, message: Any) -> list[Sample]:
        _heat, area, _room, sensor, _kind = message.topic.split("/")
        body = json.loads(message.payload)
        if self._known.get(sensor) != area or (sensor, body["t"]) in self._seen:
            return []
        self._seen.add((sensor, body["t"]))
        ref = ObjectRef(Measurement.ROOM, sensor)
        samples = []
        for name, value in body["v"].items():
            point = point_named(Measurement.ROOM, name)
            quality = 0 if point.minimum <= value <= point.maximum else 129
            samples.append(Sample(ref, name, body["t"], float(value), quality, CLOCK.now_ms()))
        return samples

    def _keep(self, samples: list[Sample]) -> None:
        if self._database is None:
            self._database = sqlite3.connect(self._folder / "plain.sqlite3", isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.execute("CREATE TABLE kept (object, point, t, value, quality, received)")
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?)",
            [(s.ref.object_id, s.point, s.measured_ms, s.value, s.quality, s.received_ms) for s in samples],
        )
        self._database.execute("COMMIT")
        if self.kept + BATCH >= PLAIN_MESSAGES:
            self._database.close()


def run_plainly(folder: Path, store: Any) -> float:
    """Return CPU [µs] per message of plain paho doing the same."""
    pipeline = PlainPipeline(folder, store)
    with streaming_broker(room_messages(PLAIN_MESSAGES), qos=1) as port:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench", manual_ack=True)
        client.on_message = pipeline.take
        client.on_connect = lambda *_arguments: client.subscribe("#", 1)
        client.connect_async("127.0.0.1", port, 60)
        cpu_s = time.process_time()
        client.loop_start()
        finished = pipeline.done.wait(TIMEOUT_S)
        cpu_s = time.process_time() - cpu_s
        client.disconnect()
        client.loop_stop()
    if not finished:
        raise AssertionError(f"plain paho kept {pipeline.kept} of {PLAIN_MESSAGES}")
    return cpu_s / PLAIN_MESSAGES * 1e6


def _embedded(folder: Path) -> TimeSeriesStore:
    return open_time_series_store(TimeSeriesSettings(url=f"duckdb:///{folder}"))


def run() -> list[Result]:
    """Measure; about half a minute."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in "abcd":
            (folder / part).mkdir()
        own_us, per_second = run_collector(folder / "a", CountingStore())
        plain_us = run_plainly(folder / "b", CountingStore())
        store = _embedded(folder / "store-c")
        whole_us, whole_per_second = run_collector(folder / "c", store)
        store.close()
        store = _embedded(folder / "store-d")
        plain_whole_us = run_plainly(folder / "d", store)
        store.close()
    return [
        Result(
            name="pipeline.cpu_per_room_message",
            value=own_us,
            unit="us",
            reference=Reference(name="plain paho doing the same", value=plain_us),
            goal=Goal(at_most=10.0, ratio_at_most=1 / 8),
        ),
        Result(
            name="pipeline.cpu_per_room_message_with_duckdb",
            value=whole_us,
            unit="us",
            reference=Reference(name="plain paho doing the same", value=plain_whole_us),
            goal=Goal(ratio_at_most=1 / 8),
        ),
        Result(
            name="pipeline.room_messages_per_second",
            value=per_second,
            unit="messages/s",
            goal=Goal(at_least=30_000),
        ),
        Result(
            name="pipeline.room_messages_per_second_with_duckdb", value=whole_per_second, unit="messages/s"
        ),
    ]
