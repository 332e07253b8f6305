"""Foreign families in the chain: a device map on a route, unknown devices kept, fields without a point told."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from collector.intake.decoder_chain import DecoderChain
from collector.messages.known_objects import KnownObjects
from config.settings.tree import CollectorSettings, MqttSettings, RouteSettings
from heating.assets import Sensor
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.samples import ObjectRef
from tests.support.decoding import RECEIVED_MS, reasons, values
from tests.support.device_examples import EXAMPLES, Example
from tests.support.small_town import small_town

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
    assert [item.message for item in decoded.extras] == [1]
    assert sorted(decoded.message.tolist()) == [0, 2]


def from_routes(*routes: RouteSettings, known: KnownObjects, zone: str = "Asia/Shanghai") -> DecoderChain:
    mqtt = MqttSettings(routes=routes)
    return DecoderChain.from_settings(mqtt=mqtt, collector=CollectorSettings(), known=known, zone=zone)


def test_without_a_map_only_devices_assigned_as_this_family_speak() -> None:
    site = small_town()
    assigned = Sensor(sensor_id="z-1", kind="zigbee2mqtt")
    known = KnownObjects.from_site(replace(site, sensors=(*site.sensors, assigned)))
    chain = from_routes(RouteSettings(filter="zigbee2mqtt/#", decoder="zigbee2mqtt"), known=known)
    decoded = chain.read([message("z-1", temperature=20.5), message("z-2", temperature=20.5)])
    assert values(decoded) == {"room_temp_c": 20.5}
    assert [(item.message, item.reason.value) for item in decoded.rejections] == [(1, "unknown_device")]


@pytest.mark.parametrize("victim", ["s-jx-12-3-301", "st-east", "jx-12", "xilinhot"])
def test_nobody_speaks_on_a_foreign_route_for_what_speaks_natively(victim: str) -> None:
    known = KnownObjects.from_site(small_town())
    chain = from_routes(RouteSettings(filter="zigbee2mqtt/#", decoder="zigbee2mqtt"), known=known)
    decoded = chain.read([message(victim, temperature=99.0)])
    assert len(decoded.samples) == 0
    assert reasons(decoded) == ["topic_mismatch"]
    assert "registered as native" in decoded.rejections[0].detail


FOREIGN = [example for example in EXAMPLES if example.family != "native"]
KEY_OF_EXAMPLES = "000102030405060708090A0B0C0D0E0F"


@pytest.mark.parametrize("example", FOREIGN, ids=lambda example: example.family)
def test_no_family_lets_a_device_speak_under_an_id_of_the_registry(
    example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METER_KEY_12345678", KEY_OF_EXAMPLES)
    free = example.decoder().decode([example.message])
    spoken = {ref.object_id for ref in free.samples.objects} | {item.device for item in free.extras}
    assert spoken
    areas = {ObjectRef(measurement, name): "" for name in spoken for measurement in Measurement}
    route = RouteSettings(filter="#", decoder=example.family)
    decoded = from_routes(route, known=KnownObjects(areas)).read([example.message])
    assert (len(decoded.samples), reasons(decoded)) == (0, ["topic_mismatch"])
    unheard_of = from_routes(route, known=KnownObjects({})).read([example.message])
    assert (len(unheard_of.samples), reasons(unheard_of)) == (0, ["unknown_device"])
    assert [device for _family, device in unheard_of.rejections[0].devices] == sorted(spoken)


def test_a_device_assigned_as_one_family_is_not_spoken_for_by_another() -> None:
    known = KnownObjects({ObjectRef(Measurement.ROOM, "z-1"): ""}, families={"z-1": "senml"})
    chain = from_routes(RouteSettings(filter="zigbee2mqtt/#", decoder="zigbee2mqtt"), known=known)
    assert reasons(chain.read([message("z-1", temperature=20.5)])) == ["topic_mismatch"]


def test_a_clock_without_a_zone_shows_the_time_of_the_site(tmp_path: Path) -> None:
    path = tmp_path / "map.csv"
    path.write_text("device,kind,id\nG1,station,ST1\n", encoding="utf-8")
    body = {"deviceId": "G1", "time": "2026-01-15 08:00:00", "data": {"一次供温": 85.0}}
    raw = RawMessage("gw/G1", json.dumps(body).encode(), RECEIVED_MS)
    route = RouteSettings(filter="gw/#", decoder="modbus_json", device_map=path)
    found = {
        zone: int(from_routes(route, known=KNOWN, zone=zone).read([raw]).samples.measured_ms[0])
        for zone in ("Asia/Shanghai", "Asia/Ulaanbaatar", "Asia/Tokyo")
    }
    assert found["Asia/Shanghai"] == 1_768_435_200_000
    assert found["Asia/Ulaanbaatar"] == found["Asia/Shanghai"]
    assert found["Asia/Tokyo"] - found["Asia/Shanghai"] == -3_600_000
