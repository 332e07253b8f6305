"""Station gateways: Chinese point names, units in names, local time without a zone, registers by a register map."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.decoders.foreign import FamilyOptions, PointRule
from collector.decoders.gateways.modbus_json import ModbusJsonDecoder
from config.equipment.point_maps import configured_point_maps
from heating.quality import Quality
from tests.support.decoding import RECEIVED_MS, Map, decode, extras, qualities, reasons, station, values

MAPS = configured_point_maps({})
T_MS = 1_768_435_200_000
TOPIC = "gateway/ST001/data"


@pytest.fixture
def decoder() -> ModbusJsonDecoder:
    return ModbusJsonDecoder(FamilyOptions(), maps=MAPS)


def test_chinese_names_units_in_names_and_local_time(decoder: ModbusJsonDecoder) -> None:
    told = {
        "站号": "ST009",
        "采集时间": "2026-01-15 08:00:00",
        "data": {
            "一次供温": "85.2",
            "二次回压(kPa)": 350,
            "瞬时热量(MW)": 1,
            "补水瞬时流量": 1.2,
            "自定义": 7,
        },
    }
    found = decode(decoder, json.dumps(told, ensure_ascii=False), TOPIC)
    assert values(found) == {
        "primary_supply_temp_c": 85.2,
        "secondary_return_pressure_mpa": 0.35,
        "primary_heat_rate_gj_per_h": 3.6,
        "makeup_flow_m3_per_h": 1.2,
    }
    assert found.samples.objects[0].object_id == "ST009"
    assert set(found.samples.measured_ms) == {T_MS}
    assert extras(found) == {"自定义": (7.0, "")}


def test_lists_wrapped_values_and_bare_members_are_read(decoder: ModbusJsonDecoder) -> None:
    shapes = (
        {"data": [{"name": "一次供温", "value": "85.2", "unit": "℃"}]},
        {"values": {"一次供温": {"value": 85.2, "unit": "℃"}}},
        {"device": "ST001", "ts": T_MS, "一次供温": 85.2},
    )
    for shape in shapes:
        found = decode(decoder, json.dumps(shape), TOPIC)
        assert values(found) == {"primary_supply_temp_c": 85.2}
        assert found.samples.objects[0].object_id == "ST001"


def test_a_list_of_readings_keeps_each_its_time(decoder: ModbusJsonDecoder) -> None:
    parts = [{"id": "x", "t": T_MS - 1000 * n, "data": {"一次供温": 80 + n}} for n in range(3)]
    found = decode(decoder, json.dumps(parts), TOPIC)
    assert list(found.samples.measured_ms) == [T_MS, T_MS - 1000, T_MS - 2000]


def test_switch_words_become_numbers(decoder: ModbusJsonDecoder) -> None:
    data = {"市电": "停电", "1#循环泵运行": "运行", "1#循环泵故障": "正常", "控制方式": 2, "控制模式": "就地"}
    found = values(decode(decoder, json.dumps({"data": data}), TOPIC))
    assert (found["mains_power_ok"], found["circulation_pump_1_running"]) == (0.0, 1.0)


def test_sentinels_and_bad_marks_are_no_values(decoder: ModbusJsonDecoder) -> None:
    data = {"一次供温": -9999, "一次回温": "--", "二次供温": {"value": 45, "q": 0}, "一次供压": None}
    found = decode(decoder, json.dumps({"data": data}), TOPIC)
    assert qualities(found)["primary_supply_temp_c"] is Quality.BAD_SENTINEL
    assert qualities(found)["secondary_supply_temp_c"] is Quality.BAD
    assert qualities(found)["primary_supply_pressure_mpa"] is Quality.BAD


def test_swapped_phases_are_mended_in_the_device_map() -> None:
    rules = {"A相电压": PointRule("voltage_b_v"), "B相电压": PointRule("voltage_a_v")}
    decoder = ModbusJsonDecoder(FamilyOptions(devices=Map(ST001=station(points=rules))), maps=MAPS)
    found = values(decode(decoder, json.dumps({"data": {"A相电压": 221, "B相电压": 233}}), TOPIC))
    assert found == {"voltage_b_v": 221.0, "voltage_a_v": 233.0}


def test_registers_are_read_by_the_register_map_of_the_device() -> None:
    words = [word for value in (85.5, 40.25) for word in struct.unpack(">HH", struct.pack(">f", value))]
    decoder = ModbusJsonDecoder(
        FamilyOptions(devices=Map(ST001=station(point_map="modbus_station"))), maps=MAPS
    )
    listed = decode(decoder, json.dumps({"start": 40001, "registers": words}), TOPIC)
    assert values(listed) == {"primary_supply_temp_c": 85.5, "primary_return_temp_c": 40.25}
    named = decode(decoder, json.dumps({"registers": {"40023": 0xFF9C, "40024": 455, "40099": 7}}), TOPIC)
    assert values(named) == {"outdoor_temp_c": -10.0, "valve_position_pct": 45.5}
    assert extras(named) == {"40099": (7.0, "")}


def test_registers_without_a_map_are_told_and_shown(decoder: ModbusJsonDecoder) -> None:
    found = decode(decoder, json.dumps({"registers": {"40001": 7}}), TOPIC)
    assert reasons(found) == ["wrong_type"]
    assert extras(found) == {"40001": (7.0, "")}


def test_a_time_that_is_none_gives_arrival_time_and_a_note(decoder: ModbusJsonDecoder) -> None:
    found = decode(decoder, json.dumps({"time": "2026-13-45 99:00", "data": {"一次供温": 80}}), TOPIC)
    assert set(found.samples.measured_ms) == {RECEIVED_MS}
    assert "no time" in found.notes[0]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"cmd": "write", "data": {"一次供温": 1}}, "not_telemetry"),
        ({"dir": "down", "data": {"一次供温": 1}}, "not_telemetry"),
        ({"data": {}}, "not_telemetry"),
        ([], "not_telemetry"),
        (3, "wrong_type"),
        ([3], "wrong_type"),
        ({"data": 3}, "wrong_type"),
        ({"data": [{"value": 3}]}, "wrong_type"),
        ({"registers": [1, 2]}, "wrong_type"),
        ({"registers": {"x": 1, "40001": 70_000}}, "wrong_type"),
    ],
)
def test_what_is_no_reading_is_rejected(decoder: ModbusJsonDecoder, payload: object, reason: str) -> None:
    found = decode(decoder, json.dumps(payload), TOPIC)
    assert reason in reasons(found)
    assert len(found.samples) == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(told=st.dictionaries(st.sampled_from(["data", "t", "registers", "start", "device", "一次供温"]), JSON))
def test_nothing_makes_it_raise(told: dict[str, object]) -> None:
    found = decode(ModbusJsonDecoder(FamilyOptions(), maps=MAPS), json.dumps(told), TOPIC)
    assert found.rejections or len(found.samples) or found.extras


MAPPED = Map(**{"GW-003": station("S3"), "GW-777": station("S7"), "GW-003-B": station("S3")})


@pytest.mark.parametrize(
    ("told", "topic", "found", "reason"),
    [
        ({"id": "GW-777"}, "gateway/unknown-1/data", "S7", None),
        ({"id": "GW-777"}, "gateway/GW-003/data", None, "topic_mismatch"),
        ({"sn": "GW-777"}, "gateway/GW-003/data", None, "topic_mismatch"),
        # Two names of one station are no contradiction.
        ({"id": "GW-003-B"}, "gateway/GW-003/data", "S3", None),
        # What the id names nobody knows: the topic decides, as it does for a number that counts messages.
        ({"id": "GW-888"}, "gateway/GW-003/data", "S3", None),
        ({"id": 4711}, "gateway/GW-003/data", "S3", None),
        ({"id": "GW-888"}, "gateway/unknown-1/data", None, "unknown_device"),
        ({}, "gateway/GW-777/data", "S7", None),
    ],
)
def test_the_id_in_the_message_and_the_topic_are_held_against_each_other(
    told: dict[str, object], topic: str, found: str | None, reason: str | None
) -> None:
    decoder = ModbusJsonDecoder(FamilyOptions(devices=MAPPED, unmapped_pass=False), maps=MAPS)
    answer = decode(decoder, json.dumps({**told, "data": {"一次供温": 85.2}}, ensure_ascii=False), topic)
    assert [one.object_id for one in answer.samples.objects] == ([] if found is None else [found])
    assert reasons(answer) == ([] if reason is None else [reason])
