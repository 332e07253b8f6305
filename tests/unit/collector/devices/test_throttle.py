"""A backlog is no abuse: who pays by the sender's own times, who by arrival, and who is thrown back."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from collector.decoders.native.decoder import NativeDecoder
from collector.devices.device_gate import DeviceGate
from collector.devices.throttle import Throttle, ThrottleLimits
from collector.intake.decoder_chain import DecoderChain
from collector.messages.decoded import Decoded, DeviceCommand, Reason
from collector.messages.known_objects import KnownObjects
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.samples import ObjectRef, SampleBatch
from tests.unit.collector.intake.fakes import NOW_MS, reading, room

ROOM = Measurement.ROOM
AREAS = {ObjectRef(ROOM, f"S{number}"): "xl" for number in range(10)}
TIMELESS = b'{"v":{"room_temp_c":20.5}}'
SECONDS_12_H = 12 * 3600
SCALE = 60
"""A twelve-hour backlog at one a second, scaled down to 720 a sender; the limits with it."""


def backlog(number: int, *, topic: str | None = None, every_ms: int = 1000) -> list[RawMessage]:
    length = SECONDS_12_H // SCALE
    messages = [reading(number, 20 + i % 5, t=NOW_MS - (length - i) * every_ms) for i in range(length)]
    return messages if topic is None else [replace(message, topic=topic) for message in messages]


def gate_of(**limits: float) -> DeviceGate:
    chain = DecoderChain(routes=[("heat/#", NativeDecoder())], known=KnownObjects(AREAS))
    return DeviceGate(chain=chain, throttle=Throttle(ThrottleLimits(**limits)))  # type: ignore[arg-type]


def thrown_back(gate: DeviceGate, messages: Sequence[RawMessage], *, at_once: int = 500) -> int:
    portions = [messages[start : start + at_once] for start in range(0, len(messages), at_once)]
    return sum(
        sum(item.reason is Reason.THROTTLED for item in gate.read(portion).rejections) for portion in portions
    )


def test_a_backlog_at_a_sensible_pace_passes_however_fast_it_arrives() -> None:
    gate = gate_of(rate_per_s=20.0, burst=300)
    together = [message for trio in zip(backlog(1), backlog(2), backlog(3), strict=True) for message in trio]
    assert thrown_back(gate, together) == 0
    assert gate.thrown_back == {}


def test_times_that_rush_or_stand_still_and_floods_without_a_time_are_thrown_back() -> None:
    limits = {"rate_per_s": 20.0, "burst": 300}
    assert thrown_back(gate_of(**limits), backlog(1, every_ms=1)) == 720 - 300 - 14
    assert thrown_back(gate_of(**limits), [reading(1, 20)] * 720) == 420
    assert thrown_back(gate_of(**limits), [room(1, TIMELESS)] * 720) == 420
    # A stretch of time that is sent again and again pays for itself once.
    again = backlog(1)[-400:] * 3
    assert thrown_back(gate_of(**limits), again) == 1200 - 400 - 299


class FakeChain:
    """Reads payloads of a gateway that name their device and time."""

    decoder_failures = 0

    def __init__(self, *, devices: int) -> None:
        self.objects = tuple(ObjectRef(ROOM, f"S{number}") for number in range(devices))

    def read(self, messages: Sequence[RawMessage]) -> Decoded:
        found = [json.loads(message.payload)[0] for message in messages]
        n = len(found)
        places = np.array([int(one["id"][1:]) for one in found], np.int32)
        samples = SampleBatch(
            objects=self.objects,
            object_index=places,
            point=np.zeros(n, np.int16),
            measured_ms=np.array([one["t"] for one in found], np.int64),
            received_ms=np.full(n, NOW_MS),
            value=np.full(n, 20.0),
            quality=np.zeros(n, np.uint8),
        )
        every = np.arange(n, dtype=np.int32)
        return Decoded(samples=samples, message=every, reading=every, areas=(None,) * len(self.objects))

    def take_commands(self) -> list[DeviceCommand]:
        return []


def test_one_topic_of_many_devices_counts_each_for_itself_and_blames_none_for_another() -> None:
    payload = b'[{"id":"S%d","t":%d,"v":{"room_temp_c":20}}]'
    gate = DeviceGate(chain=FakeChain(devices=200), throttle=Throttle(ThrottleLimits(20.0, 300)))
    times = [NOW_MS - (100 - i) * 1000 for i in range(100)]
    shared = [RawMessage("gw/1", payload % (n, t), t) for t in times for n in range(200)]
    assert thrown_back(gate, shared) == 0
    loud = [RawMessage("gw/1", payload % (7, NOW_MS), NOW_MS)] * 600
    quiet = [RawMessage("gw/1", payload % (8, NOW_MS + 1), NOW_MS)]
    decoded = gate.read([*loud, *quiet])
    assert [item.message for item in decoded.rejections] == list(range(300, 600))
    assert decoded.message.tolist() == [*range(300), 600]
