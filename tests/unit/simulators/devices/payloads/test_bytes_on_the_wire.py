"""Frames are those of the specifications, byte by byte; worked out by hand or with the library of the format."""

import math

import pytest
from google.protobuf.internal import decoder, encoder

from simulators.devices.payloads import cjt188_heat_meter, mbus_wired, nb_0x68
from simulators.devices.payloads.binary_coded import bcd, byte_sum, local_time, rfc3339
from simulators.devices.payloads.milesight_em300 import application_payload
from simulators.devices.payloads.protobuf_fields import bytes_field, double_field, number_field
from simulators.devices.payloads.readings import RoomPacket, RoomSample, StationReading
from simulators.devices.sensor_traits import SENTINEL_C

T_MS = 1_768_435_210_000
"""2026-01-15 08:00:10 in the city."""


def packet(*temps_c: float, device: str = "12345678901234", **more: object) -> RoomPacket:
    samples = tuple(RoomSample(T_MS - 1_200_000 * age, temp_c, 50.5) for age, temp_c in enumerate(temps_c))
    values: dict[str, object] = {
        "battery_v": math.nan,
        "battery_pct": 92.0,
        "rssi_dbm": -73.0,
        **dict.fromkeys(("low_battery", "moved", "stored"), False),
        "clock_set": True,
    }
    return RoomPacket(device=device, sent_ms=T_MS, samples=samples, **{**values, **more})  # type: ignore[arg-type]


READING = StationReading(
    "11110020001207",
    T_MS,
    {
        "primary_heat_total_gj": 12_345.67,
        "primary_heat_rate_gj_per_h": 3.6,
        "primary_flow_m3_per_h": 12.3456,
        "primary_volume_total_m3": 7654.32,
        "primary_supply_temp_c": 95.31,
        "primary_return_temp_c": -2.5,
    },
)


def test_an_uplink_of_an_em300_is_the_one_of_its_user_guide() -> None:
    assert application_payload(packet(30.8)).hex() == "01755c03673401046865"


def test_a_probe_that_does_not_answer_is_the_largest_number() -> None:
    assert application_payload(packet(SENTINEL_C)).hex() == "01755c0367ff7f046865"


def test_a_stored_uplink_carries_its_own_time() -> None:
    assert application_payload(packet(-0.5, stored=True)).hex() == "20ce0a2e6869fbff6500"


def test_an_nb_frame_has_its_fields_at_their_places() -> None:
    frame = nb_0x68.frame_of(packet(21.5, -3.1, SENTINEL_C, moved=True))
    assert frame[0] == 0x68 and frame[-1] == 0x16 and frame[10] == len(frame) - 13
    assert frame[-2] == sum(frame[:-2]) % 256
    assert frame[2:9].hex() == "12345678901234" and frame[9] == 0x81
    assert frame[11:13].hex() == "1f90" and list(frame[14:20]) == [26, 1, 15, 8, 0, 10]
    assert int.from_bytes(frame[32:34], "big") == 20 and frame[34] == 20 and frame[37] == 3
    assert frame[38:43].hex() == "020000d732" and frame[43:48].hex() == "0200ffe132"
    assert frame[48:53].hex() == "02007fff32"


def test_an_nb_collector_without_a_time_sends_zeros_and_an_odd_one_its_sim() -> None:
    frame = nb_0x68.frame_of(packet(21.5, device="12345678901235", clock_set=False))
    assert frame[11:13].hex() == "1f91" and not any(frame[14:20])
    assert frame[-12:-2].hex().startswith("8986") and frame[-12:-2].hex().isdecimal()


def test_a_heat_meter_of_cjt188_answers_in_bcd_low_byte_first() -> None:
    frame = cjt188_heat_meter.reply_of(READING)
    assert frame[:4].hex() == "fefe6820" and frame[4:11].hex() == "07120020001111"
    assert frame[11:15].hex() == "812e901f"
    assert frame[16:26].hex() == "6745230111" * 2
    assert frame[26:31].hex() == "0000100017" and frame[31:36].hex() == "5634120035"
    assert frame[36:41].hex() == "325476002c"
    assert frame[41:44].hex() == "319500" and frame[44:47].hex() == "500280"
    assert frame[50:57].hex() == "10000815012620"
    assert frame[-2] == byte_sum(frame[2:-2])


def test_an_m_bus_meter_answers_with_records_of_the_standard() -> None:
    frame = mbus_wired.telegram_of(StationReading("12345678", T_MS, READING.values))
    assert frame[0] == frame[3] == 0x68 and frame[1] == frame[2] == len(frame) - 6
    assert frame[4:7].hex() == "080172" and frame[7:11].hex() == "78563412"
    records = frame[19:-2].hex()
    assert records.startswith("040e" + (12_345_670).to_bytes(4, "little").hex())
    assert "042b" + (1_000_000).to_bytes(4, "little").hex() in records
    assert "0259" + (9531).to_bytes(2, "little").hex() + "025d06ff" in records
    assert records.endswith("066d0a00084f3100")


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 2**31, 2**63])
def test_fields_of_protocol_buffers_are_those_of_the_library(number: int) -> None:
    pieces: list[bytes] = []
    encoder.UInt64Encoder(5, is_repeated=False, is_packed=False)(pieces.append, number, False)
    assert number_field(5, number) == b"".join(pieces)
    pieces.clear()
    encoder.DoubleEncoder(13, is_repeated=False, is_packed=False)(pieces.append, number / 7, False)
    assert double_field(13, number / 7) == b"".join(pieces)
    size, _ = decoder._DecodeVarint(bytes_field(2, b"x" * 300), 1)
    assert size == 300


def test_digits_and_times() -> None:
    assert bcd(1234567, 3).hex() == "674523"
    assert local_time(T_MS).isoformat() == "2026-01-15T08:00:10"
    assert rfc3339(T_MS + 7) == "2026-01-15T00:00:10.007Z"
