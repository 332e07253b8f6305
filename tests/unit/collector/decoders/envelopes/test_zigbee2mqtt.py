"""Zigbee2MQTT: states of devices; voltages in millivolts, impossible dates, topics that are no readings."""

import json

import pytest

from collector.decoders.envelopes.zigbee2mqtt import Zigbee2mqttDecoder
from collector.decoders.foreign import DeviceTarget, FamilyOptions
from collector.messages.decoded import Decoded
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef
from tests.support.decoding import RECEIVED_MS, Map, decode, extras, qualities, reasons, values

SEEN = {"last_seen": "2026-01-15T08:00:00+08:00"}


def told(body: object, topic: str = "zigbee2mqtt/kitchen", options: FamilyOptions | None = None) -> Decoded:
    return decode(Zigbee2mqttDecoder(options or FamilyOptions()), json.dumps(body), topic)


def test_a_state_becomes_room_points_with_volts() -> None:
    decoded = told(
        {"temperature": 21.37, "humidity": 45.2, "battery": 87, "voltage": 2985, "linkquality": 120, **SEEN}
    )
    assert values(decoded) == {
        "battery_v": 2.985,
        "room_temp_c": 21.37,
        "room_humidity_pct": 45.2,
        "battery_pct": 87.0,
    }
    assert extras(decoded) == {"linkquality": (120.0, "")}
    assert set(decoded.samples.measured_ms.tolist()) == {1_768_435_200_000}
    assert set(qualities(decoded).values()) == {Quality.GOOD}


@pytest.mark.parametrize(
    ("seen", "epoch_ms"),
    [
        ("2026-01-15T00:00:00.000Z", 1_768_435_200_000),
        (1_768_435_200_123, 1_768_435_200_123),
        ("2026-01-15T08:00:00", 1_768_435_200_000),
    ],
)
def test_last_seen_has_several_forms(seen: object, epoch_ms: int) -> None:
    assert told({"temperature": 20, "last_seen": seen}).samples.measured_ms.tolist() == [epoch_ms]


@pytest.mark.parametrize(
    "seen", ["1970-01-01T00:00:00.000Z", "2026-13-45T99:00:00Z", "N/A", 0, -1, None, True, 1e300]
)
def test_an_impossible_date_gives_way_to_the_arrival(seen: object) -> None:
    decoded = told({"temperature": 20, "last_seen": seen})
    assert decoded.samples.measured_ms.tolist() == [RECEIVED_MS]
    assert qualities(decoded) == {"room_temp_c": Quality.UNCERTAIN_TIME}


def test_a_null_temperature_is_a_bad_value_and_not_nothing() -> None:
    decoded = told({"temperature": None, "humidity": 40, **SEEN})
    assert qualities(decoded) == {"room_temp_c": Quality.BAD, "room_humidity_pct": Quality.GOOD}


def test_a_tampered_sensor_is_uncertain() -> None:
    decoded = told({"temperature": 20, "tamper": True, "battery_low": False, **SEEN})
    assert values(decoded)["sensor_moved"] == 1.0 and values(decoded)["low_battery"] == 0.0
    assert qualities(decoded)["room_temp_c"] == Quality.UNCERTAIN_MOVED


def test_the_voltage_of_a_plug_is_no_battery() -> None:
    decoded = told({"voltage": 231, "current": 0.4, "power": 80, **SEEN})
    assert values(decoded) == {} and extras(decoded)["voltage"] == (231, "V")


def test_names_may_hold_slashes_and_the_ieee_address_finds_the_map() -> None:
    devices = Map(**{"0x00158d0001": DeviceTarget(ObjectRef(Measurement.ROOM, "S7"))})
    body = {"temperature": 20, "device": {"ieeeAddr": "0x00158d0001"}}
    mapped = told(body, "zigbee2mqtt/house 1/kitchen", FamilyOptions(devices=devices))
    assert mapped.samples.objects == (ObjectRef(Measurement.ROOM, "S7"),)
    assert told(body, "zigbee2mqtt/house 1/kitchen").samples.objects[0].object_id == "house 1/kitchen"


@pytest.mark.parametrize(
    "topic",
    [
        "zigbee2mqtt/bridge/state",
        "zigbee2mqtt/kitchen/set",
        "zigbee2mqtt/kitchen/get",
        "zigbee2mqtt/k/availability",
    ],
)
def test_bridge_commands_and_availability_are_not_telemetry(topic: str) -> None:
    assert reasons(told({"temperature": 20}, topic)) == ["not_telemetry"]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [("", "bad_json"), ("[]", "wrong_type"), ("{}", "not_telemetry"), ('{"last_seen":1}', "not_telemetry")],
)
def test_what_is_wrong_is_told(payload: str, reason: str) -> None:
    assert reasons(decode(Zigbee2mqttDecoder(FamilyOptions()), payload, "zigbee2mqtt/k")) == [reason]


@pytest.mark.parametrize(
    ("battery", "wanted"),
    [
        (3, {"battery_pct": 3.0}),
        ("87", {"battery_pct": 87.0}),
        (2.95, {"battery_v": 2.95}),
        (3000, {"battery_v": 3.0}),
        (255, {}),
    ],
)
def test_a_battery_is_a_percentage_by_the_convention_unless_it_cannot_be(
    battery: object, wanted: dict[str, float]
) -> None:
    assert values(told({"battery": battery, **SEEN})) == wanted
