"""``nuanliu decode`` for foreign families: hints beside the payload, device maps, extra fields, arrival times."""

import json
from typing import Any

import pytest

from collector.decoders.families import FAMILIES
from tests.support.device_examples import EXAMPLES, Example


def decoded(nuanliu: Any, family: str, *lines: dict[str, object], options: tuple[str, ...] = ()) -> list[Any]:
    told = nuanliu.says(
        "decode", family, *options, stdin="\n".join(json.dumps(line) for line in lines) + "\n"
    )
    return [json.loads(line) for line in told]


def short(told: dict[str, Any]) -> list[tuple[object, ...]]:
    return [(item["device"], item["point"], item["value"], item["unit"]) for item in told["samples"]]


def test_vendor_codec_and_port_choose_how_bytes_are_read(nuanliu: Any) -> None:
    told = decoded(
        nuanliu,
        "lorawan_codec",
        {
            "topic": "a",
            "payload_hex": "0100E2",
            "vendor": "elsys",
            "codec": "ers",
            "received": "2026-01-15T00:00:00Z",
        },
        {
            "topic": "b",
            "payload_hex": "03673401",
            "vendor": "milesight",
            "codec": "em300-th",
            "received": 1768435200000,
        },
        {"topic": "c", "payload_hex": "28DA40B70C00007B", "codec": "lht52", "f_port": 4},
    )
    assert short(told[0]) == [("a", "room_temp_c", 22.6, "°C")]
    assert short(told[1]) == [("b", "room_temp_c", 30.8, "°C")]
    assert {item["samples"][0]["t"] for item in told[:2]} == {"2026-01-15T00:00:00Z"}
    assert [item["reason"] for item in told[2]["rejections"]] == ["not_telemetry"]


def test_fields_without_a_point_are_printed_under_their_own_name(nuanliu: Any) -> None:
    body = {"temperature": 20, "soil_ph": 6.5, "contact": True, "last_seen": "2026-01-15T08:00:00+08:00"}
    (told,) = decoded(nuanliu, "zigbee2mqtt", {"topic": "zigbee2mqtt/k", "payload": body})
    assert short(told) == [
        ("k", "room_temp_c", 20.0, "°C"),
        ("k", "soil_ph", 6.5, ""),
        ("k", "contact", True, ""),
    ]
    assert {(item["t"], item["quality"]) for item in told["samples"]} == {("2026-01-15T00:00:00Z", "good")}


def test_a_device_map_names_our_objects_and_others_keep_their_own_id(nuanliu: Any) -> None:
    path = nuanliu.folder / "map.csv"
    path.write_text("device,kind,id\nkitchen,sensor,S0001\n", encoding="utf-8")
    told = decoded(
        nuanliu,
        "zigbee2mqtt",
        {"topic": "zigbee2mqtt/kitchen", "payload": {"temperature": 20}},
        {"topic": "zigbee2mqtt/attic", "payload": {"temperature": 2}},
        options=("--device-map", str(path)),
    )
    assert [short(item)[0][0] for item in told] == ["S0001", "attic"]


def test_a_wrong_device_map_is_told_with_its_line_before_anything_is_read(nuanliu: Any) -> None:
    path = nuanliu.folder / "map.yaml"
    path.write_text("devices:\n  a: {sensor: S1}\n  b: {gadget: 1}\n", encoding="utf-8")
    assert f"{path}:3" in nuanliu.fails("decode", "senml", "--device-map", str(path), code=2)


def test_memory_of_one_line_serves_the_next(nuanliu: Any) -> None:
    told = decoded(
        nuanliu,
        "homie4",
        {"topic": "homie/d/room/temperature/$unit", "payload": "°F"},
        {"topic": "homie/d/room/temperature", "payload": "68"},
    )
    assert short(told[1]) == [("d", "room_temp_c", 20.0, "°C")]


@pytest.mark.parametrize(
    "line",
    [
        {"topic": "a", "payload_hex": "zz"},
        {"topic": "a", "payload_hex": "00", "key_hex": "q"},
        {"topic": "a", "payload_hex": "00", "f_port": "x"},
        {"topic": "a", "payload_hex": "00", "received": "yesterday"},
        {"topic": "a", "payload_hex": "00", "received": "2026-01-15T00:00:00"},
        {"topic": "a", "payload_hex": "00", "received": True},
        {"topic": "a"},
    ],
)
def test_a_wrong_line_is_told_by_number_and_the_next_is_read(nuanliu: Any, line: dict[str, object]) -> None:
    good = {"topic": "a", "payload_hex": "0100E2", "codec": "elsys"}
    done = nuanliu("decode", "lorawan_codec", stdin=json.dumps(line) + "\n" + json.dumps(good) + "\n")
    assert done.code == 1 and "line 1:" in done.complaints
    assert len(done.out.splitlines()) == 1


def test_a_line_of_broken_text_is_told(nuanliu: Any) -> None:
    done = nuanliu("decode", "senml", stdin=b'\xff\xfe\n{"topic":"a","payload":"[]"}\n')
    assert done.code == 1 and len(done.out.splitlines()) == 1


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_family_answers_nonsense_with_one_line(nuanliu: Any, family: str) -> None:
    (told,) = decoded(nuanliu, family, {"topic": "a/b", "payload": "nonsense"})
    assert set(told) == {"samples", "rejections", "notes"}
    assert told["rejections"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.family)
def test_every_example_of_the_page_is_read_by_the_command(nuanliu: Any, example: Example) -> None:
    (told,) = decoded(nuanliu, example.family, example.record)
    assert told["samples"] and not told["rejections"]
    assert all(item["device"] and item["t"] for item in told["samples"])


def test_a_wrong_key_file_or_point_map_ends_with_2_and_its_place(nuanliu: Any) -> None:
    keys, maps = nuanliu.folder / "keys", nuanliu.folder / "maps"
    keys.write_text("12345678\n", encoding="utf-8")
    maps.mkdir()
    (maps / "own.yaml").write_text("measurement: street\n", encoding="utf-8")
    nuanliu.environment["NUANLIU_COLLECTOR__METER_KEYS_FILE"] = str(keys)
    assert f"{keys}:1" in nuanliu.fails("decode", "wmbus", code=2)
    del nuanliu.environment["NUANLIU_COLLECTOR__METER_KEYS_FILE"]
    nuanliu.environment["METER_KEY_1"] = "short"
    assert "environment METER_KEY_1" in nuanliu.fails("decode", "mbus_wired", code=2)
    nuanliu.environment["METER_KEY_1"] = "0" * 32
    nuanliu.environment["NUANLIU_COLLECTOR__POINT_MAPS_DIR"] = str(maps)
    assert f"{maps / 'own.yaml'}:1" in nuanliu.fails("decode", "modbus_json", code=2)


def test_keys_and_zone_of_the_settings_are_used(nuanliu: Any) -> None:
    keys = nuanliu.folder / "keys"
    keys.write_text("12345678, 000102030405060708090A0B0C0D0E0F\n", encoding="utf-8")
    nuanliu.environment["NUANLIU_COLLECTOR__METER_KEYS_FILE"] = str(keys)
    nuanliu.environment["NUANLIU_SITE__TIME_ZONE"] = "Asia/Tokyo"
    by_family = {example.family: example.record for example in EXAMPLES}
    locked = {name: value for name, value in by_family["wmbus"].items() if name != "key_hex"}
    (told,) = decoded(nuanliu, "wmbus", locked)
    assert told["samples"] and not told["rejections"]
    (told,) = decoded(nuanliu, "modbus_json", by_family["modbus_json"])
    assert {item["t"] for item in told["samples"]} == {"2026-01-14T23:00:00Z"}
