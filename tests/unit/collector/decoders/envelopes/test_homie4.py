"""Homie 4: one value a topic; datatype and unit come on topics of their own, in any order."""

from pathlib import Path

import pytest

from collector.decoders.envelopes.homie4 import Homie4Decoder
from collector.decoders.foreign import DeviceTarget, FamilyOptions
from collector.decoders.memory import FileDecoderMemory
from collector.messages.decoded import Decoded
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.quality import Quality
from heating.samples import ObjectRef
from tests.support.decoding import RECEIVED_MS, Map, extras, qualities, reasons, values


def told(*messages: tuple[str, str | bytes], decoder: Homie4Decoder | None = None) -> Decoded:
    raw = [
        RawMessage(f"homie/{topic}", text.encode() if isinstance(text, str) else text, RECEIVED_MS)
        for topic, text in messages
    ]
    return (decoder or Homie4Decoder(FamilyOptions())).decode(raw)


def test_a_value_of_a_known_property_becomes_a_point() -> None:
    decoded = told(("d1/room/temperature", "21.5"))
    assert values(decoded) == {"room_temp_c": 21.5}
    assert qualities(decoded) == {"room_temp_c": Quality.UNCERTAIN_TIME}
    assert decoded.samples.objects == (ObjectRef(Measurement.ROOM, "d1"),)


def test_the_unit_topic_converts_the_values_that_follow() -> None:
    decoder = Homie4Decoder(FamilyOptions())
    told(("d1/room/temperature/$unit", "°F"), ("d1/room/temperature/$datatype", "float"), decoder=decoder)
    assert values(told(("d1/room/temperature", "70.7"), decoder=decoder)) == {"room_temp_c": 21.5}
    assert values(told(("d2/room/temperature", "20"), decoder=decoder)) == {"room_temp_c": 20.0}


@pytest.mark.parametrize(
    ("kind", "text", "good"),
    [
        ("float", "21.5", True),
        ("float", "-2e1", True),
        ("float", "nan", False),
        ("float", "inf", False),
        ("float", "21,5", False),
        ("float", "", False),
        ("integer", "21", True),
        ("integer", "21.5", False),
        ("integer", "٢١", False),
    ],
)
def test_the_datatype_judges_the_text(kind: str, text: str, good: bool) -> None:
    decoder = Homie4Decoder(FamilyOptions())
    told(("d1/room/temperature/$datatype", kind), decoder=decoder)
    decoded = told(("d1/room/temperature", text), decoder=decoder)
    assert reasons(decoded) == ([] if good else ["wrong_type"])
    assert len(decoded.samples) == good


def test_flags_and_texts_of_other_properties_keep_their_names() -> None:
    decoder = Homie4Decoder(FamilyOptions())
    told(("d1/door/open/$datatype", "boolean"), ("d1/hvac/mode/$datatype", "enum"), decoder=decoder)
    decoded = told(("d1/door/open", "true"), ("d1/hvac/mode", "heat"), decoder=decoder)
    assert extras(decoded) == {"door/open": (True, ""), "hvac/mode": ("heat", "")}


def test_the_state_of_a_device_is_its_link() -> None:
    states = ["ready", "sleeping", "alert", "lost", "disconnected"]
    decoded = told(*((f"d{place}/$state", word) for place, word in enumerate(states)))
    assert decoded.samples.value.tolist() == [1.0, 1.0, 1.0, 0.0, 0.0]
    assert reasons(told(("d1/$state", "init"))) == ["not_telemetry"]
    assert reasons(told(("d1/$state", "dreaming"))) == ["wrong_type"]


def test_the_statistics_of_the_legacy_extension_give_the_battery() -> None:
    decoded = told(("d1/$stats/battery", "88"), ("d1/$stats/uptime", "120"))
    assert values(decoded) == {"battery_pct": 88.0}
    assert extras(decoded) == {"$stats/uptime": (120.0, "s")}


def test_a_node_of_a_gateway_may_be_a_sensor_of_its_own() -> None:
    devices = Map(**{"gw/kitchen": DeviceTarget(ObjectRef(Measurement.ROOM, "S1"))})
    decoder = Homie4Decoder(FamilyOptions(devices=devices, unmapped_pass=False))
    decoded = told(("gw/kitchen/temperature", "20"), ("gw/attic/temperature", "3"), decoder=decoder)
    assert [ref.object_id for ref in decoded.samples.objects] == ["S1"]
    assert reasons(decoded) == ["unknown_device"]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("d1/room/temperature/set", "21", "not_telemetry"),
        ("d1/room/$properties", "temperature", "not_telemetry"),
        ("d1/$homie", "4.0.0", "not_telemetry"),
        ("d1/room/temperature", b"\xff\xfe", "bad_utf8"),
        ("d1/room/temperature", b"9" * 5000, "too_big"),
        ("d1//temperature", "1", "bad_topic"),
        ("d1", "1", "bad_topic"),
    ],
)
def test_what_is_no_reading_is_told(topic: str, payload: str | bytes, reason: str) -> None:
    assert reasons(told((topic, payload))) == [reason]


def test_the_memory_of_units_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.decoders.envelopes.homie4.MAX_REMEMBERED", 3)
    decoder = Homie4Decoder(FamilyOptions())
    told(*((f"d{place}/room/temperature/$unit", "°F") for place in range(10)), decoder=decoder)
    assert len(decoder._known) <= 3


def test_a_temperature_that_may_be_fahrenheit_waits_for_its_unit() -> None:
    decoder = Homie4Decoder(FamilyOptions())
    held = told(("d1/room/temperature", "70.7"), decoder=decoder)
    assert (reasons(held), len(held.samples)) == (["not_telemetry"], 0)
    assert "held back" in held.rejections[0].detail
    freed = told(("d1/room/temperature/$unit", "°F"), decoder=decoder)
    assert values(freed) == {"room_temp_c": 21.5}
    assert values(told(("d1/room/temperature", "50"), decoder=decoder)) == {"room_temp_c": 10.0}


def test_what_was_learned_survives_a_restart(tmp_path: Path) -> None:
    memory = FileDecoderMemory(tmp_path)
    first = Homie4Decoder(FamilyOptions(memory=memory))
    told(("d1/room/temperature/$unit", "°F"), ("d1/room/temperature/$datatype", "integer"), decoder=first)
    memory.flush(now=True)
    again = Homie4Decoder(FamilyOptions(memory=FileDecoderMemory(tmp_path)))
    assert values(told(("d1/room/temperature", "50"), decoder=again)) == {"room_temp_c": 10.0}
    assert reasons(told(("d1/room/temperature", "50.5"), decoder=again)) == ["wrong_type"]


@pytest.mark.parametrize("node", ["board", "cpu", "esp32", "system"])
def test_the_inside_of_a_device_is_never_the_room(node: str) -> None:
    assert values(told((f"d1/{node}/temperature", "38"))) == {}
