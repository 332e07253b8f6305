"""Wired M-Bus: long frames built here, records of EN 13757-3 with units, storage numbers, signs and makers' quirks."""

import struct
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


# --- real numbers, dates, lengths: EN 13757-3, tables 4 to 12 and annex A; values computed by hand -----------------


def real(value: float) -> str:
    return struct.pack("<f", value).hex()


@pytest.mark.parametrize(
    ("record", "name", "value", "unit"),
    [
        *(
            (f"05 {vif:02X} {real(100.0)}", "energy", 100.0 * 10.0 ** (vif - 3) / 1000, "kWh")
            for vif in range(8)
        ),
        *(
            (f"05 {vif:02X} {real(5.0)}", "energy", 5.0 * 10.0 ** (vif - 8) / 1e6, "MJ")
            for vif in range(8, 16)
        ),
        *(
            (f"05 {vif:02X} {real(5.0)}", "volume", 5.0 * 10.0 ** (vif - 0x16), "m³")
            for vif in range(0x10, 0x18)
        ),
        *(
            (f"05 {vif:02X} {real(5.0)}", "power", 5.0 * 10.0 ** (vif - 0x2B), "W")
            for vif in range(0x28, 0x30)
        ),
        *(
            (f"05 {vif:02X} {real(5.0)}", "volume_flow", 5.0 * 10.0 ** (vif - 0x3E), "m³/h")
            for vif in range(0x38, 0x40)
        ),
        *(
            (f"05 {vif:02X} {real(5.0)}", "mass_flow", 5.0 * 10.0 ** (vif - 0x53) / 1000, "t/h")
            for vif in range(0x50, 0x58)
        ),
        *(
            (f"05 {vif:02X} {real(555.0)}", "flow_temperature", 555.0 * 10.0 ** (vif - 0x5B), "°C")
            for vif in range(0x58, 0x5C)
        ),
        *(
            (f"05 {vif:02X} {real(405.0)}", "return_temperature", 405.0 * 10.0 ** (vif - 0x5F), "°C")
            for vif in range(0x5C, 0x60)
        ),
        *(
            (f"05 {vif:02X} {real(-15.0)}", "temperature_difference", -15.0 * 10.0 ** (vif - 0x63), "K")
            for vif in range(0x60, 0x64)
        ),
        (f"05 FB 00 {real(2.5)}", "energy", 250.0, "kWh"),
        (f"45 06 {real(2.5)}", "energy_storage_1", 2.5, "kWh"),
        (f"05 5B {real(21.1)}", "flow_temperature", 21.1, "°C"),
    ],
)
def test_a_real_number_keeps_the_power_of_ten_of_its_vif(
    record: str, name: str, value: float, unit: str
) -> None:
    [item] = read_records(bytes.fromhex(record)).fields
    assert (item.name, item.unit, item.value) == (name, unit, pytest.approx(value, rel=1e-12))


@pytest.mark.parametrize("bits", ["0000C07F", "0000807F", "000080FF"])
def test_a_real_that_is_no_number_is_a_fault(decoder: MbusWiredDecoder, bits: str) -> None:
    found = decode(decoder, telegram(f"05 5B {bits} 05 5F {real(40.5)}"))
    assert qualities(found)["primary_supply_temp_c"] is Quality.BAD_SENSOR_FAULT
    assert values(found)["primary_return_temp_c"] == 40.5


def type_f(year: int, month: int, day: int, hour: int, minute: int, *, hundreds: int = 0) -> str:
    word = minute | hour << 8 | hundreds << 13 | day << 16 | (year & 7) << 21 | month << 24 | year >> 3 << 28
    return word.to_bytes(4, "little").hex()


@pytest.mark.parametrize(
    ("record", "value"),
    [
        ("44 6D 3B173F3C", "2025-12-31T23:59:00"),
        *((f"44 6D {type_f(26, month, day, 0, 0)}", f"2026-{month:02}-{day}T00:00:00")
          for month, day in [(1, 31), (2, 28), (3, 31), (4, 30), (5, 31), (7, 31), (8, 31), (10, 31), (12, 31)]),
        (f"44 6D {type_f(28, 2, 29, 12, 5)}", "2028-02-29T12:05:00"),
        (f"44 6D {type_f(0, 1, 1, 0, 0)}", "2000-01-01T00:00:00"),
        (f"44 6D {type_f(99, 12, 31, 23, 59)}", "1999-12-31T23:59:00"),
        (f"44 6D {type_f(99, 12, 31, 23, 59, hundreds=1)}", "2099-12-31T23:59:00"),
        ("42 6C 3F3C", "2025-12-31"),
        ("42 6C 413B", "2026-11-01"),
        ("46 6D 1E 1E 16 5F 31 05", "2026-01-31T22:30:30"),
        ("43 6D 1E 1E 16", "22:30:30"),
        (f"44 6D {type_f(26, 2, 30, 0, 0)}", None),
        (f"44 6D {type_f(27, 2, 29, 0, 0)}", None),
        (f"44 6D {type_f(26, 1, 0, 0, 0)}", None),
        (f"44 6D {type_f(26, 0, 1, 0, 0)}", None),
        (f"44 6D {type_f(26, 15, 1, 0, 0)}", None),
        (f"44 6D {type_f(127, 1, 1, 0, 0)}", None),
        (f"44 6D {type_f(26, 1, 31, 31, 0)}", None),
        (f"44 6D {type_f(26, 1, 31, 0, 63)}", None),
        ("44 6D 9E165F31", None),
        ("44 6D 00000000", None),
        ("44 6D FFFFFFFF", None),
        ("46 6D 1E 9E 16 5F 31 05", None),
        ("42 6C FFFF", None),
        ("42 6C 0000", None),
    ],
)  # fmt: skip
def test_dates_of_every_type(record: str, value: str | None) -> None:
    [item] = read_records(bytes.fromhex(record)).fields
    assert (item.value, item.quality) == (value, Quality.BAD if value is None else Quality.GOOD)


def test_the_clock_of_the_31st_is_the_measured_time_and_an_invalid_one_is_not(
    decoder: MbusWiredDecoder,
) -> None:
    at = to_epoch_ms(datetime(2026, 1, 31, 22, 30, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert set(decode(decoder, telegram("04 06 E8030000 04 6D 1E165F31")).samples.measured_ms) == {at}
    assert set(decode(decoder, telegram("04 06 E8030000 04 6D 9E165F31")).samples.measured_ms) == {
        RECEIVED_MS
    }


@pytest.mark.parametrize("code", [0x42, 0x43, 0x46, 0x47, 0x4A, 0x4B, 0x4E, 0x4F, 0x6A, 0x6B, 0x6E, 0x6F])
def test_an_extension_that_makes_a_date_of_a_value_is_minded(code: int) -> None:
    [long] = read_records(bytes.fromhex(f"94 10 DA {code:02X} {type_f(25, 10, 31, 20, 50)}")).fields
    assert (long.value, long.unit, long.role) == ("2025-10-31T20:50:00", "", "")
    [short] = read_records(bytes.fromhex(f"12 DA {code:02X} 3F3C")).fields
    assert short.value == "2025-12-31"


@pytest.mark.parametrize(
    ("code", "unit"), [(0x50, "s"), (0x55, "min"), (0x5E, "h"), (0x63, "d"), (0x41, ""), (0x49, "")]
)
def test_an_extension_that_makes_a_duration_or_a_count_of_a_value_is_minded(code: int, unit: str) -> None:
    [item] = read_records(bytes.fromhex(f"02 DA {code:02X} 0A00")).fields
    assert (item.value, item.unit, item.role) == (10.0, unit, "")


@pytest.mark.parametrize(
    ("length", "size"),
    [(0x05, 5), (0xC4, 4), (0xD4, 4), (0xE8, 8), (0xEF, 15), (0xF0, 16), (0xF1, 20), (0xF4, 32), (0xF5, 48), (0xF6, 64)],
)  # fmt: skip
def test_a_record_of_any_length_class_spares_the_records_behind_it(length: int, size: int) -> None:
    found = read_records(bytes((0x0D, 0xFD, 0x11, length)) + b"\x11" * size + bytes.fromhex("04 06 E8030000"))
    assert [item.value for item in found.fields if item.name == "energy"] == [1000.0]


def test_a_reserved_length_class_ends_the_telegram_with_a_note() -> None:
    found = read_records(bytes.fromhex("04 06 E8030000 0D FD 11 FB 11223344"))
    assert [item.name for item in found.fields] == ["energy"]
    assert "unknown" in found.notes[0]


@pytest.mark.parametrize("word", ["FFFF", "27B6", "0001", "1002", "AA1F"])
def test_a_signature_in_the_place_of_the_configuration_word_is_no_encryption(
    decoder: MbusWiredDecoder, word: str
) -> None:
    found = decode(decoder, telegram(RECORDS, header=HEADER[:-4] + word))
    assert values(found)["primary_supply_temp_c"] == 55.5


def test_bytes_behind_an_unknown_mode_that_are_no_records_stay_encrypted(decoder: MbusWiredDecoder) -> None:
    secret = bytes((37 * place + 11) % 256 for place in range(32)).hex()
    found = decode(decoder, telegram(secret, header=HEADER[:-4] + "100D"))
    assert (reasons(found), len(found.samples)) == (["wrong_type"], 0)


@pytest.mark.parametrize("shape", [b"REG:12345\r\n%b", b"\xfe\xfe%b", b"%b\r\n", b"\x00%b"])
def test_words_of_a_dtu_around_a_frame_do_not_hide_it(decoder: MbusWiredDecoder, shape: bytes) -> None:
    assert values(decode(decoder, shape % telegram()))["primary_supply_temp_c"] == 55.5


def test_two_frames_in_one_message_are_both_read(decoder: MbusWiredDecoder) -> None:
    other = telegram(header=HEADER.replace("78563412", "79563412"))
    found = decode(decoder, telegram() + other)
    assert {ref.object_id for ref in found.samples.objects} == {"12345678", "12345679"}


@pytest.mark.parametrize("words", [b"REG:868888888888888", b"HB", b"\x00", b"ping\r\n"])
def test_words_of_a_dtu_without_a_frame_are_no_reading(decoder: MbusWiredDecoder, words: bytes) -> None:
    assert reasons(decode(decoder, words)) == ["not_telemetry"]
