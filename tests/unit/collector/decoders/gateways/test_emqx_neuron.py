"""EMQX Neuron uploads: values and errors, lists of tags, requests that are no readings."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.decoders.foreign import FamilyOptions
from collector.decoders.gateways.emqx_neuron import EmqxNeuronDecoder
from config.equipment.point_maps import configured_point_maps
from heating.quality import Quality
from tests.support.decoding import RECEIVED_MS, Map, decode, extras, qualities, reasons, station, values

T_MS = 1_768_435_200_000
MAPS = configured_point_maps({})


@pytest.fixture
def decoder() -> EmqxNeuronDecoder:
    return EmqxNeuronDecoder(FamilyOptions(), maps=MAPS)


def upload(**parts: object) -> str:
    return json.dumps({"timestamp": T_MS, "node": "plc1", "group": "g1", **parts})


def test_values_and_errors_of_a_map(decoder: EmqxNeuronDecoder) -> None:
    found = decode(decoder, upload(values={"一次供温": 85.2, "foo": 3}, errors={"二次供温": 2014}, metas={}))
    assert values(found)["primary_supply_temp_c"] == 85.2
    assert qualities(found)["secondary_supply_temp_c"] is Quality.BAD
    assert extras(found) == {"foo": (3.0, "")}
    assert found.samples.objects[0].object_id == "plc1"
    assert set(found.samples.measured_ms) == {T_MS}
    assert "二次供温" in found.notes[0]


def test_a_list_of_tags_carries_errors_in_the_place_of_values(decoder: EmqxNeuronDecoder) -> None:
    tags = [{"name": "t1s", "value": 85.2}, {"name": "t1r", "error": 3002}]
    found = decode(decoder, upload(tags=tags))
    assert values(found)["primary_supply_temp_c"] == 85.2
    assert qualities(found)["primary_return_temp_c"] is Quality.BAD


def test_node_and_group_in_the_device_map_go_before_the_node() -> None:
    devices = Map(**{"plc1": station("ST001"), "plc1/g1": station("ST002")})
    decoder = EmqxNeuronDecoder(FamilyOptions(devices=devices), maps=MAPS)
    assert decode(decoder, upload(values={"t1s": 1})).samples.objects[0].object_id == "ST002"
    assert decode(decoder, upload(values={"t1s": 1}, group="g2")).samples.objects[0].object_id == "ST001"


def test_a_missing_timestamp_is_arrival_time(decoder: EmqxNeuronDecoder) -> None:
    found = decode(decoder, json.dumps({"node": "plc1", "group": "g", "values": {"t1s": 80}}))
    assert set(found.samples.measured_ms) == {RECEIVED_MS}
    assert qualities(found)["primary_supply_temp_c"] is Quality.UNCERTAIN_TIME


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (json.dumps({"uuid": "x", "node": "plc1", "group": "g"}), "not_telemetry"),
        (json.dumps({"uuid": "x", "tags": [{"name": "t1s", "value": 3}]}), "not_telemetry"),
        (json.dumps({"timestamp": T_MS, "states": []}), "not_telemetry"),
        (upload(values={}), "not_telemetry"),
        (upload(values=[1]), "wrong_type"),
        (upload(tags=[3]), "wrong_type"),
        (upload(tags=[{"name": "a"}]), "wrong_type"),
        (upload(values={"t1s": 1}, node=7), "wrong_type"),
        ("[]", "wrong_type"),
        ("{", "bad_json"),
        (b"\xff", "bad_utf8"),
        (b" " * 300_000, "too_big"),
    ],
)
def test_what_is_no_upload_is_rejected(decoder: EmqxNeuronDecoder, payload: bytes | str, reason: str) -> None:
    found = decode(decoder, payload)
    assert reason in reasons(found)
    assert len(found.samples) == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(inner=JSON, name=st.sampled_from(["values", "errors", "tags", "timestamp", "node", "group"]))
def test_nothing_makes_it_raise(inner: object, name: str) -> None:
    found = decode(
        EmqxNeuronDecoder(FamilyOptions(), maps=MAPS), upload(**{"values": {"t1s": 1}, name: inner})
    )
    assert found.rejections or len(found.samples) or found.extras


def named(**values: object) -> list[dict[str, object]]:
    return [{"name": name, "value": value} for name, value in values.items()]


@pytest.mark.parametrize("part", ["values", "tags", "static_tags"])
@pytest.mark.parametrize("listed", [False, True])
def test_values_and_static_tags_are_maps_or_lists(
    decoder: EmqxNeuronDecoder, part: str, listed: bool
) -> None:
    told = named(一次供温=85.2, foo=3) if listed else {"一次供温": 85.2, "foo": 3}
    found = decode(decoder, upload(**{part: told}))
    assert values(found) == {"primary_supply_temp_c": 85.2}
    assert extras(found) == {"foo": (3.0, "")}


@pytest.mark.parametrize("part", ["errors", "tag_errors"])
@pytest.mark.parametrize("listed", [False, True])
def test_errors_are_a_map_or_a_list_and_their_codes_are_told(
    decoder: EmqxNeuronDecoder, part: str, listed: bool
) -> None:
    errors = [{"name": "二次供温", "error": 3002}] if listed else {"二次供温": 3002}
    found = decode(decoder, upload(tags=named(一次供温=85.2), **{part: errors}))
    assert qualities(found) == {"primary_supply_temp_c": Quality.GOOD, "secondary_supply_temp_c": Quality.BAD}
    assert "3002" in found.notes[0]
    assert not found.rejections


def test_a_tag_told_twice_is_its_error_or_its_last_value(decoder: EmqxNeuronDecoder) -> None:
    tags = [*named(一次供温=85.2), *named(一次供温=85.4), *named(二次供温=45.0)]
    found = decode(decoder, upload(tags=tags, errors=[{"name": "二次供温", "error": 2014}]))
    assert values(found)["primary_supply_temp_c"] == 85.4
    assert qualities(found)["secondary_supply_temp_c"] is Quality.BAD
    assert len(found.samples) == 2 and not found.extras


def test_an_error_of_zero_is_none(decoder: EmqxNeuronDecoder) -> None:
    found = decode(decoder, upload(values={"一次供温": 85.2}, errors={"一次供温": 0}))
    assert qualities(found) == {"primary_supply_temp_c": Quality.GOOD} and not found.notes
