"""JSON of one's own is read by the paths of its route, without a decoder of its own; the usual names go on to count."""

import json
from typing import Any

import pytest

from collector.decoders.families import build_decoder
from collector.decoders.foreign import MAX_FIELDS, FamilyOptions, PointRule
from collector.decoders.gateways.modbus_json import ModbusJsonDecoder
from config.equipment.point_maps import configured_point_maps
from config.settings.own_json import OwnJsonSettings
from tests.support.decoding import RECEIVED_MS, Map, decode, reasons, station, values

USUAL = OwnJsonSettings()
TOPIC = "league/up"
T_MS = 1_768_435_200_000
MAP = Map(
    **{
        "GW-7": station(
            "ST007",
            points={
                "T1": PointRule("secondary_supply_temp_c"),
                "P1": PointRule("secondary_supply_pressure_mpa"),
            },
        )
    }
)
WARM = {"secondary_supply_temp_c": 45.2, "secondary_supply_pressure_mpa": 0.35}


def decoder_of(own: OwnJsonSettings) -> ModbusJsonDecoder:
    options = FamilyOptions(devices=MAP, unmapped_pass=False, own_json=own)
    return ModbusJsonDecoder(options, maps=configured_point_maps({}))


@pytest.mark.parametrize(
    ("own", "told"),
    [
        (USUAL, {"device": "GW-7", "vars": {"T1": 45.2, "P1": "0.35"}}),
        (USUAL, {"device": "GW-7", "items": [{"name": "T1", "value": 45.2}, {"name": "P1", "value": 0.35}]}),
        (
            OwnJsonSettings(values="payload.vars", device="head.who"),
            {"head": {"who": "GW-7"}, "payload": {"vars": {"T1": 45.2, "P1": 0.35}}},
        ),
        (
            OwnJsonSettings(values="rows", name="tag", value="pv"),
            {"device": "GW-7", "rows": [{"tag": "T1", "pv": 45.2}, {"tag": "P1", "pv": 0.35}]},
        ),
        (
            OwnJsonSettings(values="values.rows", name="tag", value="pv"),
            {"device": "GW-7", "values": {"rows": [{"tag": "T1", "pv": 45.2}, {"tag": "P1", "pv": 0.35}]}},
        ),
        (OwnJsonSettings(values="readings"), {"device": "GW-7", "data": {"T1": 45.2, "P1": 0.35}}),
        (OwnJsonSettings(values="readings"), {"device": "GW-7", "readings": {"T1": 45.2, "P1": 0.35}}),
    ],
)
def test_readings_are_found_where_the_route_says(own: OwnJsonSettings, told: dict[str, Any]) -> None:
    found = decode(decoder_of(own), json.dumps(told), TOPIC)
    assert values(found) == WARM
    assert {one.object_id for one in found.samples.objects} == {"ST007"}
    assert set(found.samples.measured_ms) == {RECEIVED_MS}


def test_the_time_of_the_route_goes_before_the_usual_one() -> None:
    own = OwnJsonSettings(values="body.items", name="n", value="v", time="head.at")
    told = {
        "device": "GW-7",
        "t": 5,
        "head": {"at": T_MS},
        "body": {"items": [{"n": "T1", "v": 45.2}]},
    }
    assert set(decode(decoder_of(own), json.dumps(told), TOPIC).samples.measured_ms) == {T_MS}


@pytest.mark.parametrize("block", [5, "warm", [1, 2], [{"pv": 1}], {}, []])
def test_what_is_no_reading_is_refused_and_never_raises(block: object) -> None:
    own = OwnJsonSettings(values="rows", name="tag", value="pv")
    found = decode(decoder_of(own), json.dumps({"device": "GW-7", "rows": block}), TOPIC)
    assert values(found) == {}
    assert reasons(found)


def test_a_list_longer_than_is_read_is_still_too_long() -> None:
    own = OwnJsonSettings(values="rows", name="tag", value="pv")
    rows = [{"tag": f"X{number}", "pv": 1} for number in range(MAX_FIELDS + 50)]
    usual = [{"name": row["tag"], "value": 1} for row in rows]
    mine = decode(decoder_of(own), json.dumps({"device": "GW-7", "rows": rows}), TOPIC)
    assert reasons(mine) == reasons(
        decode(decoder_of(USUAL), json.dumps({"device": "GW-7", "data": usual}), TOPIC)
    )
    assert reasons(mine)


def test_a_route_hands_its_paths_to_its_decoder() -> None:
    own = OwnJsonSettings(values="rows", name="tag", value="pv")
    decoder = build_decoder(
        "modbus_json", max_payload_bytes=10_000, devices=MAP, unmapped_pass=False, own_json=own
    )
    told = {"device": "GW-7", "rows": [{"tag": "T1", "pv": 45.2}, {"tag": "P1", "pv": 0.35}]}
    assert values(decode(decoder, json.dumps(told), TOPIC)) == WARM
