"""Wired M-Bus: long frames built here, records of EN 13757-3 with units, storage numbers, signs and makers' quirks."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.decoders.foreign import FamilyOptions
from collector.decoders.meters.mbus_records import read_records
from collector.decoders.meters.mbus_wired import MbusWiredDecoder
from heating.intervals import to_epoch_ms
from heating.quality import Quality
from tests.support.decoding import RECEIVED_MS, decode, extras, qualities, reasons, values

HEADER = "72 78563412 2D2C 34 04 01 00 0000"
CLOCK = "04 6D 1E 08 4F 31"
"""2026-01-15 08:30."""
RECORDS = "0C 06 90785634 04 2D 48030000 0C 14 65870900 02 3B D007 02 5A 2B02 02 5E 9501"


def telegram(records: str = RECORDS, *, header: str = HEADER, control: str = "08") -> bytes:
    body = bytes.fromhex(f"{control} 01 {header} {records}")
    size = len(body)
    return bytes((0x68, size, size, 0x68)) + body + bytes((sum(body) & 0xFF, 0x16))


@pytest.fixture
def decoder() -> MbusWiredDecoder:
    return MbusWiredDecoder(FamilyOptions())


def test_records_of_a_heat_meter_become_canonical_points(decoder: MbusWiredDecoder) -> None:
    found = decode(decoder, telegram(f"{RECORDS} {CLOCK}"))
    assert found.samples.objects[0].object_id == "12345678"
    assert values(found) == {
        "primary_heat_total_gj": pytest.approx(34_567_890 * 3.6e-3),
        "primary_heat_rate_gj_per_h": pytest.approx(84_000 * 3.6e-6),
        "primary_volume_total_m3": 987.65,
        "primary_flow_m3_per_h": 2.0,
        "primary_supply_temp_c": 55.5,
        "primary_return_temp_c": 40.5,
    }
    assert extras(found)["manufacturer"] == ("KAM", "")


def test_the_meters_own_clock_is_the_measured_time(decoder: MbusWiredDecoder) -> None:
    found = decode(decoder, telegram(f"{RECORDS} {CLOCK}"))
    expected = to_epoch_ms(datetime(2026, 1, 15, 8, 30, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert set(found.samples.measured_ms) == {expected}


def test_without_a_clock_the_arrival_time_stands_in(decoder: MbusWiredDecoder) -> None:
    found = decode(decoder, telegram())
    assert set(found.samples.measured_ms) == {RECEIVED_MS}
    assert Quality.UNCERTAIN_TIME in set(qualities(found).values())


def test_power_that_contradicts_flow_and_spread_is_uncertain(decoder: MbusWiredDecoder) -> None:
    agreeing = decode(decoder, telegram(f"02 2D 5D01 02 3B D007 02 5A 2B02 02 5E 9501 {CLOCK}"))
    assert set(qualities(agreeing).values()) == {Quality.GOOD}
    doubtful = decode(decoder, telegram(f"02 2D BA02 02 3B D007 02 5A 2B02 02 5E 9501 {CLOCK}"))
    assert qualities(doubtful)["primary_heat_rate_gj_per_h"] is Quality.UNCERTAIN_INCONSISTENT


@pytest.mark.parametrize(
    ("record", "name", "value", "unit"),
    [
        ("04 03 E8030000", "energy", 1.0, "kWh"),
        ("04 0E 01000000", "energy", 1.0, "MJ"),
        ("0C FB 08 01000000", "energy", 100.0, "MJ"),
        ("04 FB 00 01000000", "energy", 100.0, "kWh"),
        ("44 06 0A000000", "energy_storage_1", 10.0, "kWh"),
        ("84 10 06 0A000000", "energy_tariff_1", 10.0, "kWh"),
        ("84 40 14 01000000", "volume_subunit_1", 0.01, "m³"),
        ("14 2B 0A000000", "power_max", 10.0, "W"),
        ("02 2B F6FF", "power", -10.0, "W"),
        ("0B 2B 1000F0", "power", -10.0, "W"),
        ("05 2B 0000C03F", "power", 1.5, "W"),
        ("02 61 1600", "temperature_difference", 0.22, "K"),
        ("04 22 E8030000", "on_time", 1000.0, "h"),
        ("42 6C BF1C", "date_storage_1", "2013-12-31", ""),
        ("02 FC 03 485225 74 440D", "relative_humidity", 33.96, "%"),
        ("0D FD 0F 05 302E302E34", "other_software_version", "4.0.0", ""),
    ],
)
def test_a_record_is_read_with_unit_storage_and_sign(
    record: str, name: str, value: float | str, unit: str
) -> None:
    [item] = read_records(bytes.fromhex(record)).fields
    assert (item.name, item.unit) == (name, unit)
    assert item.value == (value if isinstance(value, str) else pytest.approx(value))


def test_a_record_that_holds_no_number_is_a_fault_and_spares_its_neighbours(
    decoder: MbusWiredDecoder,
) -> None:
    found = decode(decoder, telegram("0A 5A FFFF 0A 5E 0504"))
    assert qualities(found)["primary_supply_temp_c"] is Quality.BAD_SENSOR_FAULT
    assert values(found)["primary_return_temp_c"] == 40.5
    assert "no number" in found.notes[0]


def test_manufacturer_data_and_cut_records_become_notes() -> None:
    found = read_records(bytes.fromhex("02 5A 2B02 0F 0102"))
    assert len(found.fields) == 1
    assert "manufacturer data" in found.notes[0]
    assert "cut short" in read_records(bytes.fromhex("02 5A 2B02 04 06 01")).notes[0]


def test_a_water_meter_gives_no_points_of_heat(decoder: MbusWiredDecoder) -> None:
    found = decode(decoder, telegram("0C 14 65870900", header=HEADER.replace("34 04", "34 07")))
    assert len(found.samples) == 0
    assert extras(found)["volume"] == (987.65, "m³")


@pytest.mark.parametrize(
    ("payload", "reason", "word"),
    [
        (b"\xe5", "not_telemetry", "acknowledgement"),
        (bytes.fromhex("105B015C16"), "not_telemetry", "request"),
        (telegram(control="53"), "not_telemetry", "request"),
        (telegram()[:-3], "wrong_type", "length"),
        (telegram()[:-1] + b"\x17", "wrong_type", "0x16"),
        (telegram()[:-2] + b"\x00\x16", "wrong_type", "check sum"),
        (telegram(header="73 78563412 00 00 0000 00000000 00000000"), "wrong_type", "fixed"),
        (telegram(header="70"), "not_telemetry", "CI"),
        (telegram("", header="72 7856"), "wrong_type", "header"),
        (telegram("", header="7A 01 00 0000"), "wrong_type", "names no meter"),
        (telegram("", header=HEADER), "not_telemetry", "no readable records"),
        (telegram("00" * 16, header=HEADER[:-4] + "1005"), "wrong_type", "no key for the meter 12345678"),
        (telegram("00" * 16, header=HEADER[:-4] + "100D"), "wrong_type", "mode 13"),
        (b"", "wrong_type", "no long frame"),
        (b"\x00" * 300_000, "too_big", "bytes"),
    ],
)
def test_what_is_no_reading_is_rejected_with_a_reason(
    decoder: MbusWiredDecoder, payload: bytes, reason: str, word: str
) -> None:
    found = decode(decoder, payload)
    assert reasons(found) == [reason]
    assert word in found.rejections[0].detail
    assert len(found.samples) == 0


@given(data=st.binary(max_size=250))
def test_no_bytes_make_the_decoder_raise(data: bytes) -> None:
    found = decode(MbusWiredDecoder(FamilyOptions()), data)
    assert found.rejections or len(found.samples)


@given(data=st.binary(max_size=200))
def test_no_records_behind_a_right_check_sum_make_it_raise(data: bytes) -> None:
    found = decode(MbusWiredDecoder(FamilyOptions()), telegram(data.hex()))
    assert found.rejections or len(found.samples) or found.extras
