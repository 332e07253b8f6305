"""ChirpStack v4: only uplinks carry readings, the devEUI is the key, the profile or the object gives the fields."""

import base64
import json
from typing import Any

import pytest

from collector.decoders.envelopes.chirpstack_v4 import ChirpstackV4Decoder
from collector.decoders.foreign import DeviceTarget, FamilyOptions, PointRule
from collector.messages.decoded import Decoded
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef
from tests.support.decoding import RECEIVED_MS, Map, decode, extras, qualities, reasons, station, values

EUI = "24e124136b502217"
TOPIC = f"application/7/device/{EUI}/event/"


def told(body: dict[str, Any], event: str = "up", **options: Any) -> Decoded:
    device = {"deviceInfo": {"devEui": EUI, "deviceName": "kitchen", "deviceProfileName": "EM300-TH"}}
    decoder = ChirpstackV4Decoder(FamilyOptions(**options))
    return decode(decoder, json.dumps({**device, **body}), TOPIC + event)


def test_a_decoded_object_becomes_room_points_and_the_best_gateway_gives_the_signal() -> None:
    decoded = told(
        {
            "time": "2026-01-15T00:00:00.123456789+00:00",
            "object": {"TempC_SHT": 21.5, "Hum_SHT": 40.1, "BatV": 3.05, "co2": 640},
            "rxInfo": [{"rssi": -97, "snr": -3.5}, {"rssi": -61, "snr": 9}],
        }
    )
    assert values(decoded) == {
        "room_temp_c": 21.5,
        "room_humidity_pct": 40.1,
        "battery_v": 3.05,
        "signal_rssi_dbm": -61.0,
    }
    assert extras(decoded) == {"co2": (640.0, "ppm"), "snr": (9.0, "dB")}
    assert decoded.samples.objects == (ObjectRef(Measurement.ROOM, EUI),)
    assert decoded.samples.measured_ms[0] == 1_768_435_200_123
    assert set(qualities(decoded).values()) == {Quality.GOOD}


@pytest.mark.parametrize(
    ("text", "epoch_ms"),
    [
        ("2026-01-15T00:00:00Z", 1_768_435_200_000),
        ("2026-01-15T08:00:00.5+08:00", 1_768_435_200_500),
        ("2026-01-15T00:00:00.123456Z", 1_768_435_200_123),
    ],
)
def test_times_have_zero_to_nine_fractional_digits(text: str, epoch_ms: int) -> None:
    assert told({"time": text, "object": {"temperature": 20}}).samples.measured_ms.tolist() == [epoch_ms]


@pytest.mark.parametrize("time", ["2026-01-15T00:00:00", "1970-01-01T00:00:03Z", "9999-99-99", 17, None])
def test_a_time_that_cannot_be_gives_way_to_the_arrival(time: object) -> None:
    decoded = told({"time": time, "object": {"temperature": 20}})
    assert decoded.samples.measured_ms.tolist() == [RECEIVED_MS]
    assert qualities(decoded) == {"room_temp_c": Quality.UNCERTAIN_TIME}


def test_without_an_object_the_data_are_decoded_by_the_profile() -> None:
    data = base64.b64encode(bytes.fromhex("01755C036734010468 65")).decode()
    decoded = told({"time": "2026-01-15T00:00:00Z", "fPort": 85, "data": data})
    assert values(decoded) == {"battery_pct": 92.0, "room_temp_c": 30.8, "room_humidity_pct": 50.5}


def test_the_codec_of_the_device_map_goes_before_the_profile() -> None:
    devices = Map(**{EUI: DeviceTarget(ObjectRef(Measurement.ROOM, "S1"), codec="elsys_ers")})
    data = base64.b64encode(bytes.fromhex("0100E2")).decode()
    decoded = told({"data": data, "fPort": 5}, devices=devices)
    assert decoded.samples.objects == (ObjectRef(Measurement.ROOM, "S1"),)
    assert values(decoded) == {"room_temp_c": 22.6}


def test_the_device_map_sends_a_field_to_a_station_point() -> None:
    rule = PointRule("secondary_supply_temp_c")
    devices = Map(**{EUI: station(points={"TempC_DS": rule})})
    decoded = told({"object": {"TempC_SHT": 19.0, "TempC_DS": 45.2, "BatV": 3.0}}, devices=devices)
    assert values(decoded) == {"secondary_supply_temp_c": 45.2}
    assert set(extras(decoded)) == {"TempC_SHT", "BatV"}


def test_a_probe_that_is_absent_is_no_temperature() -> None:
    decoded = told({"time": "2026-01-15T00:00:00Z", "object": {"temperature": 327.67, "TempC_DS": 327.67}})
    assert qualities(decoded) == {"room_temp_c": Quality.BAD_SENTINEL}
    assert [item.quality for item in decoded.extras] == [Quality.BAD_SENTINEL]


def test_a_status_event_gives_the_battery_and_a_device_on_mains_gives_none() -> None:
    assert values(told({"batteryLevel": 91.34, "margin": 7}, "status")) == {"battery_pct": 91.34}
    mains = told({"batteryLevel": 0, "margin": 7, "externalPowerSource": True}, "status")
    assert values(mains) == {} and extras(mains)["margin"] == (7.0, "dB")
    assert values(told({"batteryLevel": 0, "margin": 7, "batteryLevelUnavailable": True}, "status")) == {}


@pytest.mark.parametrize("event", ["join", "log", "ack", "txack", "location", "integration"])
def test_other_events_are_not_telemetry(event: str) -> None:
    assert reasons(told({"object": {"temperature": 20}}, event)) == ["not_telemetry"]


def test_devices_outside_the_map_are_unknown() -> None:
    decoded = told({"object": {"temperature": 20}}, devices=Map(), unmapped_pass=False)
    assert reasons(decoded) == ["unknown_device"] and len(decoded.samples) == 0


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "not_telemetry"),
        ({"object": {}}, "not_telemetry"),
        ({"data": ""}, "not_telemetry"),
        ({"data": "???"}, "wrong_type"),
        ({"data": "AA==", "fPort": 85}, "wrong_type"),
        ({"deviceInfo": {"deviceName": "kitchen"}, "object": {"temperature": 1}}, "wrong_type"),
        ({"deviceInfo": {"devEui": "0000000000000001"}, "object": {"temperature": 1}}, "topic_mismatch"),
    ],
)
def test_what_is_wrong_is_told(body: dict[str, Any], reason: str) -> None:
    decoded = told(body)
    assert reasons(decoded) == [reason] and len(decoded.samples) == 0


def test_a_topic_of_another_shape_is_told() -> None:
    decoder = ChirpstackV4Decoder(FamilyOptions())
    assert reasons(decode(decoder, "{}", "application/7/device/event/up")) == ["bad_topic"]
