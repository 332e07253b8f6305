"""Messages without a time are kept once and in order, whatever a broker sends again and whenever the collector dies.

The model is what Mosquitto 2.0 and NATS server 2.15 were seen to do, by their packet identifiers: what was left open
comes again first, in order, marked, under the identifier it had. NATS besides takes messages out of its stream for a
connection that is just dying: they have no identifier yet, and come marked under the next one. Copies of kept messages
take identifiers too, and do not come again.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.intake.spool.delivery_ledger import IDS
from collector.intake.spool.spool import SpoolError
from collector.messages.arrived_message import ArrivedMessage
from tests.support.examples import examples
from tests.unit.collector.intake.fakes import NOW_MS
from tests.unit.collector.intake.spool.test_spool import CHAIN
from tests.unit.collector.intake.spool.test_untimed_memory import House, untimed

DEVICES = (1, 2)


@dataclass(slots=True)
class Waiting:
    """A message in the broker's stream."""

    message: ArrivedMessage
    number: int = 0
    """Packet identifier; 0 before it has one."""
    sent: bool = False
    """Taken out of the stream for a connection, which may have died before it got it."""


@dataclass(slots=True)
class Broker:
    """A broker with the session of one collector, and that collector."""

    house: House
    last_number: int
    stream: list[Waiting] = field(default_factory=list)
    """What is not acknowledged, in order."""
    arrived: list[ArrivedMessage] = field(default_factory=list)
    """What the collector has taken and not committed."""
    said: dict[int, list[float]] = field(default_factory=lambda: {number: [] for number in DEVICES})
    found: dict[int, list[tuple[int, float]]] = field(
        default_factory=lambda: {number: [] for number in DEVICES}
    )

    def publish(self, device: int, value: int) -> None:
        self.said[device].append(float(value))
        self.stream.append(Waiting(untimed(value, number=device)))

    def number(self) -> int:
        """The next identifier that is free."""
        taken = {item.number for item in self.stream}
        while True:
            self.last_number = self.last_number % IDS + 1
            if self.last_number not in taken:
                return self.last_number

    def copies(self, count: int) -> None:
        """Identifiers that go to copies of kept messages for a connection that died."""
        self.last_number = (self.last_number + count - 1) % IDS + 1

    def others(self, count: int) -> None:
        """Identifiers that go to messages of others; two of them stand for all."""
        for step in (count // 2, count - count // 2):
            self.copies(step)
            at_ms = self.house.clock.now_ms()
            self.arrived.append(ArrivedMessage("heat/xl/room/S9/telemetry", b"{", at_ms, self.number()))

    def send(self, *, seen: bool = True) -> None:
        """Send what was not sent on this connection; one that dies takes the identifiers along."""
        at_ms = self.house.clock.now_ms()
        for item in self.stream:
            if not item.sent:
                marked = item.number > 0 or item.message.redelivered
                item.number, item.sent = item.number or self.number(), True
                item.message = replace(
                    item.message, packet_id=item.number, redelivered=marked, received_ms=at_ms
                )
                if seen:
                    self.arrived.append(item.message)

    def take_for_a_dying_connection(self) -> None:
        """NATS server: out of the stream, without an identifier."""
        for item in self.stream:
            if not item.sent:
                item.message = replace(item.message, redelivered=True)

    def commit(self, at_once: int, *, acknowledge: bool = True) -> None:
        while self.arrived:
            batch, self.arrived = self.arrived[:at_once], self.arrived[at_once:]
            try:
                fresh = self.house.spool.commit(batch, CHAIN.read(batch)).fresh
            except SpoolError:
                self.arrived = batch + self.arrived
                raise
            for sample in fresh.to_samples():
                self.found[int(sample.ref.object_id[1:])].append((sample.measured_ms, sample.value))
            if acknowledge:
                numbers = {message.packet_id for message in batch}
                self.stream = [item for item in self.stream if item.number not in numbers]

    def fail(self, at_once: int) -> None:
        """A commit fails; the batch is held and kept by the next one."""
        if self.arrived and self.house.spool._writer is not None:
            self.house.spool._writer.execute("PRAGMA query_only=1")
        with suppress(SpoolError):  # a commit that turns to another file succeeds
            self.commit(at_once)

    def die(self) -> None:
        """The collector ends; the next connection gets what is open."""
        self.arrived.clear()
        self.house.restart()
        for item in self.stream:
            item.sent = False


ACTIONS = (
    "commit",
    "commit",
    "unacknowledged",
    "die",
    "unseen",
    "dying",
    "copies",
    "others",
    "fail",
    "hour",
    "reconnect",
)


def test_the_same_value_under_the_same_number_a_round_later_is_no_repeat(tmp_path: Path) -> None:
    """It was sent to a collector that died before it read it, and comes again with the mark."""
    house = House(tmp_path / "spool")
    assert house.take(untimed(20, packet_id=500)) == 1
    for number in (30_000, 60_000, 499):
        house.take(ArrivedMessage("heat/xl/room/S9/telemetry", b"{", NOW_MS, number))
    assert house.take(untimed(20, packet_id=500, redelivered=True)) == 1
    assert house.take(untimed(20, packet_id=500, redelivered=True)) == 0
    house.spool.close()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(ACTIONS),
        st.lists(st.tuples(st.sampled_from(DEVICES), st.integers(20, 21)), max_size=5),
        st.sampled_from([1, 2, 3, 700, 25_000]),
    ),
    min_size=1,
    max_size=14,
)


def act(broker: Broker, action: str, size: int) -> None:
    """Let something happen to what was published."""
    if action == "copies":
        broker.copies(min(size, 700))
        return
    if action == "others":
        broker.send()
        broker.commit(7)
        broker.others(size)
    elif action == "dying":
        broker.take_for_a_dying_connection()
    else:
        broker.house.clock.advance(3600 if action == "hour" else 0)
        broker.send(seen=action != "unseen")
    if action in ("commit", "hour", "unacknowledged"):
        broker.commit(size, acknowledge=action != "unacknowledged")
    if action == "fail":
        broker.fail(size)
    if action in ("dying", "die", "unseen", "unacknowledged"):
        broker.die()
    if action == "reconnect":  # the process lives on and commits what it had taken
        for item in broker.stream:
            item.sent = False
        broker.send()


@settings(max_examples=examples(60), deadline=None)
@given(steps=STEPS, first=st.sampled_from([0, 30_000, 64_900, IDS - 7]))
def test_every_message_is_kept_once_and_in_order_whatever_happens(
    steps: list[tuple[str, list[tuple[int, int]], int]], first: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    broker = Broker(House(tmp_path_factory.mktemp("untimed")), first)
    for action, messages, size in steps:
        for device, value in messages:
            broker.publish(device, value)
        act(broker, action, size)
    broker.send()
    broker.commit(7)
    for device, values in broker.said.items():
        assert [value for _time, value in sorted(broker.found[device])] == values
        assert len({time for time, _value in broker.found[device]}) == len(values)
    broker.house.spool.close()
