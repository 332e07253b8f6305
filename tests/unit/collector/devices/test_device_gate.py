"""Throttle, retained messages, unknown devices, clocks and replays, on the whole path with fakes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.decoders.native.decoder import NativeDecoder
from collector.devices.clock_skew import ClockSkewWatch
from collector.devices.device_gate import DeviceGate
from collector.devices.device_guess import guess_device
from collector.devices.device_reports import DeviceReports
from collector.devices.throttle import Throttle, ThrottleLimits
from collector.devices.unknown_devices import UnknownDeviceWatch
from collector.intake.backoff import Backoff
from collector.intake.decoder_chain import DecoderChain
from collector.intake.forwarder import Forwarder
from collector.intake.pipeline import Collector
from collector.intake.replay import DeviceReplay, ReplayingSource
from collector.intake.spool.disk_guard import DiskGuard
from collector.intake.spool.rejections import count_by_reason, list_rejections
from collector.intake.spool.spool import Spool
from collector.messages.arrived_message import RETAIN_FLAG, ArrivedMessages
from collector.messages.decoded import NamedDevice, Reason, Rejection
from collector.messages.known_objects import KnownObjects
from config.settings.tree import CollectorSettings, MqttSettings, RouteSettings
from heating.clock import ManualClock
from heating.errors import HeatingError
from heating.intake_troubles import IntakeTrouble, TroubleKind
from heating.intervals import from_epoch_ms
from heating.points import Measurement
from heating.protocols import HealthStatus, RawMessage, TimeSeriesStore
from heating.samples import ObjectRef, SampleBatch
from storage.records.device_values import DeviceClock, UnknownDevice, UnknownSighting
from tests.support.waiting import wait_until
from tests.unit.collector.intake.fakes import NOW_MS, FakeSource, FakeStore, reading, room

ROOM = Measurement.ROOM
AREAS = {ObjectRef(ROOM, f"S{number}"): "xl" for number in range(10)}
TIMELESS = b'{"v":{"room_temp_c":20.5}}'


class FakeLog:
    """The records' list of devices, in memory; `away` makes it fail."""

    def __init__(self) -> None:
        self.sightings: list[UnknownSighting] = []
        self.clocks: list[DeviceClock] = []
        self.assigned: list[UnknownDevice] = []
        self.away = False

    def note_unknown(self, sightings: Sequence[UnknownSighting]) -> int:
        if self.away:
            raise HeatingError("away")
        self.sightings += sightings
        return 0

    def note_clocks(self, clocks: Sequence[DeviceClock]) -> None:
        self.clocks += clocks

    def unknown(self, *, assigned: bool = False, limit: int = 200) -> list[UnknownDevice]:
        assert assigned and limit
        return self.assigned

    def replayed(self, device_id: str, *, at: datetime) -> None:
        self.assigned = [
            replace(one, replayed_at=at) if one.device_id == device_id else one for one in self.assigned
        ]

    def assign(self, sighting: UnknownSighting) -> None:
        values = {name: getattr(sighting, name) for name in UnknownSighting.__dataclass_fields__}
        at = datetime(2026, 12, 1, tzinfo=UTC) + timedelta(seconds=len(self.assigned))
        self.assigned.append(UnknownDevice(**values, household_id="h", assigned_at=at, assigned_by="wang"))


class Rig:
    """A collector with its gate and reports."""

    def __init__(self, folder: Path, *, limits: ThrottleLimits) -> None:
        self.folder = folder
        self.inner, self.store, self.log = FakeSource(), FakeStore(), FakeLog()
        self.source = ReplayingSource(self.inner)
        self.known = KnownObjects(AREAS)
        self.unknown, self.clocks = UnknownDeviceWatch(), ClockSkewWatch()
        self.live: list[SampleBatch] = []
        clock = ManualClock(from_epoch_ms(NOW_MS))
        settings = CollectorSettings(spool_dir=folder, batch_wait_ms=5, coalesce_ms=1)
        spool = Spool(folder, clock=clock)
        self.gate = DeviceGate(
            chain=DecoderChain(routes=[("heat/#", NativeDecoder())], known=self.known),
            throttle=Throttle(limits),
            unknown=self.unknown,
            clocks=self.clocks,
        )
        self.collector = Collector(
            source=self.source,
            chain=self.gate,
            spool=spool,
            forwarder=self._forwarder(spool, settings),
            sinks=[self, self.clocks],
            disk=DiskGuard(folder=folder, min_free_pct=0.0),
            settings=settings,
        )
        self.reports = DeviceReports(
            records=self.log,
            unknown=self.unknown,
            clocks=self.clocks,
            replay=DeviceReplay(source=self.source, folder=folder, clock=clock),
            known=self.known,
            clock=clock,
            every_s=0.02,
        )

    def _forwarder(self, spool: Spool, settings: CollectorSettings) -> Forwarder:
        return Forwarder(
            spool=spool,
            store=cast(TimeSeriesStore, self.store),
            slot="c0",
            settings=settings,
            backoff=Backoff(first_s=0.01, longest_s=0.05),
        )

    def accept(self, batch: SampleBatch) -> None:
        self.live.append(batch)

    def put(self, *messages: RawMessage) -> None:
        """Put messages and wait until they are acknowledged."""
        wanted = len(self.inner.acknowledged) + len(messages)
        self.inner.put(*messages)
        wait_until(lambda: len(self.inner.acknowledged) >= wanted)

    def live_values(self) -> int:
        return sum(len(batch) for batch in self.live)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path / "spool", limits=ThrottleLimits(rate_per_s=1.0, burst=20))
    made.collector.start()
    yield made
    made.reports.stop()
    made.collector.stop(drain=False, timeout_s=5)


def test_what_is_above_a_senders_share_is_rejected_counted_and_kept_and_others_pass(rig: Rig) -> None:
    noisy = [reading(1, 20, t=NOW_MS + number) for number in range(50)]
    rig.put(*noisy, *(reading(number, 21, t=NOW_MS) for number in range(2, 10)))
    assert count_by_reason(rig.folder) == {"throttled": 30}
    counts = rig.collector.counts()
    assert (counts.accepted, counts.stored, counts.rejected) == (58, 28, 30)
    assert len(rig.inner.acknowledged) == 58
    assert rig.collector.health().figures["throttled"] == 30.0
    assert list_rejections(rig.folder)[0].payload.startswith(b'{"t":')


def test_a_batch_that_is_read_again_costs_no_second_token(tmp_path: Path) -> None:
    throttle = Throttle(ThrottleLimits(rate_per_s=1.0, burst=20))
    gate = DeviceGate(
        chain=DecoderChain(routes=[("heat/#", NativeDecoder())], known=KnownObjects(AREAS)), throttle=throttle
    )
    batch = [reading(1, 20, t=NOW_MS + number) for number in range(20)]
    for _ in range(5):
        assert gate.read(batch).rejections == []
    assert len(gate.read([reading(1, 20)]).rejections) == 1


@given(
    gaps=st.lists(st.integers(0, 3000), min_size=1, max_size=60),
    sizes=st.lists(st.integers(1, 12), min_size=60, max_size=60),
)
def test_no_sender_ever_gets_more_than_burst_and_rate_allow(gaps: list[int], sizes: list[int]) -> None:
    limits = ThrottleLimits(rate_per_s=2.0, burst=25)
    throttle = Throttle(limits)
    now_ms = passed = 0
    for gap, size in zip(gaps, sizes, strict=False):
        now_ms += gap
        passed += size - len(throttle.excess(["a"] * size, now_ms=now_ms))
        quiet = limits.rate_per_s * 10
        assert passed <= limits.burst + quiet + limits.rate_per_s * now_ms / 1000 + 1


@given(st.integers(1, 10))
def test_a_sender_within_its_rate_is_never_touched(size: int) -> None:
    throttle = Throttle(ThrottleLimits(rate_per_s=1.0, burst=20))
    for step in range(100):
        assert throttle.excess(["a"] * size, now_ms=step * 10_000) == []


def test_a_sender_that_was_thrown_back_is_named_and_replayed_by_itself_when_it_is_quiet(rig: Rig) -> None:
    burst = [
        room(3, b'{"v":{"room_temp_c":%d}}' % number, received_ms=NOW_MS + number) for number in range(30)
    ]
    rig.put(*burst)
    assert count_by_reason(rig.folder) == {"throttled": 10}
    health = rig.collector.health()
    assert health.status is HealthStatus.DEGRADED and "heat/xl/room/S3/telemetry (10)" in health.reason
    named = "heat/xl/room/S3/telemetry (10)"
    assert rig.collector.troubles() == [
        IntakeTrouble(kind=TroubleKind.SENDERS_THROTTLED, number=10, senders=named)
    ]
    assert rig.collector.take_quiet_senders(now_ms=NOW_MS + 30_000) == []
    replay = DeviceReplay(source=rig.source, folder=rig.folder, clock=ManualClock(from_epoch_ms(NOW_MS)))
    reports = DeviceReports(
        records=rig.log,
        unknown=rig.unknown,
        clocks=rig.clocks,
        replay=replay,
        known=rig.known,
        clock=ManualClock(from_epoch_ms(NOW_MS)),
        quiet=lambda: rig.collector.take_quiet_senders(now_ms=NOW_MS + 60_100),
        replay_topic=replay.of_topic,
    )
    assert reports.replay_quiet() == 10
    wait_until(lambda: len(rig.store.rows) == 30)
    assert list_rejections(rig.folder) == []
    assert rig.collector.health().status is HealthStatus.OK
    assert reports.replay_quiet() == 0
    assert rig.collector.troubles() == []


def test_copies_that_the_broker_kept_are_nobodys_excess(rig: Rig) -> None:
    kept = [replace(room(3, b'{"v":{"room_temp_c":%d}}' % n), retained=True) for n in range(60)]
    columns = ArrivedMessages(
        topics=[one.topic for one in kept],
        payloads=[one.payload for one in kept],
        received_ms=[NOW_MS] * 60,
        packet_ids=[0] * 60,
        epochs=[1] * 60,
        flags=[RETAIN_FLAG] * 60,
    )
    for messages in (kept, columns):
        decoded = rig.gate.read(messages)
        assert [item.reason for item in decoded.rejections if item.reason is Reason.THROTTLED] == []
    assert rig.gate.thrown_back == {}


def test_what_is_far_more_than_a_burst_waits_for_a_person(rig: Rig) -> None:
    rig.put(*(room(3, TIMELESS, received_ms=NOW_MS + number) for number in range(60)))
    assert count_by_reason(rig.folder) == {"throttled": 40}
    assert rig.collector.take_quiet_senders(now_ms=NOW_MS + 100_000) == []
    assert rig.collector.health().status is HealthStatus.OK


def test_a_retained_reading_without_a_time_is_stored_once_and_never_live_again(rig: Rig) -> None:
    kept = replace(room(3, TIMELESS), retained=True)
    rig.put(kept)
    for later_s in (10, 3600, 7200):
        rig.put(replace(kept, received_ms=NOW_MS + 1000 * later_s))
    wait_until(lambda: len(rig.store.rows) == 1)
    assert rig.live_values() == 1
    counts = rig.collector.counts()
    assert (counts.stored, counts.duplicates, counts.rejections) == (1, 3, 0)
    # Control: without the flag each arrival is a reading of its own.
    rig.put(replace(kept, retained=False, received_ms=NOW_MS + 9_000_000))
    wait_until(lambda: rig.live_values() == 2)


def test_unknown_devices_are_listed_with_count_last_message_and_a_guess(rig: Rig) -> None:
    rig.put(reading(77, 20), reading(77, 21, t=NOW_MS + 1), reading(78, 20))
    rig.log.away = True
    with pytest.raises(HeatingError):
        rig.reports.report()
    rig.put(reading(77, 22, t=NOW_MS + 2))
    rig.log.away = False
    rig.reports.report()
    found = {one.device_id: one for one in rig.log.sightings}
    assert set(found) == {"S77", "S78"}
    one = found["S77"]
    assert (one.messages, one.family, one.kind, one.claimed_area) == (3, "native", "room", "xl")
    assert one.last_payload == reading(77, 22, t=NOW_MS + 2).payload
    rig.reports.report()
    assert len(rig.log.sightings) == 2


def test_kept_messages_of_an_assigned_device_are_stored_with_the_time_they_first_came(rig: Rig) -> None:
    rig.put(reading(77, 20), room(77, TIMELESS, received_ms=NOW_MS + 60_000), reading(78, 20))
    rig.reports.report()
    rig.log.assign(next(one for one in rig.log.sightings if one.device_id == "S77"))
    rig.reports.start()
    assert rig.store.rows == []
    rig.known.replace({**AREAS, ObjectRef(ROOM, "S77"): "xl"})
    wait_until(lambda: len(rig.store.rows) == 2)
    assert sorted((row.measured_ms, row.value) for row in rig.store.rows) == [
        (NOW_MS, 20.0),
        (NOW_MS + 60_000, 20.5),
    ]
    wait_until(lambda: rig.log.assigned[0].replayed_at is not None)
    assert [item.topic for item in list_rejections(rig.folder)] == ["heat/xl/room/S78/telemetry"]
    assert rig.reports.replayed_messages == 2
    assert len(rig.log.sightings) == 2


def test_the_clock_of_a_device_is_the_median_of_received_minus_measured() -> None:
    watch = ClockSkewWatch()
    now = from_epoch_ms(NOW_MS)
    for delay_s in (90, 91, 3000, 92, 89):
        watch.accept(_batch(delay_s))
    (found,) = watch.estimates(now=now)
    assert (found.ref.object_id, found.skew_ms, found.readings) == ("S1", 91_000, 5)
    assert watch.estimates(now=now) == []
    watch.accept(_batch(0))
    assert watch.estimates(now=now) == []


def _batch(delay_s: int) -> SampleBatch:
    return SampleBatch(
        objects=(ObjectRef(ROOM, "S1"),),
        object_index=np.zeros(1, np.int32),
        point=np.zeros(1, np.int16),
        measured_ms=np.array([NOW_MS - 1000 * delay_s]),
        received_ms=np.array([NOW_MS]),
        value=np.array([20.0]),
        quality=np.zeros(1, np.uint8),
    )


def test_a_device_that_sends_local_time_as_utc_is_found_among_the_quarantined(rig: Rig) -> None:
    eight_hours_ms = 8 * 3_600_000
    rig.put(*(reading(5, 20, t=NOW_MS + eight_hours_ms + number) for number in range(3)))
    rig.reports.report()
    (found,) = rig.log.clocks
    assert (found.ref.object_id, found.skew_ms) == ("S5", -eight_hours_ms - 1)
    assert count_by_reason(rig.folder) == {"future_time": 3}


UPLINK = "application/1/device/24e124136b502217/event/up"


@pytest.mark.parametrize(
    ("topic", "payload", "family", "kind"),
    [
        ("heat/xl/station/st-9/telemetry", b"{}", "native", "station"),
        (
            "application/1/device/a1/event/up",
            b'{"object":{"temperature":20,"humidity":40}}',
            "chirpstack_v4",
            "room",
        ),
        ("zigbee2mqtt/x", b'{"temperature":21}', "zigbee2mqtt", "room"),
        ("spBv1.0/g/NDATA/n", b"\x08\x01", "sparkplug_b", "unknown"),
        ("meters/1", bytes.fromhex("fefe6820") + b"\0" * 8 + b"\x16", "cjt188_heat_meter", "heat_meter"),
        ("dtu/1", '{"一次供温": 90}'.encode(), "modbus_json", "station"),
        (
            UPLINK,
            b'{"deviceInfo":{"deviceProfileName":"Milesight EM300-TH"},"data":"AXVc"}',
            "chirpstack_v4",
            "room",
        ),
        (UPLINK, b'{"deviceInfo":{"devEui":"24e124136b502217"},"data":"AXVc"}', "chirpstack_v4", "room"),
        (
            UPLINK,
            b'{"deviceInfo":{"deviceProfileName":"Room temp 2"},"data":"AXVc"}',
            "chirpstack_v4",
            "room",
        ),
        (
            UPLINK,
            b'{"deviceInfo":{"deviceProfileName":"door contact"},"data":"AXVc"}',
            "chirpstack_v4",
            "unknown",
        ),
        (
            "v3/heat@x/devices/d7/up",
            b'{"uplink_message":{"frm_payload":"y/Y=","version_ids":{"model_id":"lht65"}}}',
            "ttn_v3",
            "room",
        ),
        ("lora/a81758fffe012345/up/5", b"\x01\x00\xe2", "lorawan_codec", "room"),
        ("lora/ffffffffffffffff/up/5", b"\x01\x00\xe2", "unknown", "unknown"),
        ("what/ever", b"\xff\x00", "unknown", "unknown"),
        ("what/ever", b"[" * 5000, "unknown", "unknown"),
    ],
)
def test_a_guess_is_made_from_topic_and_payload(topic: str, payload: bytes, family: str, kind: str) -> None:
    guess = guess_device(topic, payload)
    assert (guess.family, guess.kind) == (family, kind)


@given(topic=st.text(max_size=80), payload=st.binary(max_size=400))
def test_guessing_never_raises(topic: str, payload: bytes) -> None:
    assert guess_device(topic, payload).family


def test_a_rejection_reason_that_is_kept_is_never_renamed() -> None:
    assert Reason.THROTTLED.value == "throttled"


def test_a_rejection_tells_the_family_that_the_device_is_recorded_with() -> None:
    watch = UnknownDeviceWatch()
    message = RawMessage("some/where", b'{"a":1}', NOW_MS)
    rejections = [
        Rejection(0, Reason.UNKNOWN_DEVICE, "text for people", (NamedDevice("senml", "urn:dev:1"),)),
        Rejection(0, Reason.UNKNOWN_DEVICE, "text for people", (NamedDevice("", "N1"),)),
    ]
    watch.note([message], rejections)
    assert [(one.device_id, one.family) for one in watch.take()] == [
        ("urn:dev:1", "senml"),
        ("N1", "modbus_json"),
    ]


def test_a_device_in_no_map_is_taken_once_it_was_assigned_as_a_device_of_this_family(tmp_path: Path) -> None:
    devices = tmp_path / "map.yaml"
    devices.write_text("devices: {mapped: {sensor: S1}}\n")
    known = KnownObjects(AREAS)
    route = RouteSettings(filter="zigbee2mqtt/#", decoder="zigbee2mqtt", device_map=devices)
    chain = DecoderChain.from_settings(
        mqtt=MqttSettings(routes=(route,)), collector=CollectorSettings(), known=known
    )
    message = RawMessage("zigbee2mqtt/z-9", b'{"temperature":21.5}', NOW_MS)
    (refused,) = chain.read([message]).rejections
    assert (refused.reason, refused.devices) == (
        Reason.UNKNOWN_DEVICE,
        (NamedDevice("zigbee2mqtt", "z-9"),),
    )
    known.replace({**AREAS, ObjectRef(ROOM, "z-9"): ""}, families={"z-9": "zigbee2mqtt"})
    assert chain.read([message]).samples.value.tolist() == [21.5]
