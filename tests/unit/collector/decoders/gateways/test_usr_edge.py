"""USR edge gateways and DTUs: numbers as text, three roots, echoes that are no telemetry."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.decoders.foreign import FamilyOptions, PointRule
from collector.decoders.gateways.usr_edge import UsrEdgeDecoder
from config.equipment.point_maps import configured_point_maps
from heating.quality import Quality
from tests.support.decoding import Map, decode, extras, qualities, reasons, station, values

MAPS = configured_point_maps({})
TOPIC = "/usr/gw01/up"


def report(root: str = "rw_prot", **parts: object) -> str:
    body: dict[str, object] = {"Ver": "1.0.1", "dir": "up", "id": "77", **parts}
    return json.dumps({root: body})


def nodes(**pairs: object) -> list[dict[str, object]]:
    return [{"name": name, "value": value, "err": "0"} for name, value in pairs.items()]


@pytest.fixture
def decoder() -> UsrEdgeDecoder:
    return UsrEdgeDecoder(FamilyOptions(), maps=MAPS)


@pytest.mark.parametrize("root", ["rw_prot", "params"])
def test_numbers_in_text_are_read_under_both_roots(decoder: UsrEdgeDecoder, root: str) -> None:
    found = decode(decoder, report(root, r_data=nodes(一次供温="85.30", node0101="231")), TOPIC)
    assert values(found) == {"primary_supply_temp_c": 85.3}
    assert extras(found) == {"node0101": (231.0, "")}
    assert found.samples.objects[0].object_id == "gw01"


def test_a_bare_map_of_values_is_read(decoder: UsrEdgeDecoder) -> None:
    for payload in ({"params": {"二次供压": "0.41"}}, {"二次供压": "0.41", "sn": "D7"}):
        assert values(decode(decoder, json.dumps(payload), TOPIC)) == {"secondary_supply_pressure_mpa": 0.41}


def test_the_device_map_scales_the_number_as_it_was_sent() -> None:
    rules = {"node0101": PointRule("secondary_supply_temp_c", "°C", 0.1)}
    devices = Map(gw01=station(points=rules))
    found = decode(
        UsrEdgeDecoder(FamilyOptions(devices=devices), maps=MAPS), report(r_data=nodes(node0101="455")), TOPIC
    )
    assert values(found) == {"secondary_supply_temp_c": 45.5}


def test_a_serial_number_and_a_time_in_the_message_are_used(decoder: UsrEdgeDecoder) -> None:
    found = decode(decoder, json.dumps({"sn": "D7", "time": "2026-01-15 08:00:00", "t1s": "80"}), TOPIC)
    assert found.samples.objects[0].object_id == "D7"
    assert set(found.samples.measured_ms) == {1_768_435_200_000}
    assert set(qualities(found).values()) == {Quality.GOOD}


def test_an_error_code_makes_the_value_bad(decoder: UsrEdgeDecoder) -> None:
    found = decode(decoder, report(r_data=[{"name": "t1s", "value": "85", "err": "1"}]), TOPIC)
    assert qualities(found)["primary_supply_temp_c"] is Quality.BAD


@pytest.mark.parametrize("text", ["", "--x", "1e999", "nan", "inf", "12abc", "1_0", "9" * 60])
def test_text_that_is_no_number_gives_no_value(decoder: UsrEdgeDecoder, text: str) -> None:
    found = decode(decoder, report(r_data=nodes(t1s=text)), TOPIC)
    assert all(value != value for value in values(found).values())


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (
            json.dumps({"rw_prot": {"dir": "down", "r_data": [{"name": "t1s", "value": "1"}]}}),
            "not_telemetry",
        ),
        (json.dumps({"params": {"dir": "down", "w_data": []}}), "not_telemetry"),
        (json.dumps({"dir": "down", "params": {"t1s": "1"}}), "not_telemetry"),
        (report(w_data=[{"name": "t1s", "value": "1", "err": "0"}]), "not_telemetry"),
        (report(), "not_telemetry"),
        (report(r_data={}), "wrong_type"),
        (report(r_data=[1, {"name": ""}, {"name": "x"}]), "wrong_type"),
        (json.dumps({"rw_prot": 3}), "wrong_type"),
        ("3", "wrong_type"),
        ("{'a':1}", "bad_json"),
    ],
)
def test_what_is_no_report_is_rejected(decoder: UsrEdgeDecoder, payload: str, reason: str) -> None:
    found = decode(decoder, payload, TOPIC)
    assert reasons(found) == [reason]
    assert len(found.samples) == 0


@given(
    data=st.lists(
        st.dictionaries(
            st.sampled_from(["name", "value", "err"]), st.text(max_size=6) | st.integers() | st.none()
        ),
        max_size=5,
    )
)
def test_nothing_makes_it_raise(data: list[dict[str, object]]) -> None:
    found = decode(UsrEdgeDecoder(FamilyOptions(), maps=MAPS), report(r_data=data), TOPIC)
    assert found.rejections or len(found.samples) or found.extras


@pytest.mark.parametrize(
    ("root", "serial", "topic", "device"),
    [
        ("params", "02700121030300012345", "/PubTopic", "02700121030300012345"),
        ("params", 860123456789012, "/PubTopic", "860123456789012"),
        ("params", "77", "/usr/gw01/up", "gw01"),
        ("rw_prot", "02700121030300012345", "/usr/gw01/up", "gw01"),
    ],
)
def test_the_serial_number_under_params_is_the_device(
    decoder: UsrEdgeDecoder, root: str, serial: object, topic: str, device: str
) -> None:
    found = decode(decoder, report(root, id=serial, r_data=nodes(一次供温="85.30")), topic)
    assert found.samples.objects[0].object_id == device


def test_a_map_that_knows_the_topic_and_not_the_serial_number_goes_before() -> None:
    decoder = UsrEdgeDecoder(FamilyOptions(devices=Map(gw01=station("ST9")), unmapped_pass=False), maps=MAPS)
    found = decode(
        decoder, report("params", id="02700121030300012345", r_data=nodes(一次供温="85.30")), TOPIC
    )
    assert found.samples.objects[0].object_id == "ST9"
