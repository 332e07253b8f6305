"""Families by name."""

import pytest

from collector.decoders.registry import DECODERS, UnknownFamilyError, build_decoder


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
