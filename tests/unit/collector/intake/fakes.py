"""Fakes of the collector's seams: a source that hands out lists, a store in memory that can be told to fail."""

import threading
from collections.abc import Sequence
from dataclasses import replace

from heating.errors import HeatingError
from heating.protocols import AppendMark, Health, HealthStatus, RawMessage
from heating.samples import Sample, SampleBatch

NOW_MS = 1_796_000_000_000


class FakeSource:
    """Hands out what is put in; remembers what was acknowledged."""

    def __init__(self) -> None:
        self.waiting: list[RawMessage] = []
        self.acknowledged: list[RawMessage] = []
        self.stopped = False
        self._changed = threading.Condition()

    def put(self, *messages: RawMessage) -> None:
        with self._changed:
            self.waiting += messages
            self._changed.notify_all()

    is_dead = False

    def start(self) -> None:
        return

    def take(self, *, limit: int, timeout_s: float) -> list[RawMessage]:
        with self._changed:
            self._changed.wait_for(lambda: bool(self.waiting), timeout=timeout_s)
            taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
            return taken

    def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        self.acknowledged += messages

    def health(self) -> Health:
        return Health(HealthStatus.OK)

    def stop(self) -> None:
        self.stopped = True


class Refusal(HeatingError):
    """The fake store refuses."""

    def __init__(self, text: str, *, retryable: bool) -> None:
        super().__init__(text)
        self.retryable = retryable


class FakeStore:
    """Keeps rows in memory; `away` and `refuse` make it fail."""

    def __init__(self, *, marks: bool = True) -> None:
        self.rows: list[Sample] = []
        self.marks: dict[str, int] = {}
        self.keeps_marks = marks
        self.away = False
        self.refuse: set[float] = set()
        self.appends = 0

    def append(self, batch: SampleBatch, *, mark: AppendMark | None = None) -> None:
        self.appends += 1
        if self.away:
            raise Refusal("away", retryable=True)
        samples = batch.to_samples()
        if any(sample.value in self.refuse for sample in samples):
            raise Refusal("no", retryable=False)
        if mark is not None and self.keeps_marks:
            if self.marks.get(mark.source, -1) >= mark.sequence:
                return
            self.marks[mark.source] = mark.sequence
        self.rows += samples

    def last_mark(self, source: str) -> int | None:
        return self.marks.get(source) if self.keeps_marks else None

    def checkpointed_mark(self, source: str) -> int | None:
        return None

    def values(self) -> list[float]:
        return sorted(sample.value for sample in self.rows)


def room(number: int, payload: bytes, *, received_ms: int = NOW_MS, packet_id: int = 1) -> RawMessage:
    """A telemetry message of room sensor S{number}."""
    return RawMessage(f"heat/xl/room/S{number}/telemetry", payload, received_ms, packet_id)


def reading(number: int, value: float, *, t: int = NOW_MS) -> RawMessage:
    """A message with one room temperature."""
    return room(number, b'{"t":%d,"v":{"room_temp_c":%g}}' % (t, value))


def moved(message: RawMessage, topic: str) -> RawMessage:
    """The same message on another topic."""
    return replace(message, topic=topic)
