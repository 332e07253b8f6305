"""Traps of the field that concern several families at once, and those that no other test of a family names.

Which trap of which family is held by which test stands in docs/devices.md, «What we watch for»; a test here holds that
list against the tests. Not here: the tests of one family, which have a module each.
"""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.decoders.families import FAMILIES, build_decoder
from collector.decoders.foreign import FamilyOptions, PointRule
from collector.decoders.gateways.modbus_json import ModbusJsonDecoder
from collector.messages.decoded import Decoded, Decoder
from config.equipment.point_maps import configured_point_maps
from heating.protocols import RawMessage
from heating.quality import Quality
from tests.support.decoding import RECEIVED_MS, Map, decode, extras, qualities, reasons, station, values
from tests.support.device_examples import PAGE
from tests.unit.collector.decoders.meters.test_cjt188_heat_meter import reply
from tests.unit.collector.decoders.meters.test_mbus_wired import telegram
from tests.unit.collector.decoders.meters.test_nb_0x68 import WARM, frame

TESTS = Path(__file__).parents[3]
EUI = "24e124136b502217"
AT_MS = 1_768_435_200_000
STATION = "一次供温"


def decoder_of(family: str) -> Decoder:
    """Return a decoder without a device map."""
    return build_decoder(family, max_payload_bytes=65_536)


def message(family: str, value: object) -> tuple[str, str]:
    """Return topic and payload of a message that tells one temperature."""
    ids = {"device_id": "d", "dev_eui": EUI}
    push = {"messageType": "dataReport", "IMEI": "1", "timestamp": AT_MS, "upPacketSN": ""}
    forms: dict[str, tuple[str, object]] = {
        "chirpstack_v4": (
            f"application/7/device/{EUI}/event/up",
            {"deviceInfo": {"devEui": EUI}, "object": {"temperature": value}},
        ),
        "ttn_v3": (
            "v3/heat@league/devices/d/up",
            {"end_device_ids": ids, "uplink_message": {"decoded_payload": {"TempC_SHT": value}}},
        ),
        "senml": ("senml/1", [{"bn": "urn:dev:1:", "n": "temperature", "u": "Cel", "v": value}]),
        "zigbee2mqtt": ("zigbee2mqtt/kitchen", {"temperature": value}),
        "tasmota": ("tele/d/SENSOR", {"DS18B20": {"Temperature": value}, "TempUnit": "C"}),
        "homie4": ("homie/d/room/temperature", value),
        "emqx_neuron": ("/neuron/mqtt/plc", {"node": "plc", "timestamp": AT_MS, "values": {STATION: value}}),
        "usr_edge": ("/usr/gw/up", {"params": {"dir": "up", "r_data": [{"name": STATION, "value": value}]}}),
        "onenet": (
            "onenet",
            {"msg": {"type": 1, "dev_id": 1, "ds_id": "temperature", "at": AT_MS, "value": value}},
        ),
        "ctwing_aep": ("ctwing", {**push, "payload": {"temperature": value}}),
        "modbus_json": ("gateway/ST001/data", {"data": {STATION: value}}),
    }
    topic, body = forms[family]
    return topic, json.dumps(body, ensure_ascii=False)


def told(family: str, value: object) -> Decoded:
    topic, payload = message(family, value)
    decoder = decoder_of(family)
    if family == "homie4":
        decode(decoder, "°C", f"{topic}/$unit")
    return decode(decoder, payload, topic)


TELLING = [
    "chirpstack_v4", "ttn_v3", "senml", "zigbee2mqtt", "tasmota", "homie4", "emqx_neuron", "usr_edge", "onenet",
    "ctwing_aep", "modbus_json",
]  # fmt: skip


@pytest.mark.parametrize("family", TELLING)
@pytest.mark.parametrize("absent", [327.67, -327.68, 3276.7, -127.0])
def test_a_temperature_that_means_no_probe_is_a_sentinel_in_every_family(family: str, absent: float) -> None:
    sample = told(family, absent).samples.to_samples()[0]
    assert (sample.value, Quality(sample.quality)) == (absent, Quality.BAD_SENTINEL)


@pytest.mark.parametrize(("sent", "absent"), [(32767, True), (-32768, True), (32766, False), (455, False)])
def test_a_sentinel_in_tenths_is_seen_behind_the_scale_of_a_device_map(sent: int, absent: bool) -> None:
    rules = {"T2": PointRule("secondary_supply_temp_c", "°C", 0.1)}
    devices = Map(ST001=station(points=rules))
    decoder = ModbusJsonDecoder(FamilyOptions(devices=devices), maps=configured_point_maps({}))
    decoded = decode(decoder, json.dumps({"data": {"T2": sent}}), "gateway/ST001/data")
    assert values(decoded)["secondary_supply_temp_c"] == pytest.approx(sent / 10)
    assert (qualities(decoded)["secondary_supply_temp_c"] is Quality.BAD_SENTINEL) is absent


@pytest.mark.parametrize("family", TELLING)
@pytest.mark.parametrize("real", [-0.5, -38.0, 0.0, 21.4, 85.0])
def test_a_real_temperature_is_none_in_any_family(family: str, real: float) -> None:
    sample = told(family, real).samples.to_samples()[0]
    assert sample.value == pytest.approx(real)
    assert Quality(sample.quality) in (Quality.GOOD, Quality.UNCERTAIN_TIME)


@pytest.mark.parametrize("family", [name for name in TELLING if name not in ("homie4", "senml")])
def test_null_is_a_bad_value_and_never_a_zero(family: str) -> None:
    decoded = told(family, None)
    assert all(Quality(sample.quality) is Quality.BAD for sample in decoded.samples.to_samples())
    assert len(decoded.samples) or decoded.rejections
    assert 0.0 not in decoded.samples.value.tolist()


@pytest.mark.parametrize("family", TELLING)
@pytest.mark.parametrize("word", ["NaN", "Infinity", "warm", "0x15", "1e999", ""])
def test_words_are_no_temperatures(family: str, word: str) -> None:
    decoded = told(family, word)
    assert not [value for value in decoded.samples.value.tolist() if value == value]
    assert decoded.rejections or decoded.extras or len(decoded.samples)


NUMBERS_THAT_ARE_NONE = [
    "NaN", "nan", "-nan", "-NaN", "Infinity", "-Infinity", "inf", "+inf", "nan(ind)", "1.#QNAN", "-1.#IND", "1.#INF00",
]  # fmt: skip


@pytest.mark.parametrize("family", [name for name in TELLING if name not in ("homie4", "senml")])
@pytest.mark.parametrize("literal", NUMBERS_THAT_ARE_NONE)
def test_a_number_that_is_none_costs_its_own_point_and_not_the_message(family: str, literal: str) -> None:
    topic, payload = message(family, "@")
    decoded = decode(decoder_of(family), payload.replace('"@"', literal), topic)
    assert not decoded.rejections
    assert [Quality(sample.quality) for sample in decoded.samples.to_samples()] == [Quality.BAD]
    assert str(decoded.samples.value[0]) == "nan"


def test_the_neighbours_of_a_number_that_is_none_are_kept() -> None:
    topic = f"application/7/device/{EUI}/event/up"
    payload = f'{{"deviceInfo": {{"devEui": "{EUI}", "deviceName": "NaN \\"nan\\""}}, "object": {{"temperature": NaN, "humidity": 40}}}}'
    assert values(decode(decoder_of("chirpstack_v4"), payload, topic))["room_humidity_pct"] == 40.0


# In Homie all values are text; SenML says by its labels what is a number: text under "v" breaks RFC 8428.
@pytest.mark.parametrize("family", [name for name in TELLING if name not in ("homie4", "senml")])
@pytest.mark.parametrize("text", ["21.50", " 21.5 ", "21.5"])
def test_numbers_in_text_are_read_in_every_family(family: str, text: str) -> None:
    assert told(family, text).samples.value.tolist() == [21.5]


def test_a_renamed_chirpstack_device_stays_the_same_device() -> None:
    topic = f"application/7/device/{EUI}/event/up"
    objects = set()
    for name in ("kitchen", "厨房", ""):
        body = {"deviceInfo": {"devEui": EUI.upper(), "deviceName": name}, "object": {"temperature": 20}}
        objects.add(decode(decoder_of("chirpstack_v4"), json.dumps(body), topic).samples.objects)
    assert len(objects) == 1


def test_a_thing_of_the_things_stack_tells_its_best_gateway() -> None:
    topic, payload = message("ttn_v3", 20.0)
    body = json.loads(payload)
    body["uplink_message"]["rx_metadata"] = [
        {"rssi": -110, "snr": -5},
        {"rssi": -70, "snr": 8},
        {"rssi": None},
    ]
    found = values(decode(decoder_of("ttn_v3"), json.dumps(body), topic))
    assert found["signal_rssi_dbm"] == -70.0


@pytest.mark.parametrize(("meter_type", "heat"), [(0x1F, False), (0x20, True), (0x29, True), (0x2A, False)])
def test_the_types_of_heat_and_cold_meters_are_those_of_the_standard(meter_type: int, heat: bool) -> None:
    found = decode(decoder_of("cjt188_heat_meter"), reply(meter_type=meter_type))
    assert reasons(found) == ([] if heat else ["not_telemetry"])
    assert bool(len(found.samples)) is heat


@given(st.integers(1, 15))
def test_wake_up_bytes_in_front_of_a_meter_change_nothing(count: int) -> None:
    decoder = decoder_of("cjt188_heat_meter")
    assert values(decode(decoder, b"\xfe" * count + reply())) == values(decode(decoder, reply()))


def test_heat_that_flows_backwards_keeps_its_sign() -> None:
    found = decode(decoder_of("mbus_wired"), telegram("02 2D 9CFF"))
    assert values(found)["primary_heat_rate_gj_per_h"] == pytest.approx(-0.036)


def test_a_room_collector_tells_what_it_did_to_its_temperature() -> None:
    found = decode(decoder_of("nb_0x68"), frame([(0, 0b01, 215, 41)]))
    assert extras(found)["corrected"] == (True, "")
    assert extras(found)["temperature_offset"] == (-0.5, "K")
    assert values(found)["room_temp_c"] == 21.5
    assert qualities(found)["room_temp_c"] is Quality.GOOD


@pytest.mark.parametrize(("csq", "dbm"), [(0, -113.0), (31, -51.0), (32, None), (99, None), (255, None)])
def test_a_signal_that_is_not_known_is_no_signal(csq: int, dbm: float | None) -> None:
    assert values(decode(decoder_of("nb_0x68"), frame(csq=csq))).get("signal_rssi_dbm") == dbm


def test_an_absent_humidity_of_a_room_collector_is_left_out() -> None:
    found = values(decode(decoder_of("nb_0x68"), frame([(0, 0, 215, 0xFF)])))
    assert "room_humidity_pct" not in found
    assert found["room_temp_c"] == 21.5


def test_stored_samples_of_an_unset_clock_are_counted_back_from_the_arrival() -> None:
    found = decode(decoder_of("nb_0x68"), frame([WARM] * 3, clock=bytes(6), history=1))
    rooms = [item for item in found.samples.to_samples() if item.point == "room_temp_c"]
    assert [item.measured_ms for item in rooms] == [RECEIVED_MS - age * 1_200_000 for age in range(3)]
    assert {Quality(item.quality) for item in rooms} == {Quality.UNCERTAIN_TIME}
    assert values(found)["backfilled"] == 1.0


def test_a_message_twice_gives_the_same_rows_twice_and_leaves_counting_to_the_pipeline() -> None:
    for family in TELLING:
        topic, payload = message(family, 20.5)
        decoded = decoder_of(family).decode([RawMessage(topic, payload.encode(), RECEIVED_MS)] * 2)
        half = len(decoded.samples) // 2
        assert decoded.samples.value[:half].tolist() == decoded.samples.value[half:].tolist()
        assert half >= 1


# --- the list in the documentation ------------------------------------------------------------------------------


def watched() -> list[tuple[str, str, str]]:
    section = PAGE.partition("## What we watch for")[2].partition("\n## ")[0]
    found = re.findall(r"^\| (\w+) \| (.+?) \| `(\w+\.py::test_\w+)` \|$", section, re.MULTILINE)
    assert len(found) == len(re.findall(r"^\|", section, re.MULTILINE)) - 2
    return found


def test_every_family_has_traps_in_the_list() -> None:
    assert {family for family, _trap, _test in watched()} - {"all"} == set(FAMILIES)


def test_every_test_in_the_list_exists() -> None:
    texts: dict[str, str] = {}
    for _family, trap, test in watched():
        file, _, name = test.partition("::")
        if file not in texts:
            texts[file] = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob(file))
        assert f"def {name}(" in texts[file], f"{trap}: {test}"
