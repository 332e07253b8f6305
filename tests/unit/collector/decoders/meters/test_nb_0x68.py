"""The frame of NB-IoT room collectors, built here field by field from payloads.md."""

import base64
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.decoders.foreign import DeviceTarget, FamilyOptions, Hints
from collector.decoders.meters.nb_0x68 import Nb0x68Decoder, RoomPacket, parse_packet
from heating.intervals import to_epoch_ms
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef
from tests.support.decoding import RECEIVED_MS, Map, decode, extras, qualities, reasons, values

ZONE = ZoneInfo("Asia/Shanghai")
ADDRESS = "12345678901234"
SENT = (26, 1, 15, 8, 0, 30)
SENT_MS = to_epoch_ms(datetime(2026, 1, 15, 8, 0, 30, tzinfo=ZONE))
WARM = (0, 0, 215, 41)


def frame(
    records: list[tuple[int, int, int, int]] | None = None,
    *,
    clock: bytes = bytes(SENT),
    di: int = 0x1F90,
    control: int = 0x81,
    history: int = 0,
    interval_min: int = 20,
    csq: int = 18,
) -> bytes:
    """A frame as the specification lays it out."""
    records = [WARM] if records is None else records
    data = di.to_bytes(2, "big") + b"\x07" + clock + b"\x01\x02" + b"\x03" * 6 + b"\x09"
    data += (60).to_bytes(2, "big") + b"\x01" + interval_min.to_bytes(2, "big")
    data += bytes((csq, 0)) + (-5).to_bytes(1, "big", signed=True) + bytes((len(records),))
    for status, temperature_status, tenths, humidity in records:
        data += (
            bytes((status, temperature_status)) + tenths.to_bytes(2, "big", signed=True) + bytes((humidity,))
        )
    data += bytes((2, 11, 14, history)) + (300).to_bytes(2, "big") + b"\x05"
    if di == 0x1F91:
        data += bytes.fromhex("89860411223344556677")
    body = b"\x68\x42" + bytes.fromhex(ADDRESS) + bytes((control, len(data))) + data
    return body + bytes((sum(body) & 0xFF, 0x16))


@pytest.fixture
def decoder() -> Nb0x68Decoder:
    return Nb0x68Decoder(FamilyOptions())


def test_a_packet_gives_temperature_humidity_and_signal_at_the_package_time(decoder: Nb0x68Decoder) -> None:
    found = decode(decoder, frame())
    [first, *_rest] = found.samples.to_samples()
    assert (first.ref, first.measured_ms) == (ObjectRef(Measurement.ROOM, ADDRESS), SENT_MS)
    expected = {"room_temp_c": 21.5, "room_humidity_pct": 41.0, "signal_rssi_dbm": -77.0}
    assert {**values(found), **expected} == values(found)
    assert extras(found)["temperature_offset"] == (-0.5, "K")
    assert extras(found)["send_interval_min"] == (60.0, "min")
    assert not found.rejections


def test_samples_are_stamped_backwards_by_the_record_interval(decoder: Nb0x68Decoder) -> None:
    found = decode(decoder, frame([(0, 0, 10 * tenths, 40) for tenths in (21, 20, 19)]))
    times = {s.value: s.measured_ms for s in found.samples.to_samples() if s.point == "room_temp_c"}
    assert times == {21.0: SENT_MS, 20.0: SENT_MS - 1_200_000, 19.0: SENT_MS - 2_400_000}


def test_a_maker_that_sends_the_oldest_first_is_named_by_the_codec() -> None:
    target = DeviceTarget(ObjectRef(Measurement.ROOM, "S1"), codec="oldest_first")
    for options in (
        FamilyOptions(devices=Map(**{ADDRESS: target})),
        FamilyOptions(hints=Hints(codec="oldest_first")),
    ):
        found = decode(Nb0x68Decoder(options), frame([(0, 0, 190, 40), (0, 0, 210, 40)]))
        times = {s.value: s.measured_ms for s in found.samples.to_samples() if s.point == "room_temp_c"}
        assert times[21.0] == SENT_MS > times[19.0]


def test_a_clock_that_was_never_set_gives_arrival_time_with_doubt(decoder: Nb0x68Decoder) -> None:
    found = decode(decoder, frame([WARM, WARM], clock=bytes(6)))
    assert {s.measured_ms for s in found.samples.to_samples()} == {RECEIVED_MS, RECEIVED_MS - 1_200_000}
    assert set(qualities(found).values()) == {Quality.UNCERTAIN_TIME}
    assert "never set" in found.notes[0]


def test_a_clock_that_shows_no_date_gives_arrival_time_with_a_note(decoder: Nb0x68Decoder) -> None:
    found = decode(decoder, frame(clock=bytes((26, 13, 40, 8, 0, 0))))
    assert {s.measured_ms for s in found.samples.to_samples()} == {RECEIVED_MS}
    assert "no date" in found.notes[0]


def test_a_clock_in_bcd_is_told_by_its_distance_from_the_arrival(decoder: Nb0x68Decoder) -> None:
    found = decode(decoder, frame(clock=bytes.fromhex("260115080030")))
    assert found.samples.measured_ms[0] == SENT_MS


def test_a_negative_temperature_keeps_its_sign(decoder: Nb0x68Decoder) -> None:
    assert values(decode(decoder, frame([(0, 0, -123, 40)])))["room_temp_c"] == -12.3


@pytest.mark.parametrize("raw", [0x7FFF, -0x8000])
def test_an_absent_probe_is_a_sentinel_and_no_temperature(decoder: Nb0x68Decoder, raw: int) -> None:
    found = decode(decoder, frame([(0, 0, raw, 40)]))
    assert qualities(found)["room_temp_c"] is Quality.BAD_SENTINEL
    assert values(found)["room_temp_c"] == raw / 10


def test_low_battery_moved_and_fault_become_flags_and_quality(decoder: Nb0x68Decoder) -> None:
    moved = decode(decoder, frame([(0b11, 0, 215, 41)]))
    assert {p: values(moved)[p] for p in ("low_battery", "sensor_moved", "sensor_fault")} == {
        "low_battery": 1.0,
        "sensor_moved": 1.0,
        "sensor_fault": 0.0,
    }
    assert qualities(moved)["room_temp_c"] is Quality.UNCERTAIN_MOVED
    faulty = decode(decoder, frame([(0, 0b10, 215, 41)]))
    assert values(faulty)["sensor_fault"] == 1.0
    assert qualities(faulty)["room_temp_c"] is Quality.BAD_SENSOR_FAULT


def test_history_packets_are_marked_as_backfilled(decoder: Nb0x68Decoder) -> None:
    assert values(decode(decoder, frame(history=1)))["backfilled"] == 1.0
    assert "backfilled" not in values(decode(decoder, frame()))


def test_the_long_form_carries_the_sim_number(decoder: Nb0x68Decoder) -> None:
    found = decode(decoder, frame([WARM] * 6, di=0x1F91))
    assert extras(found)["sim"] == ("89860411223344556677", "")
    assert len([s for s in found.samples.to_samples() if s.point == "room_temp_c"]) == 6


def test_hex_and_base64_texts_and_a_preamble_are_understood(decoder: Nb0x68Decoder) -> None:
    plain = values(decode(decoder, frame()))
    for payload in (frame().hex(" "), base64.b64encode(frame()), b"\xfe\xfe" + frame()):
        assert values(decode(decoder, payload)) == plain


def _damaged(position: int) -> bytes:
    data = bytearray(frame())
    data[position] ^= 0x01
    return bytes(data)


@pytest.mark.parametrize(
    ("payload", "reason", "word"),
    [
        (frame(control=0x01), "not_telemetry", "request"),
        (frame(control=0xC1), "not_telemetry", "control"),
        (frame(di=0x1F99), "not_telemetry", "identifier"),
        (_damaged(-2), "wrong_type", "check sum"),
        (_damaged(20), "wrong_type", "check sum"),
        (_damaged(-1), "wrong_type", "0x16"),
        (_damaged(10), "wrong_type", "length"),
        (frame()[:-3], "wrong_type", "length"),
        (frame([]), "wrong_type", "records"),
        (frame([WARM] * 7), "wrong_type", "records"),
        (b"", "wrong_type", "no frame"),
        (b"\xfe" * 50, "wrong_type", "no frame"),
        (b"x" * 300_000, "too_big", "bytes"),
    ],
)
def test_bad_frames_are_rejected_with_a_reason(
    decoder: Nb0x68Decoder, payload: bytes, reason: str, word: str
) -> None:
    found = decode(decoder, payload)
    assert reasons(found) == [reason]
    assert word in found.rejections[0].detail
    assert len(found.samples) == 0


def test_several_samples_without_a_record_interval_keep_only_the_newest(decoder: Nb0x68Decoder) -> None:
    found = decode(decoder, frame([(0, 0, 215, 41), (0, 0, 100, 41)], interval_min=0))
    assert values(found)["room_temp_c"] == 21.5
    assert reasons(found) == ["wrong_type"]


def test_a_collector_in_no_device_map_is_kept_as_unknown() -> None:
    found = decode(Nb0x68Decoder(FamilyOptions(unmapped_pass=False)), frame())
    assert reasons(found) == ["unknown_device"]
    assert ADDRESS in found.rejections[0].detail


@given(data=st.binary(max_size=120))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    found = decode(Nb0x68Decoder(FamilyOptions()), data)
    assert found.rejections or len(found.samples)


@given(position=st.integers(0, len(frame()) - 3), flip=st.integers(1, 255))
def test_one_changed_byte_never_passes_the_check_sum(position: int, flip: int) -> None:
    data = bytearray(frame())
    data[position] ^= flip
    assert not isinstance(parse_packet(bytes(data), ZONE, near_ms=RECEIVED_MS), RoomPacket)
