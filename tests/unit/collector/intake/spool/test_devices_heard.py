"""Losses before the collector are seen in what devices count, and in what many of them leave out together."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from collector.decoders.native.decoder import NativeDecoder
from collector.intake.decoder_chain import DecoderChain
from collector.intake.spool.spool import Spool
from collector.messages.arrived_message import ArrivedMessage, ArrivedMessages
from collector.messages.known_objects import KnownObjects
from heating.clock import ManualClock
from heating.intervals import from_epoch_ms
from heating.losses import LossKind, ReadingLoss
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.samples import ObjectRef
from tests.unit.collector.intake.fakes import NOW_MS, room
from tests.unit.collector.intake.spool.test_spool import CHAIN

STEP_MS = 60_000
WAIT_S = 11.0
"""Longer than an overtaken number is waited for."""


class House:
    """A spool that can be closed, or left without a word, and opened again."""

    def __init__(self, folder: Path, *, hears_all: bool = True) -> None:
        self.folder, self.hears_all = folder, hears_all
        self.clock = ManualClock(from_epoch_ms(NOW_MS))
        self.spool = Spool(folder, clock=self.clock, hears_all=hears_all)
        self.losses: list[ReadingLoss] = []

    def reopen(self) -> None:
        self.spool.close()
        self.spool = Spool(self.folder, clock=self.clock, hears_all=self.hears_all)

    def commit(self, *messages: RawMessage) -> None:
        now_ms = self.clock.now_ms()
        arrived = [replace(message, received_ms=now_ms) for message in messages]
        self.losses += self.spool.commit(arrived, CHAIN.read(arrived)).losses

    def wait(self) -> None:
        """Let a hole get old enough, and something else come."""
        self.clock.advance(WAIT_S)
        self.commit(room(4, b'{"t":%d,"v":{"room_temp_c":20}}' % self.clock.now_ms()))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def counted(*numbers: int, sensor: int = 1, start_ms: int = NOW_MS) -> list[RawMessage]:
    """Readings of one sensor, a second apart, that bear these numbers."""
    return [
        room(sensor, b'{"t":%d,"seq":%d,"v":{"room_temp_c":20}}' % (start_ms + 1000 * place, number))
        for place, number in enumerate(numbers)
    ]


def missing(house: House) -> list[tuple[int, int, int]]:
    assert {loss.kind for loss in house.losses} <= {LossKind.NUMBERS_MISSING}
    return [(loss.since_ms - NOW_MS, loss.until_ms - NOW_MS, loss.number) for loss in house.losses]


def test_numbers_that_never_came_are_a_loss_with_their_span(house: House) -> None:
    house.commit(*counted(7, 8, 12))
    house.wait()
    assert missing(house) == [(1000, 2000, 3)]


def test_a_hole_is_seen_over_a_restart_and_a_new_file(house: House) -> None:
    house.commit(*counted(7))
    house.commit(*counted(8, start_ms=NOW_MS + 1000))
    house.reopen()
    house.clock.advance(3600)
    house.commit(*counted(9, start_ms=NOW_MS + 2000))
    house.reopen()
    house.commit(*counted(12, start_ms=NOW_MS + 5000))
    house.wait()
    assert missing(house) == [(2000, 5000, 2)]


@pytest.mark.parametrize(
    "messages",
    [
        counted(7, 8, 0, 1, 2),  # started again
        counted(7, 8, 1, 2),
        [*counted(7), *counted(9, start_ms=NOW_MS + 2000), *counted(8, start_ms=NOW_MS + 1000)],  # overtaken
        [*counted(7, 8, 9), *counted(7, 8, 9)],  # sent again
        counted(7, 2_000_000_000, 2_000_000_001),  # counts in another way
        counted(7, 5_007, 10_007, 15_007),  # a gateway has one counter for all it carries
        counted(7, 9, 10),  # a first leap says nothing before it went on by one
        [*counted(7), room(1, b"{"), *counted(9, start_ms=NOW_MS + 2000)],  # it came, and is a rejection
        [*counted(7), room(1, b'{"t":%d,"seq":8,"v":{"room_temp_c":NaN}}' % (NOW_MS + 1)), *counted(9, start_ms=NOW_MS + 2)],
        [room(1, b'{"batch":[{"t":%d,"seq":7,"v":{"room_temp_c":1}},{"t":%d,"seq":8,"v":{"room_temp_c":2}}]}' % (NOW_MS, NOW_MS + 1)), *counted(9, start_ms=NOW_MS + 2)],
        [room(1, b'{"t":%d,"seq":"x","v":{"room_temp_c":1}}' % NOW_MS), *counted(9, start_ms=NOW_MS + 2)],
    ],
)  # fmt: skip
@pytest.mark.parametrize("at_once", [1, 100])
def test_no_hole_where_nothing_is_missing(house: House, messages: Sequence[RawMessage], at_once: int) -> None:
    for start in range(0, len(messages), at_once):
        house.commit(*messages[start : start + at_once])
    house.wait()
    assert house.losses == []


def test_untimed_numbers_that_the_broker_sends_again_do_not_start_the_device_again(house: House) -> None:
    def sent(number: int, packet_id: int, *, again: bool = False) -> ArrivedMessage:
        payload = b'{"seq":%d,"v":{"room_temp_c":20}}' % number
        return ArrivedMessage("heat/xl/room/S1/telemetry", payload, NOW_MS, packet_id, redelivered=again)

    house.commit(sent(0, 1), sent(1, 2), sent(2, 3))
    house.clock.advance(1.0)
    house.commit(sent(0, 1, again=True), sent(1, 2, again=True), sent(2, 3, again=True))
    house.commit(sent(3, 4))
    house.wait()
    assert house.losses == []


def test_a_member_of_a_share_group_sees_no_holes(tmp_path: Path) -> None:
    house = House(tmp_path, hears_all=False)
    house.commit(*counted(7, 19))
    house.wait()
    assert house.losses == []


class Fleet:
    """Sensors S1 to S{size} report every minute, a second apart."""

    def __init__(self, size: int, folder: Path) -> None:
        sensors = {ObjectRef(Measurement.ROOM, f"S{number}"): "xl" for number in range(1, size + 1)}
        self.size = size
        self.chain = DecoderChain(routes=[("heat/#", NativeDecoder())], known=KnownObjects(sensors))
        self.clock = ManualClock(from_epoch_ms(NOW_MS))
        self.folder = folder
        self.spool = Spool(folder, clock=self.clock)
        self.losses: list[ReadingLoss] = []

    def minute(self, number: int, *, silent: int = 0) -> None:
        """Let all but the first ones report."""
        sensors = range(silent + 1, self.size + 1)
        times = [NOW_MS + number * STEP_MS + sensor * 1000 % STEP_MS for sensor in sensors]
        messages = ArrivedMessages(
            topics=[f"heat/xl/room/S{sensor}/telemetry" for sensor in sensors],
            payloads=[b'{"t":%d,"v":{"room_temp_c":20}}' % time_ms for time_ms in times],
            received_ms=[NOW_MS + (number + 1) * STEP_MS] * len(sensors),
            packet_ids=[0] * len(sensors),
            epochs=[1] * len(sensors),
            flags=[0] * len(sensors),
        )
        self.losses += self.spool.commit(messages, self.chain.read(messages)).losses


@pytest.mark.parametrize("restart", [False, True])
def test_many_devices_that_were_silent_together_are_one_loss_with_its_span(
    tmp_path: Path, restart: bool
) -> None:
    fleet = Fleet(20, tmp_path)
    for number in range(6):
        fleet.minute(number)
    for number in range(6, 12):
        fleet.minute(number, silent=6)
    if restart:
        fleet.spool.close()
        fleet.spool = Spool(tmp_path, clock=fleet.clock)
    for number in range(12, 15):
        fleet.minute(number)
    (loss,) = fleet.losses
    assert loss.kind is LossKind.COMMON_SILENCE
    # The last of them spoke at 5 min 6 s, the first again at 12 min 1 s.
    assert (loss.since_ms - NOW_MS, loss.until_ms - NOW_MS) == (306_000, 721_000)


@pytest.mark.parametrize(
    ("size", "silent", "minutes"),
    [
        (20, 4, 6),  # no more than a fifth, and fewer than five
        (30, 6, 6),  # a fifth
        (20, 1, 60),  # a single sensor
        (20, 20, 2),  # not three intervals
    ],
)
def test_few_or_short_silences_are_no_loss(tmp_path: Path, size: int, silent: int, minutes: int) -> None:
    fleet = Fleet(size, tmp_path)
    for number in range(6):
        fleet.minute(number)
    for number in range(6, 6 + minutes):
        if silent < size:
            fleet.minute(number, silent=silent)
    for number in range(6 + minutes, 10 + minutes):
        fleet.minute(number)
    assert fleet.losses == []


def test_a_backlog_that_comes_at_once_is_no_silence(tmp_path: Path) -> None:
    fleet = Fleet(20, tmp_path)
    for number in range(6):
        fleet.minute(number)
    fleet.clock.advance(12 * 3600)
    for number in range(6, 60):
        fleet.minute(number)
    assert fleet.losses == []
