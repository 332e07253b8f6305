"""Tasmota: sub-objects named after chips, °C or °F for all, clocks without a zone."""

import json

import pytest

from collector.decoders.envelopes.tasmota import TasmotaDecoder
from collector.decoders.foreign import DeviceTarget, FamilyOptions, PointRule
from collector.messages.decoded import Decoded
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.quality import Quality
from heating.samples import ObjectRef
from tests.support.decoding import RECEIVED_MS, Map, decode, extras, qualities, reasons, values

AM2301 = {"AM2301": {"Temperature": 21.5, "Humidity": 44.0, "DewPoint": 8.9}, "TempUnit": "C"}


def told(body: object, topic: str = "tele/t1/SENSOR", *, received_ms: int = RECEIVED_MS) -> Decoded:
    return decode(TasmotaDecoder(FamilyOptions()), json.dumps(body), topic, received_ms=received_ms)


def test_a_sensor_message_becomes_room_points() -> None:
    decoded = told({"Time": "2026-01-15T08:05:00", **AM2301})
    assert values(decoded) == {"room_temp_c": 21.5, "room_humidity_pct": 44.0}
    assert extras(decoded) == {"AM2301.DewPoint": (8.9, "°C")}
    assert decoded.samples.objects[0].object_id == "t1"


def test_fahrenheit_is_converted() -> None:
    body = {"Time": "2026-01-15T08:05:00", "SI7021": {"Temperature": 70.7, "DewPoint": 50}, "TempUnit": "F"}
    assert values(told(body)) == {"room_temp_c": 21.5}
    assert extras(told(body)) == {"SI7021.DewPoint": (50.0, "°F")}


def test_a_time_without_a_zone_is_wall_clock_of_the_site() -> None:
    assert told({"Time": "2026-01-15T08:04:30", **AM2301}).samples.measured_ms[0] == RECEIVED_MS - 30_000
    assert told({"Time": "2026-01-15T06:51:10", **AM2301}).samples.measured_ms[0] == RECEIVED_MS - 4_430_000


@pytest.mark.parametrize("wall", ["2026-01-15T00:04:50", "2026-01-15T01:04:50", "2026-01-15T05:34:50"])
def test_a_clock_of_another_zone_is_told_by_its_whole_half_hours(wall: str) -> None:
    decoded = told({"Time": wall, **AM2301})
    assert decoded.samples.measured_ms[0] == RECEIVED_MS - 10_000


@pytest.mark.parametrize("wall", ["1970-01-01T00:00:12", "", None, "2026-02-30T00:00:00"])
def test_a_clock_that_was_never_set_gives_way_to_the_arrival(wall: object) -> None:
    decoded = told({"Time": wall, **AM2301})
    assert decoded.samples.measured_ms[0] == RECEIVED_MS
    assert qualities(decoded)["room_temp_c"] == Quality.UNCERTAIN_TIME


def test_the_first_chip_is_the_room_and_the_processor_never_is() -> None:
    body = {
        "Time": "2026-01-15T08:05:00",
        "ESP32": {"Temperature": 53.3},
        "DS18B20-1": {"Id": "01144A", "Temperature": 21.0},
        "DS18B20-2": {"Id": "01144B", "Temperature": 40.0},
    }
    assert values(told(body)) == {"room_temp_c": 21.0}
    assert extras(told(body)) == {"ESP32.Temperature": (53.3, "°C"), "DS18B20-2.Temperature": (40.0, "°C")}


def test_one_wire_probes_that_share_a_chip_are_read() -> None:
    body = {"DS18x20": {"DS1": {"Type": "DS18B20", "Temperature": 21.0}, "DS2": {"Temperature": 22.0}}}
    assert values(told(body)) == {"room_temp_c": 21.0}
    assert extras(told(body)) == {"DS18x20.DS2.Temperature": (22.0, "°C")}


def test_a_probe_without_an_answer_is_a_sentinel_and_null_is_bad() -> None:
    stamp = {"Time": "2026-01-15T08:05:00"}
    assert qualities(told({**stamp, "DS18B20": {"Temperature": -127}})) == {
        "room_temp_c": Quality.BAD_SENTINEL
    }
    assert qualities(told({**stamp, "DHT22": {"Temperature": None}})) == {"room_temp_c": Quality.BAD}


def test_a_state_message_gives_signal_and_supply() -> None:
    body = {"Time": "2026-01-15T08:05:00", "Vcc": 3.1, "UptimeSec": 60, "Wifi": {"RSSI": 78, "Signal": -61}}
    decoded = told(body, "tele/t1/STATE")
    assert values(decoded) == {"signal_rssi_dbm": -61.0, "battery_v": 3.1}
    assert extras(decoded) == {"UptimeSec": (60.0, "s")}


def test_the_last_will_tells_that_a_room_device_is_away() -> None:
    message = RawMessage("tele/t1/LWT", b"Offline", RECEIVED_MS, retained=True)
    decoded = TasmotaDecoder(FamilyOptions()).decode([message])
    assert values(decoded) == {"gateway_online": 0.0}
    assert qualities(decoded) == {"gateway_online": Quality.UNCERTAIN_TIME}


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("tele/t1/INFO1", "{}", "not_telemetry"),
        ("tele/t1/SENSOR", "{}", "not_telemetry"),
        ("tele/t1/SENSOR", "[]", "wrong_type"),
        ("tele/t1/SENSOR", '{"Time":"2026-01-15T08:05:00"}', "not_telemetry"),
        ("tele/t1/LWT", "maybe", "wrong_type"),
        ("stat/t1/RESULT", "{}", "bad_topic"),
        ("cmnd/t1/POWER", "ON", "bad_topic"),
    ],
)
def test_what_is_no_reading_is_told(topic: str, payload: str, reason: str) -> None:
    assert reasons(decode(TasmotaDecoder(FamilyOptions()), payload, topic)) == [reason]


def test_the_second_topic_style_is_read_too() -> None:
    assert told(AM2301, "home/t1/tele/SENSOR").samples.objects[0].object_id == "home/t1"


ONE = {"Device": "0x329F", "Temperature": 27.89, "Humidity": "41.5", "Endpoint": 1, "LinkQuality": 94}
TWO = {"Device": "0x01F3", "Name": "bath", "BatteryVoltage": 2.7, "BatteryPercentage": 17, "LinkQuality": 79}


def objects(decoded: Decoded) -> dict[str, str]:
    """Point by object, the first of each."""
    return {sample.ref.object_id: sample.point for sample in reversed(decoded.samples.to_samples())}


@pytest.mark.parametrize(
    ("body", "topic"),
    [
        ({"ZbReceived": {"0x329F": ONE, "bath": TWO}}, "tele/zb/SENSOR"),
        ({"0x329F": ONE, "bath": TWO}, "tele/zb/SENSOR"),
        ({"Time": "2026-01-15T08:05:00", "ZbReceived": {"0x329F": ONE, "bath": TWO}}, "zb/tele/SENSOR"),
    ],
)
def test_the_devices_behind_a_bridge_speak_for_themselves(body: object, topic: str) -> None:
    decoded = told(body, topic)
    assert objects(decoded) == {"zb/0x329F": "room_temp_c", "zb/bath": "battery_v"}
    assert values(decoded) == {
        "room_temp_c": 27.89, "room_humidity_pct": 41.5, "battery_v": 2.7, "battery_pct": 17.0,
    }  # fmt: skip


@pytest.mark.parametrize(("topic", "device"), [("zb/0x329F", "zb/0x329F"), ("zb/bath", "zb/bath")])
def test_a_device_with_a_topic_of_its_own_is_named_once(topic: str, device: str) -> None:
    told_by = {"0x329F": ONE} if topic == "zb/0x329F" else {"bath": TWO}
    assert list(objects(told({"ZbReceived": told_by}, f"tele/{topic}/SENSOR"))) == [device]


def test_the_map_may_name_a_bridged_device_without_its_bridge() -> None:
    devices = Map(**{"0x329F": DeviceTarget(ObjectRef(Measurement.ROOM, "S1"))})
    decoder = TasmotaDecoder(FamilyOptions(devices=devices, unmapped_pass=False))
    decoded = decode(decoder, json.dumps({"ZbReceived": {"0x329F": ONE, "bath": TWO}}), "tele/zb/SENSOR")
    assert {sample.ref.object_id for sample in decoded.samples.to_samples()} == {"S1"}
    assert [item.devices[0].device_id for item in decoded.rejections] == ["zb/bath"]


def test_a_probe_that_the_map_does_not_name_is_never_the_room() -> None:
    rule = {"DS18B20-1.Temperature": PointRule("room_temp_c")}
    decoder = TasmotaDecoder(
        FamilyOptions(devices=Map(t1=DeviceTarget(ObjectRef(Measurement.ROOM, "S1"), rule)))
    )
    assert values(decode(decoder, json.dumps({"DS18B20-2": {"Temperature": 55.0}}), "tele/t1/SENSOR")) == {}
    both = {"DS18B20-2": {"Temperature": 55.0}, "DS18B20-1": {"Temperature": 21.0}}
    assert values(decode(decoder, json.dumps(both), "tele/t1/SENSOR")) == {"room_temp_c": 21.0}


@pytest.mark.parametrize("chip", ["ESP32", "ESP8266", "ESP32C3", "CPU", "Board"])
def test_the_inside_of_a_device_is_never_the_room(chip: str) -> None:
    assert values(told({chip: {"Temperature": 48.0}, "SHT30": {"Temperature": 21.0}})) == {
        "room_temp_c": 21.0
    }
    assert values(told({chip: {"Temperature": 48.0}})) == {}


def test_switches_and_uptime_of_a_state_are_shown() -> None:
    body = {
        "Time": "2026-01-15T08:05:00",
        "Uptime": "9T09:29:01",
        "Vcc": "3.108",
        "POWER1": "OFF",
        "POWER2": "ON",
    }
    decoded = told(body, "tele/pump/STATE")
    assert extras(decoded) == {"Uptime": ("9T09:29:01", ""), "POWER1": ("OFF", ""), "POWER2": ("ON", "")}
    assert values(decoded) == {"battery_v": 3.108}
