"""The pipeline: CPU per room message received, decoded, validated, spooled durably, acknowledged and forwarded.

The reference does the same with plain paho, message by message, with the same SQLite settings, batches of the same
size and the same store. Both run in one process, whose garbage collection is settled before as every collector does at
its start: the reference profits from it, too. They run in turn, several times, and the round with the middle ratio
counts, since the machine is shared. One more run tells the CPU of each stage (`benchmarks.stages`).
"""

import json
import sqlite3
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.bench_receive import room_messages
from benchmarks.fake_broker import streaming_broker
from benchmarks.harness import Goal, Reference, Result
from benchmarks.stages import timed_stages
from collector.intake.garbage import settle_garbage_collection
from collector.intake.mqtt.source import MqttSource
from collector.intake.pipeline import build_collector
from collector.messages.known_objects import KnownObjects
from config.settings.tree import CollectorSettings, MqttSettings, TimeSeriesSettings
from heating.clock import ManualClock
from heating.intervals import from_epoch_ms
from heating.points import Measurement, point_named
from heating.protocols import AppendMark, TimeSeriesStore
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.opening import open_time_series_store

MESSAGES = 200_000
PLAIN_MESSAGES = 20_000
BATCH = 500
ROUNDS = 5
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

    def checkpointed_mark(self, source: str) -> int | None:
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
        client.on_connect = lambda *_arguments: client.subscribe("#", 1)  # type: ignore[assignment]
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


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of both on stores of the same kind."""

    own_us: float
    """CPU of the collector [µs a message]."""
    plain_us: float
    """CPU of plain paho doing the same [µs a message]."""
    per_second: float
    """Messages per second of the collector [1/s]."""


def compare(folder: Path, *, embedded: bool) -> list[Round]:
    """Let both do the same in turn."""
    rounds = []
    for number in range(ROUNDS):
        here = folder / f"{'duckdb' if embedded else 'counting'}-{number}"
        (here / "plain").mkdir(parents=True)
        stores: list[Any] = [_embedded(here / name) if embedded else CountingStore() for name in "ab"]
        own_us, per_second = run_collector(here, stores[0])
        plain_us = run_plainly(here / "plain", stores[1])
        rounds.append(Round(own_us, plain_us, per_second))
        if embedded:
            for store in stores:
                store.close()
    return rounds


def _cost(name: str, rounds: list[Round], *, at_most_us: float | None = None) -> Result:
    """Return the round whose ratio is the middle one: what both cost at the same time, on a machine that varies."""
    turn = sorted(rounds, key=lambda item: item.own_us / item.plain_us)[len(rounds) // 2]
    return Result(
        name=name,
        value=turn.own_us,
        unit="us",
        reference=Reference(name="plain paho doing the same", value=turn.plain_us),
        goal=Goal(at_most=at_most_us, ratio_at_most=1 / 8),
    )


def stage_costs(folder: Path) -> list[Result]:
    """Return the CPU of each stage, and of what lies between them, in one run with the embedded store."""
    store = _embedded(folder / "store")
    with timed_stages() as times:
        whole_us, _per_second = run_collector(folder, store)
    store.close()
    costs = {stage: spent_s / MESSAGES * 1e6 for stage, spent_s in times.items()}
    costs["between"] = whole_us - sum(costs.values())
    whole = Reference(name="all stages", value=whole_us)
    return [
        Result(name=f"pipeline.stage.{stage}", value=cost_us, unit="us", reference=whole)
        for stage, cost_us in costs.items()
    ]


def run() -> list[Result]:
    """Measure; about a minute."""
    settle_garbage_collection()
    with tempfile.TemporaryDirectory() as name:
        alone = compare(Path(name), embedded=False)
        whole = compare(Path(name), embedded=True)
        stages = stage_costs(Path(name) / "stages")
    return [
        _cost("pipeline.cpu_per_room_message", alone, at_most_us=10.0),
        _cost("pipeline.cpu_per_room_message_with_duckdb", whole),
        Result(
            name="pipeline.room_messages_per_second",
            value=median(turn.per_second for turn in alone),
            unit="messages/s",
            goal=Goal(at_least=30_000),
        ),
        Result(
            name="pipeline.room_messages_per_second_with_duckdb",
            value=median(turn.per_second for turn in whole),
            unit="messages/s",
        ),
        *stages,
    ]
