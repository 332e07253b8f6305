"""A device that only joins or comes on line is told as new, before its first reading."""

import json

import pytest

from collector.decoders.families import build_decoder
from heating.protocols import RawMessage
from tests.support.decoding import RECEIVED_MS, Map, decode, reasons

EUI = "24e124136b502217"


@pytest.mark.parametrize(
    ("family", "topic", "body", "device"),
    [
        ("chirpstack_v4", f"application/7/device/{EUI}/event/join", {"deviceInfo": {"devEui": EUI}}, EUI),
        ("ttn_v3", "v3/a@t/devices/th-1/join", {"end_device_ids": {"device_id": "th-1", "dev_eui": EUI.upper()}}, EUI),
        ("ttn_v3", "v3/a@t/devices/th-1/join", {"end_device_ids": {"device_id": "th-1"}}, "th-1"),
        *(
            ("zigbee2mqtt", "zigbee2mqtt/bridge/event", {"type": kind, "data": {"friendly_name": "bath", "ieee_address": "0x1"}},
             "bath")
            for kind in ("device_joined", "device_announce", "device_interview")
        ),
        ("homie4", "homie/gw/$state", "init", "gw"),
        ("homie4", "homie/gw/$state", "ready", "gw"),
        ("onenet", "onenet", {"msg": {"type": 2, "dev_id": 77, "status": 1}}, "77"),
        ("ctwing_aep", "ctwing", {"messageType": "deviceOnlineOfflineReport", "IMEI": "860000000000001"}, "860000000000001"),
        ("tasmota", "tele/plug/LWT", "Online", "plug"),
    ],
)  # fmt: skip
def test_a_device_that_joins_is_told_as_new(family: str, topic: str, body: object, device: str) -> None:
    payload = body if isinstance(body, str) else json.dumps(body)
    decoder = build_decoder(family, max_payload_bytes=65_536, devices=Map(), unmapped_pass=False)
    decoded = decode(decoder, payload, topic)
    assert [(named.family, named.device_id) for item in decoded.rejections for named in item.devices] == [
        (family, device)
    ]
    assert not len(decoded.samples)


@pytest.mark.parametrize(
    "payload", ["", "[]", "{", '"x"', "{}", '{"deviceInfo": 3, "end_device_ids": [], "type": {}}']
)
@pytest.mark.parametrize(
    ("family", "topic"),
    [
        ("chirpstack_v4", f"application/7/device/{EUI}/event/join"),
        ("ttn_v3", "v3/a@t/devices/th-1/join"),
        ("zigbee2mqtt", "zigbee2mqtt/bridge/event"),
    ],
)
def test_a_join_that_makes_no_sense_is_told_as_no_reading(family: str, topic: str, payload: str) -> None:
    decoder = build_decoder(family, max_payload_bytes=65_536)
    assert reasons(decoder.decode([RawMessage(topic, payload.encode(), RECEIVED_MS)])) == ["not_telemetry"]
