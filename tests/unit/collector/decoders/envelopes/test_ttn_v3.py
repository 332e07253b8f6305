"""The Things Stack v3: uplinks with decoded fields or a bare payload."""

import base64
import json

import pytest

from collector.decoders.envelopes.ttn_v3 import TtnV3Decoder
from collector.decoders.foreign import DeviceTarget, FamilyOptions
from collector.messages.decoded import Decoded
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef
from tests.support.decoding import RECEIVED_MS, Map, decode, extras, qualities, reasons, values

TOPIC = "v3/heat@league/devices/lht65-7/"


def told(uplink: object, event: str = "up", **ids: str) -> Decoded:
    body = {
        "end_device_ids": {"device_id": "lht65-7", "dev_eui": "A84041FFFF123456", **ids},
        "received_at": "2026-01-15T00:00:09Z",
        "uplink_message": uplink,
    }
    return decode(TtnV3Decoder(FamilyOptions()), json.dumps(body), TOPIC + event)


def test_decoded_fields_are_taken_at_the_time_of_the_network() -> None:
    decoded = told(
        {
            "received_at": "2026-01-15T00:00:00.111222333Z",
            "decoded_payload": {"temperature_3": 21.0, "relative_humidity_4": 45.5, "analog_in_1": 3.1},
            "rx_metadata": [{"rssi": -80, "snr": 7.5}],
        }
    )
    assert values(decoded) == {"room_temp_c": 21.0, "room_humidity_pct": 45.5, "signal_rssi_dbm": -80.0}
    assert "analog_in_1" in extras(decoded)
    assert decoded.samples.measured_ms[0] == 1_768_435_200_111
    assert decoded.samples.objects[0].object_id == "a84041ffff123456"


def test_the_lowest_channel_is_the_room_and_the_others_keep_their_names() -> None:
    decoded = told({"decoded_payload": {"temperature_2": 5.0, "temperature_1": 21.0}})
    assert values(decoded) == {"room_temp_c": 21.0}
    assert extras(decoded)["temperature_2"] == (5.0, "°C")


def test_values_with_their_units_are_understood() -> None:
    decoded = told(
        {"decoded_payload": {"air_temperature": {"value": 68.0, "unit": "°F", "displayName": "Air"}}}
    )
    assert values(decoded) == {"room_temp_c": 20.0}


def test_a_bare_payload_is_read_by_model_or_by_the_name_of_the_device() -> None:
    frame = base64.b64encode(bytes.fromhex("CBF60B0D0376010ADD7FFF")).decode()
    named = told(
        {"f_port": 2, "frm_payload": frame, "version_ids": {"brand_id": "dragino", "model_id": "lht65"}}
    )
    assert values(named)["room_temp_c"] == 28.29
    assert values(told({"f_port": 2, "frm_payload": frame}))["room_temp_c"] == 28.29


def test_without_any_time_the_arrival_stands_in() -> None:
    body = {"end_device_ids": {"device_id": "lht65-7"}, "uplink_message": {"decoded_payload": {"temp": 1}}}
    decoded = decode(TtnV3Decoder(FamilyOptions()), json.dumps(body), TOPIC + "up")
    assert decoded.samples.measured_ms.tolist() == [RECEIVED_MS]
    assert qualities(decoded) == {"room_temp_c": Quality.UNCERTAIN_TIME}
    assert decoded.samples.objects[0].object_id == "lht65-7"


@pytest.mark.parametrize("name", ["lht65-7", "a84041ffff123456"])
def test_the_device_map_may_use_the_name_or_the_eui(name: str) -> None:
    devices = Map(**{name: DeviceTarget(ObjectRef(Measurement.ROOM, "S1"))})
    body = {
        "end_device_ids": {"device_id": "lht65-7", "dev_eui": "A84041FFFF123456"},
        "uplink_message": {"decoded_payload": {"temperature": 1}},
    }
    decoder = TtnV3Decoder(FamilyOptions(devices=devices, unmapped_pass=False))
    assert decode(decoder, json.dumps(body), TOPIC + "up").samples.objects == (
        ObjectRef(Measurement.ROOM, "S1"),
    )


@pytest.mark.parametrize(
    ("uplink", "reason"),
    [
        (None, "wrong_type"),
        ([], "wrong_type"),
        ({}, "not_telemetry"),
        ({"frm_payload": "!"}, "wrong_type"),
        ({"frm_payload": "AAA=", "f_port": 2}, "wrong_type"),
    ],
)
def test_what_is_wrong_is_told(uplink: object, reason: str) -> None:
    assert reasons(told(uplink)) == [reason]


@pytest.mark.parametrize("event", ["join", "down/sent", "down/ack", "location/solved", "service/data"])
def test_other_events_are_not_telemetry(event: str) -> None:
    assert reasons(told({"decoded_payload": {"temperature": 1}}, event)) == ["not_telemetry"]


def test_a_payload_of_another_device_is_refused() -> None:
    assert reasons(told({"decoded_payload": {"temperature": 1}}, device_id="other")) == ["topic_mismatch"]


@pytest.mark.parametrize("place", ["outer", "inner"])
def test_an_uplink_simulated_in_the_console_is_no_reading(place: str) -> None:
    uplink: dict[str, object] = {"decoded_payload": {"temperature": 21.0}}
    body: dict[str, object] = {"end_device_ids": {"device_id": "lht65-7"}, "uplink_message": uplink}
    (body if place == "outer" else uplink)["simulated"] = True
    decoded = decode(TtnV3Decoder(FamilyOptions()), json.dumps(body), TOPIC + "up")
    assert (reasons(decoded), len(decoded.samples)) == (["simulated"], 0)
    (body if place == "outer" else uplink)["simulated"] = False
    assert values(decode(TtnV3Decoder(FamilyOptions()), json.dumps(body), TOPIC + "up")) == {
        "room_temp_c": 21.0
    }
