"""Sparkplug B: births, aliases, sequence gaps, rebirth requests, deaths, types in unsigned fields."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.decoders.envelopes.sparkplug_b import SparkplugBDecoder, rebirth_command
from collector.decoders.envelopes.sparkplug_b_pb2 import Metric, Payload
from collector.decoders.foreign import FamilyOptions, PointRule
from collector.decoders.memory import FileDecoderMemory
from collector.messages.decoded import Decoded
from config.equipment.point_maps import configured_point_maps
from heating.quality import Quality
from tests.support.decoding import RECEIVED_MS, Map, decode, extras, qualities, reasons, station, values

T_MS = 1_768_435_200_000
MAPS = configured_point_maps({})
NODE = "spBv1.0/G/{}/N"
DEVICE = "spBv1.0/G/{}/N/ST1"
FLOAT, BOOLEAN = 9, 11


def payload(metrics: Sequence[Metric] = (), *, seq: int | None = 0, at: int = T_MS) -> bytes:
    told = Payload(timestamp=at, metrics=metrics)
    if seq is not None:
        told.seq = seq
    return told.SerializeToString()


def number(name: str, value: float, alias: int, unit: str = "") -> Metric:
    metric = Metric(name=name, alias=alias, datatype=FLOAT, float_value=value)
    if unit:
        metric.properties.keys.append("engUnit")
        metric.properties.values.add().string_value = unit
    return metric


def birth_of_node(birth: int = 3) -> bytes:
    return payload(
        [Metric(name="bdSeq", datatype=4, long_value=birth), number("Node Control/Rebirth", 0, 99)]
    )


BIRTH = [number("一次供温", 85.5, 1), number("plant/二次供压", 410, 2, "kPa"), number("private", 1.5, 3)]


@pytest.fixture
def decoder() -> SparkplugBDecoder:
    return SparkplugBDecoder(FamilyOptions(), maps=MAPS)


@pytest.fixture
def born(decoder: SparkplugBDecoder) -> SparkplugBDecoder:
    decode(decoder, birth_of_node(), NODE.format("NBIRTH"))
    decode(decoder, payload(BIRTH, seq=1), DEVICE.format("DBIRTH"))
    assert decoder.rebirth_requests == []
    return decoder


def test_a_birth_carries_values_units_and_own_names(decoder: SparkplugBDecoder) -> None:
    decode(decoder, birth_of_node(), NODE.format("NBIRTH"))
    found = decode(decoder, payload(BIRTH, seq=1), DEVICE.format("DBIRTH"))
    assert values(found) == {
        "gateway_online": 1.0, "primary_supply_temp_c": 85.5, "secondary_supply_pressure_mpa": 0.41,
    }  # fmt: skip
    assert extras(found) == {"private": (1.5, "")}
    assert found.samples.objects[0].object_id == "ST1"
    assert {s.measured_ms for s in found.samples.to_samples() if s.point != "gateway_online"} == {T_MS}
    assert not found.rejections


def online(decoded: Decoded) -> dict[str, tuple[float, int]]:
    """Value and time of gateway_online by object."""
    rows = decoded.samples.to_samples()
    return {s.ref.object_id: (s.value, s.measured_ms) for s in rows if s.point == "gateway_online"}


def test_births_and_deaths_say_both_whether_a_gateway_is_in_touch(decoder: SparkplugBDecoder) -> None:
    bd_seq = [Metric(name="bdSeq", datatype=4, long_value=3)]
    alive, gone = (1.0, RECEIVED_MS), (0.0, RECEIVED_MS)
    assert online(decode(decoder, birth_of_node(), NODE.format("NBIRTH"))) == {"N": alive}
    assert online(decode(decoder, payload(BIRTH, seq=1), DEVICE.format("DBIRTH"))) == {"ST1": alive}
    assert online(decode(decoder, payload(seq=2), DEVICE.format("DDEATH"))) == {"ST1": gone}
    assert online(decode(decoder, payload(BIRTH, seq=3), DEVICE.format("DBIRTH"))) == {"ST1": alive}
    death = decode(decoder, payload(bd_seq, seq=None), NODE.format("NDEATH"))
    assert online(death) == {"N": gone, "ST1": gone}
    assert online(decode(decoder, birth_of_node(), NODE.format("NBIRTH"))) == {"N": alive}
    assert online(decode(decoder, payload(BIRTH, seq=1), DEVICE.format("DBIRTH"))) == {"ST1": alive}


def test_a_gateway_that_tells_itself_whether_it_is_in_touch_is_believed(decoder: SparkplugBDecoder) -> None:
    metric = Metric(name="gateway_online", alias=9, datatype=BOOLEAN, boolean_value=False)
    assert online(decode(decoder, payload([*BIRTH, metric]), DEVICE.format("DBIRTH")))["ST1"][0] == 0.0


def test_data_may_carry_aliases_only(born: SparkplugBDecoder) -> None:
    metrics = [Metric(alias=1, float_value=86.5), Metric(alias=2, float_value=400, timestamp=T_MS + 5)]
    found = decode(born, payload(metrics, seq=2), DEVICE.format("DDATA"))
    assert values(found) == {"primary_supply_temp_c": 86.5, "secondary_supply_pressure_mpa": 0.4}
    assert sorted(found.samples.measured_ms) == [T_MS, T_MS + 5]
    assert born.rebirth_requests == []


def test_a_gap_in_the_sequence_asks_once_for_a_rebirth(born: SparkplugBDecoder) -> None:
    found = decode(born, payload([Metric(alias=1, float_value=86.5)], seq=7), DEVICE.format("DDATA"))
    assert values(found) == {"primary_supply_temp_c": 86.5}
    assert "sequence 7 came, 2 was expected" in found.notes[0]
    decode(born, payload([Metric(alias=1, float_value=86.5)], seq=20), DEVICE.format("DDATA"))
    [request] = born.rebirth_requests
    topic, command = rebirth_command(request)
    assert topic == "spBv1.0/G/NCMD/N"
    [metric] = Payload.FromString(command).metrics
    assert (metric.name, metric.boolean_value) == ("Node Control/Rebirth", True)
    assert born.take_commands()[0].topic == topic
    assert born.take_commands() == []


MINUTE_MS = 60_000


def test_a_rebirth_that_does_not_come_is_asked_for_again_after_a_minute(born: SparkplugBDecoder) -> None:
    reading = [Metric(alias=1, float_value=86.5)]
    asked = []
    for after_s, seq in ((0, 7), (20, 8), (59, 9), (60, 10), (100, 11), (121, 12)):
        at_ms = RECEIVED_MS + after_s * 1000
        decode(born, payload(reading, seq=seq), DEVICE.format("DDATA"), received_ms=at_ms)
        asked += [after_s] * len(born.take_commands())
    assert asked == [0, 60, 121]
    late_ms = RECEIVED_MS + 200_000
    decode(born, birth_of_node(4), NODE.format("NBIRTH"), received_ms=late_ms)
    decode(born, payload(BIRTH, seq=1), DEVICE.format("DBIRTH"), received_ms=late_ms)
    decode(born, payload(reading, seq=2), DEVICE.format("DDATA"), received_ms=late_ms + MINUTE_MS)
    assert born.take_commands() == []


def test_a_new_gap_soon_after_a_birth_waits_for_the_minute_to_pass(born: SparkplugBDecoder) -> None:
    decode(born, payload(seq=9), DEVICE.format("DDATA"))
    decode(born, birth_of_node(4), NODE.format("NBIRTH"))
    assert len(born.take_commands()) == 1
    decode(born, payload(seq=40), NODE.format("NDATA"), received_ms=RECEIVED_MS + 5_000)
    assert born.take_commands() == []
    decode(born, payload(seq=41), NODE.format("NDATA"), received_ms=RECEIVED_MS + MINUTE_MS)
    [command] = born.take_commands()
    assert command.reason == "sequence 40 came, 1 was expected"


def test_the_sequence_runs_round_at_256_and_a_repeat_is_no_gap(decoder: SparkplugBDecoder) -> None:
    start = Payload(timestamp=T_MS, seq=255)
    decode(decoder, start.SerializeToString(), NODE.format("NBIRTH"))
    for seq in (0, 0, 1):
        decode(decoder, payload([number("t", 1, 1)], seq=seq), NODE.format("NDATA"))
    assert decoder.rebirth_requests == []


def test_a_birth_of_many_metrics_is_taken_whole_and_an_endless_one_is_cut(decoder: SparkplugBDecoder) -> None:
    found = decode(decoder, payload([number(f"m{n}", n, n) for n in range(1200)]), NODE.format("NBIRTH"))
    assert len(found.extras) == 1200
    assert not found.rejections
    endless = [Metric(name=f"m{n}", float_value=1) for n in range(5001)]
    assert reasons(decode(decoder, payload(endless, seq=1), NODE.format("NDATA"))) == ["too_big"]


def test_an_unknown_alias_is_rejected_and_asks_for_a_rebirth(born: SparkplugBDecoder) -> None:
    metrics = [Metric(alias=77, float_value=1), Metric(alias=1, float_value=86.5)]
    found = decode(born, payload(metrics, seq=2), DEVICE.format("DDATA"))
    assert reasons(found) == ["unknown_point"]
    assert values(found) == {"primary_supply_temp_c": 86.5}
    assert len(born.rebirth_requests) == 1


def test_data_before_any_birth_are_read_by_name_and_ask_for_a_rebirth(decoder: SparkplugBDecoder) -> None:
    found = decode(decoder, payload([number("一次供温", 80, 1)], seq=9), DEVICE.format("DDATA"))
    assert values(found) == {"primary_supply_temp_c": 80.0}
    assert decoder.rebirth_requests[0].key == ("G", "N")


def test_the_death_of_a_device_makes_its_metrics_stale(born: SparkplugBDecoder) -> None:
    found = decode(born, payload(seq=2), DEVICE.format("DDEATH"))
    assert values(found) == {
        "primary_supply_temp_c": 85.5,
        "secondary_supply_pressure_mpa": 0.41,
        "gateway_online": 0.0,
    }
    assert qualities(found)["primary_supply_temp_c"] is Quality.BAD_DEVICE_DEAD
    assert qualities(found)["gateway_online"] is Quality.GOOD
    assert set(found.samples.measured_ms) == {RECEIVED_MS}
    assert [item.quality for item in found.extras] == [Quality.BAD_DEVICE_DEAD]


def test_the_death_of_a_node_takes_its_devices_along(born: SparkplugBDecoder) -> None:
    bd_seq = [Metric(name="bdSeq", datatype=4, long_value=3)]
    found = decode(born, payload(bd_seq, seq=None), NODE.format("NDEATH"))
    assert {ref.object_id for ref in found.samples.objects} == {"N", "ST1"}
    assert qualities(found)["primary_supply_temp_c"] is Quality.BAD_DEVICE_DEAD


def test_the_death_of_an_earlier_birth_is_no_death(born: SparkplugBDecoder) -> None:
    bd_seq = [Metric(name="bdSeq", datatype=4, long_value=2)]
    found = decode(born, payload(bd_seq, seq=None), NODE.format("NDEATH"))
    assert reasons(found) == ["not_telemetry"]
    assert len(found.samples) == 0


@pytest.mark.parametrize(
    ("datatype", "field", "sent", "value"),
    [
        (1, "int_value", 0xFFFFFFFB, -5.0),
        (1, "int_value", 0xFB, -5.0),
        (2, "int_value", 0xFF85, -123.0),
        (3, "int_value", 0xFFFFFF85, -123.0),
        (4, "long_value", 2**64 - 7, -7.0),
        (7, "int_value", 0xFFFFFF85, 4294967173.0),
        (8, "long_value", 5, 5.0),
        (10, "double_value", -1.25, -1.25),
        (11, "boolean_value", True, True),
        (12, "string_value", "text", "text"),
    ],
)
def test_signed_types_are_twos_complement_in_unsigned_fields(
    decoder: SparkplugBDecoder, datatype: int, field: str, sent: object, value: object
) -> None:
    metric = Metric(name="private", datatype=datatype)
    setattr(metric, field, sent)
    found = decode(decoder, payload([metric]), NODE.format("NBIRTH"))
    assert extras(found)["private"] == (value, "")


def test_null_history_and_told_quality_are_kept(born: SparkplugBDecoder) -> None:
    null = decode(born, payload([Metric(alias=1, is_null=True)], seq=2), DEVICE.format("DDATA"))
    assert qualities(null)["primary_supply_temp_c"] is Quality.BAD
    old = [Metric(alias=1, float_value=70, is_historical=True, timestamp=T_MS - 60_000)]
    history = decode(born, payload(old, seq=3), DEVICE.format("DDATA"))
    assert extras(history)["backfilled"] == (True, "")
    assert set(history.samples.measured_ms) == {T_MS - 60_000}
    stale = Metric(alias=1, float_value=70)
    stale.properties.keys.append("Quality")
    stale.properties.values.add().int_value = 0
    bad = decode(born, payload([stale], seq=4), DEVICE.format("DDATA"))
    assert qualities(bad)["primary_supply_temp_c"] is Quality.BAD


def test_a_device_map_may_name_the_whole_path_and_scale_metrics() -> None:
    rules = {"raw": PointRule("secondary_supply_temp_c", "°C", 0.1)}
    devices = Map(**{"G/N/ST1": station("ST042", points=rules)})
    decoder = SparkplugBDecoder(FamilyOptions(devices=devices, unmapped_pass=False), maps=MAPS)
    found = decode(decoder, payload([number("raw", 455, 1)]), DEVICE.format("DBIRTH"))
    assert found.samples.objects[0].object_id == "ST042"
    assert values(found) == {"gateway_online": 1.0, "secondary_supply_temp_c": 45.5}
    assert reasons(decode(decoder, birth_of_node(), NODE.format("NBIRTH"))) == ["unknown_device"]


@pytest.mark.parametrize(
    ("topic", "data", "reason"),
    [
        ("spBv1.0/STATE/host", json.dumps({"online": True}).encode(), "not_telemetry"),
        ("spBv1.0/G/NCMD/N", payload(), "not_telemetry"),
        ("spBv1.0/G/DCMD/N/D", payload(), "not_telemetry"),
        ("spBv1.0/G/NDATA", payload(), "bad_topic"),
        ("spBv1.0/G/DDATA/N", payload(), "bad_topic"),
        ("spBv1.0/G/WHAT/N", payload(), "bad_topic"),
        ("other/G/NDATA/N", payload(), "bad_topic"),
        (NODE.format("NDATA"), b"\xff\xff\xff", "wrong_type"),
        (NODE.format("NDATA"), payload([Metric(name="name")]).replace(b"name", b"n\xffme"), "wrong_type"),
        (NODE.format("NDATA"), b"x" * 300_000, "too_big"),
        (NODE.format("NDATA"), payload(), "not_telemetry"),
    ],
)
def test_what_is_no_reading_is_rejected(
    decoder: SparkplugBDecoder, topic: str, data: bytes, reason: str
) -> None:
    found = decode(decoder, data, topic)
    assert reasons(found) == [reason]
    assert len(found.samples) == 0


KINDS = ["NBIRTH", "NDATA", "NDEATH", "DBIRTH", "DDATA", "DDEATH"]


@given(data=st.lists(st.tuples(st.sampled_from(KINDS), st.binary(max_size=80)), max_size=6))
def test_no_bytes_make_it_raise(data: list[tuple[str, bytes]]) -> None:
    decoder = SparkplugBDecoder(FamilyOptions(), maps=MAPS)
    for kind, content in data:
        topic = (DEVICE if kind.startswith("D") else NODE).format(kind)
        assert decode(decoder, content, topic) is not None


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.integers(0, 255) | st.none(),
            st.lists(
                st.builds(Metric, alias=st.integers(0, 5), int_value=st.integers(0, 2**32 - 1)), max_size=4
            ),
        ),
        max_size=8,
    )
)
def test_no_order_of_messages_makes_it_raise(steps: list[tuple[str, int | None, list[Metric]]]) -> None:
    decoder = SparkplugBDecoder(FamilyOptions(), maps=MAPS)
    for kind, seq, metrics in steps:
        topic = (DEVICE if kind.startswith("D") else NODE).format(kind)
        assert decode(decoder, payload(metrics, seq=seq), topic) is not None
    assert len(decoder.rebirth_requests) <= len(steps)


# --- restarts -----------------------------------------------------------------------------------------------


def restarted(
    folder: Path, *, flush: FileDecoderMemory | None = None
) -> tuple[SparkplugBDecoder, FileDecoderMemory]:
    """A decoder of a process that just started."""
    if flush is not None:
        flush.flush(now=True)
    memory = FileDecoderMemory(folder)
    return SparkplugBDecoder(FamilyOptions(memory=memory), maps=MAPS), memory


def test_births_survive_a_restart_and_are_uncertain_until_the_next(tmp_path: Path) -> None:
    decoder, memory = restarted(tmp_path)
    decode(decoder, birth_of_node(), NODE.format("NBIRTH"))
    decode(decoder, payload(BIRTH, seq=1), DEVICE.format("DBIRTH"))
    decoder, memory = restarted(tmp_path, flush=memory)
    data = payload([Metric(alias=2, float_value=400)], seq=2)
    found = decode(decoder, data, DEVICE.format("DDATA"))
    assert values(found) == {"secondary_supply_pressure_mpa": 0.4}
    assert qualities(found) == {"secondary_supply_pressure_mpa": Quality.UNCERTAIN}
    assert decoder.take_commands(), "the births are asked for again"
    decode(decoder, birth_of_node(4), NODE.format("NBIRTH"))
    decode(decoder, payload(BIRTH, seq=1), DEVICE.format("DBIRTH"))
    assert set(qualities(decode(decoder, data, DEVICE.format("DDATA"))).values()) == {Quality.GOOD}


def test_births_of_an_earlier_life_of_the_node_mean_nothing(tmp_path: Path) -> None:
    decoder, memory = restarted(tmp_path)
    decode(decoder, birth_of_node(), NODE.format("NBIRTH"))
    decode(decoder, payload(BIRTH, seq=1), DEVICE.format("DBIRTH"))
    decode(decoder, birth_of_node(4), NODE.format("NBIRTH"), received_ms=RECEIVED_MS + 9)
    for flush in (None, memory):
        if flush is not None:
            decoder, _memory = restarted(tmp_path, flush=flush)
        found = decode(decoder, payload([Metric(alias=2, float_value=400)], seq=1), DEVICE.format("DDATA"))
        assert (reasons(found), len(found.samples)) == (["unknown_point"], 0)
