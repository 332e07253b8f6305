"""Families by name, and everything that is wrong with the routes of a configuration at once."""

from pathlib import Path

import pytest

from collector.decoders.registry import DECODERS, UnknownFamilyError, build_decoder, route_mistakes
from config.settings import MqttSettings, RouteSettings


def test_every_family_of_the_contract_is_there() -> None:
    assert set(DECODERS) >= {
        "native",
        "chirpstack_v4",
        "ttn_v3",
        "lorawan_codec",
        "senml",
        "zigbee2mqtt",
        "tasmota",
        "homie4",
    }


def test_an_unknown_family_is_told_with_those_that_exist() -> None:
    with pytest.raises(UnknownFamilyError, match="zigbee2mqtt"):
        build_decoder("morse", max_payload_bytes=1000)


def test_all_mistakes_of_all_routes_are_told(tmp_path: Path) -> None:
    broken = tmp_path / "map.yaml"
    broken.write_text("devices:\n  a: {gadget: 1}\n  b: 5\n", encoding="utf-8")
    routes = (
        RouteSettings(filter="heat/#"),
        RouteSettings(filter="a/#/b"),
        RouteSettings(filter="b/#", decoder="morse"),
        RouteSettings(filter="c/#", decoder="senml", device_map=broken),
    )
    found = route_mistakes(MqttSettings(routes=routes))
    assert [line.split(":")[0] for line in found] == [
        "mqtt.routes[1]",
        "mqtt.routes[2]",
        "mqtt.routes[3]",
        "mqtt.routes[3]",
    ]
    assert f"{broken}:2" in found[2] or f"{broken}:2" in found[3]


def test_good_routes_have_no_mistakes() -> None:
    assert route_mistakes(MqttSettings()) == []
