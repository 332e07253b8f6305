"""Foreign families in the chain: a device map on a route, unknown devices kept, fields without a point told."""

import json
from pathlib import Path

import pytest

from collector.decoder_chain import DecoderChain
from collector.decoders.registry import build_decoder
from collector.devices.known_objects import KnownObjects
from config.settings import CollectorSettings, MqttSettings, RouteSettings
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.samples import ObjectRef
from tests.support.decoding import RECEIVED_MS, reasons, values

KNOWN = KnownObjects({ObjectRef(Measurement.ROOM, "S1"): "", ObjectRef(Measurement.STATION, "ST1"): ""})


def message(name: str, **body: object) -> RawMessage:
    return RawMessage(f"zigbee2mqtt/{name}", json.dumps(body).encode(), RECEIVED_MS)


@pytest.fixture
def chain(tmp_path: Path) -> DecoderChain:
    """A chain whose route has a map of one sensor and one station probe."""
    path = tmp_path / "zigbee.yaml"
    path.write_text(
        "devices:\n  kitchen: {sensor: S1}\n  pipe: {station: ST1, points: {temperature: secondary_supply_temp_c}}\n"
        "  lost: {sensor: S9}\n",
        encoding="utf-8",
    )
    route = RouteSettings(filter="zigbee2mqtt/#", decoder="zigbee2mqtt", device_map=path)
    return DecoderChain.from_settings(
        mqtt=MqttSettings(routes=(route, RouteSettings(filter="heat/#"))),
        collector=CollectorSettings(),
        known=KNOWN,
    )


def test_mapped_devices_become_our_objects(chain: DecoderChain) -> None:
    decoded = chain.read([message("kitchen", temperature=20.5), message("pipe", temperature=44.0)])
    assert values(decoded) == {"room_temp_c": 20.5, "secondary_supply_temp_c": 44.0}
    assert not decoded.rejections


def test_devices_outside_the_map_and_sensors_outside_the_registry_are_unknown(chain: DecoderChain) -> None:
    decoded = chain.read([message("stranger", temperature=20.5), message("lost", temperature=20.5)])
    assert [(item.message, item.reason.value) for item in decoded.rejections] == [
        (0, "unknown_device"),
        (1, "unknown_device"),
    ]
    assert "stranger" in decoded.rejections[0].detail and "S9" in decoded.rejections[1].detail
    assert len(decoded.samples) == 0


def test_a_message_whose_fields_no_point_covers_is_told_and_kept(chain: DecoderChain) -> None:
    decoded = chain.read(
        [message("kitchen", contact=True, linkquality=9), message("kitchen", temperature=20, x=1)]
    )
    assert [(item.message, item.reason.value, item.detail) for item in decoded.rejections] == [
        (0, "unknown_point", "no point covers contact, linkquality")
    ]
    assert decoded.message.tolist() == [1]


def test_places_of_messages_survive_mixed_routes(chain: DecoderChain) -> None:
    own = RawMessage("heat/xl/room/S1/telemetry", b'{"t":1768435200000,"v":{"room_temp_c":19}}', RECEIVED_MS)
    decoded = chain.read([own, message("kitchen", contact=True), own, message("nobody", contact=True)])
    assert [(item.message, item.reason.value) for item in decoded.rejections] == [
        (1, "unknown_point"),
        (3, "unknown_device"),
    ]
    assert sorted(item.message for item in decoded.extras) == [1, 3]
    assert sorted(decoded.message.tolist()) == [0, 2]


def test_without_a_map_the_registry_judges_the_foreign_id() -> None:
    chain = DecoderChain(
        routes=[("zigbee2mqtt/#", build_decoder("zigbee2mqtt", max_payload_bytes=1000))], known=KNOWN
    )
    decoded = chain.read(
        [message("S1", temperature=20.5), message("S2", temperature=20.5), message("S3", x=1)]
    )
    assert values(decoded) == {"room_temp_c": 20.5}
    assert reasons(decoded) == ["unknown_device", "unknown_device"]
