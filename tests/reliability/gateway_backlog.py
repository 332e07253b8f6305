"""A gateway's backlog: 200 devices on one topic, each once a minute, arrive at once after hours without a collector.

``python -m tests.reliability.gateway_backlog [HOURS]`` runs by hand for 12 h; the gate runs a short version. All of it
goes through decoding, throttle, spool and forwarding. What does not live here: brokers (`tests.integration`).
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import numpy as np

from collector.intake.pipeline import build_collector
from collector.intake.spool.rejections import count_by_reason
from collector.messages.known_objects import KnownObjects
from config.settings.tree import CollectorSettings, MqttSettings
from heating.clock import ManualClock
from heating.intervals import from_epoch_ms
from heating.points import Measurement
from heating.protocols import AppendMark, RawMessage
from heating.samples import ObjectRef, SampleBatch
from tests.support.waiting import wait_until
from tests.unit.collector.intake.fakes import NOW_MS, FakeSource

__all__ = ["BacklogReport", "backlog"]

DEVICES = 200
EVERY_MS = 60_000
FULL_HOURS = 12.0
TOPIC = "site/gateway-1/up"


@dataclass(frozen=True, slots=True)
class BacklogReport:
    """What became of a backlog."""

    published: int
    stored: int
    """Distinct readings in the store."""
    rejections: dict[str, int]
    """Rejections by reason."""
    degraded: str
    """What the health says; empty: nothing."""
    seconds: float


class CountingStore:
    """Keeps object and time of what is appended."""

    def __init__(self) -> None:
        self.readings: set[tuple[str, int]] = set()
        self.rows = 0

    def append(self, batch: SampleBatch, *, mark: AppendMark | None = None) -> None:
        """Note the rows."""
        names = [ref.object_id for ref in batch.objects]
        self.readings.update(
            (names[place], time_ms)
            for place, time_ms in zip(batch.object_index.tolist(), batch.measured_ms.tolist(), strict=True)
        )
        self.rows += len(batch)

    def last_mark(self, source: str) -> int | None:
        """Know of no batch."""

    def checkpointed_mark(self, source: str) -> int | None:
        """Keep everything in memory."""


def _messages(devices: list[str], *, minutes: int) -> list[RawMessage]:
    """Return a message of every device and minute, in the order of their times."""
    phases = np.random.default_rng(14).integers(0, EVERY_MS, len(devices)).tolist()
    sent = sorted(
        (NOW_MS - (minute + 1) * EVERY_MS + phase, name.encode())
        for minute in range(minutes)
        for name, phase in zip(devices, phases, strict=True)
    )
    text = b'[{"bn":"%b:","bt":%.3f,"n":"temperature","u":"Cel","v":21.5}]'
    return [
        RawMessage(TOPIC, text % (name, time_ms / 1000), NOW_MS, place % 65_535 + 1)
        for place, (time_ms, name) in enumerate(sent)
    ]


def backlog(folder: Path, *, hours: float) -> BacklogReport:
    """Let a backlog come in at once."""
    devices = [f"dev-{number:03d}" for number in range(DEVICES)]
    known = KnownObjects(
        {ObjectRef(Measurement.ROOM, name): "" for name in devices}, families=dict.fromkeys(devices, "senml")
    )
    mqtt = MqttSettings.model_validate({"routes": [{"filter": "site/+/up", "decoder": "senml"}]})
    source, store = FakeSource(), CountingStore()
    collector = build_collector(
        mqtt=mqtt,
        settings=CollectorSettings(spool_dir=folder),
        source=source,
        store=store,
        known=known,
        clock=ManualClock(from_epoch_ms(NOW_MS)),
    )
    sent = _messages(devices, minutes=round(hours * 60))
    source.put(*sent)
    began_s = monotonic()
    collector.start()
    wait_until(lambda: len(source.acknowledged) == len(sent), 600)
    reason = collector.health().reason
    collector.stop()
    return BacklogReport(
        len(sent), len(store.readings), dict(count_by_reason(folder)), reason, monotonic() - began_s
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(backlog(Path(place), hours=float(sys.argv[1]) if len(sys.argv) > 1 else FULL_HOURS))
