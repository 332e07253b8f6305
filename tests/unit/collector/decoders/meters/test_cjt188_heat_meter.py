"""CJ/T 188 heat meters: frames built here from the standard, and one as a maker published it."""

import base64
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.decoders.foreign import DeviceTarget, FamilyOptions
from collector.decoders.meters.cjt188_heat_meter import Cjt188HeatMeterDecoder, HeatMeterReply, parse_reply
from heating.intervals import to_epoch_ms
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef
from tests.support.decoding import RECEIVED_MS, Map, decode, extras, qualities, reasons, values

ZONE = ZoneInfo("Asia/Shanghai")
ADDRESS = "11110000345678"
CLOCK = "00300815012620"
CLOCK_MS = to_epoch_ms(datetime(2026, 1, 15, 8, 30, 0, tzinfo=ZONE))


def bcd(number: int, size: int) -> bytes:
    return bytes.fromhex(f"{number:0{2 * size}d}")[::-1]


def reply(
    *,
    heat: tuple[int, int] = (123_456_78, 0x05),
    power: tuple[int, int] = (34_89, 0x17),
    flow: tuple[int, int] = (2_0000, 0x35),
    volume: tuple[int, int] = (987_65, 0x2C),
    supply: bytes = bcd(55_50, 3),
    back: bytes = bcd(40_50, 3),
    clock: str = CLOCK,
    status: str = "0000",
    meter_type: int = 0x20,
    control: int = 0x81,
    unit_first: bool = False,
) -> bytes:
    """A reply; fields are (digits, unit byte)."""
    data = b"\x90\x1f\x05"
    for digits, unit in (heat, heat, power, flow, volume):
        number = bcd(digits, 4)
        data += bytes((unit,)) + number if unit_first else number + bytes((unit,))
    data += supply + back + bcd(4321, 3) + bytes.fromhex(clock) + bytes.fromhex(status)
    body = bytes((0x68, meter_type)) + bytes.fromhex(ADDRESS)[::-1] + bytes((control, len(data))) + data
    return body + bytes((sum(body) & 0xFF, 0x16))


@pytest.fixture
def decoder() -> Cjt188HeatMeterDecoder:
    return Cjt188HeatMeterDecoder(FamilyOptions())


def test_a_reply_gives_heat_flow_and_temperatures_in_canonical_units(decoder: Cjt188HeatMeterDecoder) -> None:
    found = decode(decoder, b"\xfe\xfe" + reply())
    assert values(found) == {
        "primary_heat_total_gj": 444.444408,
        "primary_heat_rate_gj_per_h": 0.125604,
        "primary_flow_m3_per_h": 2.0,
        "primary_volume_total_m3": 987.65,
        "primary_supply_temp_c": 55.5,
        "primary_return_temp_c": 40.5,
    }
    assert set(found.samples.measured_ms) == {CLOCK_MS}
    assert set(qualities(found).values()) == {Quality.GOOD}
    assert extras(found)["heat_total"] == (123_456.78, "kWh")
    assert extras(found)["operating_hours"] == (4321.0, "h")
    assert found.samples.objects[0].object_id == ADDRESS


def test_a_published_frame_with_unit_bytes_in_front_is_understood(decoder: Cjt188HeatMeterDecoder) -> None:
    found = decode(
        decoder,
        "FEFEFEFE 68 20 32 41 31 40 00 00 00 81 2E 90 1F 01 08 02 00 00 00 08 02 00 00 00 17 00 00 00 00"
        "35 00 00 00 00 2C 34 10 00 00 35 25 00 66 25 00 00 00 00 53 00 12 10 07 15 20 00 00 31 16",
    )
    assert values(found)["primary_volume_total_m3"] == 10.34
    assert values(found)["primary_supply_temp_c"] == 25.35
    assert values(found)["primary_heat_total_gj"] == 0.072
    assert found.samples.measured_ms[0] == to_epoch_ms(datetime(2015, 7, 10, 12, 0, 53, tzinfo=ZONE))


@pytest.mark.parametrize(
    ("unit", "gigajoule"),
    [
        (0x05, 1234.56 * 3.6e-3),
        (0x08, 1234.56 * 3.6),
        (0x0A, 123_456 * 3.6),
        (0x01, 1234.56e-9),
        (0x0B, 1234.56e-6),
        (0x0E, 1234.56e-3),
        (0x11, 1234.56),
        (0x13, 123_456.0),
    ],
)
def test_every_energy_unit_becomes_gigajoule(
    decoder: Cjt188HeatMeterDecoder, unit: int, gigajoule: float
) -> None:
    found = decode(decoder, reply(heat=(1234_56, unit)))
    assert values(found)["primary_heat_total_gj"] == pytest.approx(gigajoule, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("unit", "gj_per_h"), [(0x14, 3.6e-4), (0x17, 0.36), (0x1A, 360.0)])
def test_every_power_unit_becomes_gigajoule_per_hour(
    decoder: Cjt188HeatMeterDecoder, unit: int, gj_per_h: float
) -> None:
    found = decode(decoder, reply(power=(100_00, unit)))
    assert values(found)["primary_heat_rate_gj_per_h"] == pytest.approx(gj_per_h)


def test_litres_become_cubic_metres(decoder: Cjt188HeatMeterDecoder) -> None:
    found = values(decode(decoder, reply(flow=(2000_0000, 0x32), volume=(500_00, 0x29))))
    assert (found["primary_flow_m3_per_h"], found["primary_volume_total_m3"]) == (2.0, 0.5)


def test_power_that_contradicts_flow_and_spread_is_uncertain(decoder: Cjt188HeatMeterDecoder) -> None:
    found = qualities(decode(decoder, reply(power=(70_00, 0x17))))
    assert found["primary_heat_rate_gj_per_h"] is Quality.UNCERTAIN_INCONSISTENT
    assert found["primary_flow_m3_per_h"] is Quality.UNCERTAIN_INCONSISTENT
    assert found["primary_heat_total_gj"] is Quality.GOOD


def test_a_meter_of_a_building_gives_inlet_points() -> None:
    target = DeviceTarget(ObjectRef(Measurement.BUILDING, "B7"))
    found = decode(Cjt188HeatMeterDecoder(FamilyOptions(devices=Map(**{ADDRESS: target}))), reply())
    assert values(found) == {
        "inlet_flow_m3_per_h": 2.0,
        "inlet_supply_temp_c": 55.5,
        "inlet_return_temp_c": 40.5,
    }
    assert extras(found)["heat_rate"] == (34.89, "kW")


def test_below_zero_and_broken_probes_are_told_apart(decoder: Cjt188HeatMeterDecoder) -> None:
    cold = decode(decoder, reply(supply=bytes.fromhex("251080")))
    assert values(cold)["primary_supply_temp_c"] == -10.25
    broken = decode(decoder, reply(supply=b"\xff\xff\xff"))
    assert qualities(broken)["primary_supply_temp_c"] is Quality.BAD_SENSOR_FAULT
    assert str(values(broken)["primary_supply_temp_c"]) == "nan"


def test_the_status_tells_a_low_battery(decoder: Cjt188HeatMeterDecoder) -> None:
    assert extras(decode(decoder, reply(status="0400")))["low_battery"] == (True, "")
    assert extras(decode(decoder, reply()))["low_battery"] == (False, "")


def test_a_clock_that_shows_no_date_gives_arrival_time(decoder: Cjt188HeatMeterDecoder) -> None:
    for clock in ("00000000000000", "00000001010020", "ffffffffffffff"):
        found = decode(decoder, reply(clock=clock))
        assert set(found.samples.measured_ms) == {RECEIVED_MS}
        assert set(qualities(found).values()) == {Quality.UNCERTAIN_TIME}
        assert found.notes


def _damaged(position: int) -> bytes:
    data = bytearray(reply())
    data[position] ^= 0x01
    return bytes(data)


@pytest.mark.parametrize(
    ("payload", "reason", "word"),
    [
        ("FEFEFEFE682032413140000000 0103901F012016", "not_telemetry", "request"),
        (reply(control=0x84), "not_telemetry", "control"),
        (reply(control=0xC1), "not_telemetry", "error"),
        (reply(meter_type=0x10), "not_telemetry", "no heat meter"),
        (reply(heat=(1, 0x35)), "wrong_type", "unit bytes"),
        (_damaged(-2), "wrong_type", "check sum"),
        (_damaged(30), "wrong_type", "check sum"),
        (_damaged(-1), "wrong_type", "0x16"),
        (_damaged(10), "wrong_type", "length"),
        (reply()[:20], "wrong_type", "length"),
        (b"", "wrong_type", "no frame"),
        (b"{}", "wrong_type", "no frame"),
        (b"\x68" * 300_000, "too_big", "bytes"),
    ],
)
def test_what_is_no_reading_is_rejected_with_a_reason(
    decoder: Cjt188HeatMeterDecoder, payload: bytes, reason: str, word: str
) -> None:
    found = decode(decoder, payload)
    assert reasons(found) == [reason]
    assert word in found.rejections[0].detail
    assert len(found.samples) == 0


def test_base64_is_understood(decoder: Cjt188HeatMeterDecoder) -> None:
    assert values(decode(decoder, base64.b64encode(reply()))) == values(decode(decoder, reply()))


@given(data=st.binary(max_size=100))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    found = decode(Cjt188HeatMeterDecoder(FamilyOptions()), data)
    assert found.rejections or len(found.samples)


@given(block=st.binary(min_size=43, max_size=43))
def test_any_fields_behind_a_right_check_sum_are_read_or_rejected(block: bytes) -> None:
    body = reply()[:14] + block
    found = decode(Cjt188HeatMeterDecoder(FamilyOptions()), body + bytes((sum(body) & 0xFF, 0x16)))
    assert found.rejections or len(found.samples)


@given(heat=st.integers(0, 99_999_999), flow=st.integers(0, 99_999_999))
def test_digits_come_back_as_they_were_written(heat: int, flow: int) -> None:
    for unit_first in (False, True):
        found = parse_reply(reply(heat=(heat, 0x11), flow=(flow, 0x35), unit_first=unit_first), ZONE)
        assert isinstance(found, HeatMeterReply)
        assert (found.fields[1].value, found.fields[3].value) == (heat / 100, flow / 10_000)


@pytest.mark.parametrize("address", ["FFFFF130123456", "AAAAAAAAAAAAAA", "12345678901234", "FF000000000001"])
def test_an_address_is_an_id_also_where_it_is_no_bcd(decoder: Cjt188HeatMeterDecoder, address: str) -> None:
    data = reply()
    body = data[:2] + bytes.fromhex(address)[::-1] + data[9:-2]
    found = decode(decoder, body + bytes((sum(body) & 0xFF, 0x16)))
    assert [ref.object_id for ref in found.samples.objects] == [address.lower()]
    assert values(found)["primary_supply_temp_c"] == 55.5


@pytest.mark.parametrize(
    "prefix", [b"CTRL:R0000000001", b"868888888888888", b"\x00\x01", b"h\xfe\xfe", b"www.usr.cn\r\n"]
)
@pytest.mark.parametrize("text", [False, True])
def test_words_of_a_dtu_before_a_frame_do_not_hide_it(
    decoder: Cjt188HeatMeterDecoder, prefix: bytes, text: bool
) -> None:
    payload = prefix + b"\xfe\xfe" + reply()
    found = decode(decoder, payload.hex().encode() if text else payload)
    assert values(found)["primary_supply_temp_c"] == 55.5


def test_a_frame_in_hex_text_behind_words_is_read(decoder: Cjt188HeatMeterDecoder) -> None:
    assert values(decode(decoder, b"+NNMI:59," + reply().hex().encode()))["primary_supply_temp_c"] == 55.5


@pytest.mark.parametrize("words", [b"CTRL:R0000000001", b"HB", b"\xfe", b"\x00", b"8688888888888888"])
def test_words_of_a_dtu_without_a_frame_are_no_reading(decoder: Cjt188HeatMeterDecoder, words: bytes) -> None:
    found = decode(decoder, words)
    assert (reasons(found), len(found.samples)) == (["not_telemetry"], 0)


def test_several_frames_of_one_upload_are_read(decoder: Cjt188HeatMeterDecoder) -> None:
    found = decode(decoder, reply() + b"\xfe" + reply(supply=bcd(60_00, 3)))
    assert found.samples.value.tolist().count(55.5) == 1
    assert found.samples.value.tolist().count(60.0) == 1
