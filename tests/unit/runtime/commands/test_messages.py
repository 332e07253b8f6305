"""``nuanliu decode`` and what ``replay-messages`` refuses before it publishes anything."""

import json
from typing import Any

TOPIC = "heat/xilinhot/station/st-001/telemetry"


def decoded(nuanliu: Any, *lines: dict[str, object]) -> list[dict[str, Any]]:
    told = nuanliu.says("decode", "native", stdin="\n".join(json.dumps(line) for line in lines) + "\n")
    return [json.loads(line) for line in told]


def test_a_native_message_is_printed_with_its_units(nuanliu: Any) -> None:
    payload = {"t": 1768435200000, "v": {"secondary_supply_temp_c": 45.5, "secondary_flow_m3_per_h": 210}}
    (told,) = decoded(nuanliu, {"topic": TOPIC, "payload": json.dumps(payload)})
    assert told["rejections"] == []
    assert [
        (sample["device"], sample["point"], sample["value"], sample["unit"], sample["quality"])
        for sample in told["samples"]
    ] == [
        ("st-001", "secondary_supply_temp_c", 45.5, "°C", "good"),
        ("st-001", "secondary_flow_m3_per_h", 210.0, "m³/h", "good"),
    ]
    assert told["samples"][0]["t"] == "2026-01-15T00:00:00Z"


def test_one_line_is_printed_for_each_and_hex_is_read_as_bytes(nuanliu: Any) -> None:
    body = json.dumps({"t": 1768435200000, "v": {"secondary_supply_temp_c": 45.5}}).encode()
    told = decoded(
        nuanliu,
        {"topic": TOPIC, "payload_hex": body.hex()},
        {"topic": TOPIC, "payload": "{broken"},
    )
    assert len(told) == 2
    assert told[0]["samples"][0]["value"] == 45.5
    assert told[1]["samples"] == [] and [set(r) for r in told[1]["rejections"]] == [{"reason", "detail"}]


def test_a_line_that_is_no_message_is_told_by_number_and_the_others_are_decoded(nuanliu: Any) -> None:
    good = json.dumps({"topic": TOPIC, "payload": {"v": {"secondary_supply_temp_c": 45.5}}})
    done = nuanliu("decode", "native", stdin=f"nonsense\n\n{good}\n")
    assert done.code == 1
    assert "line 1:" in done.complaints and len(done.out.splitlines()) == 1


def test_an_unknown_family_is_refused(nuanliu: Any) -> None:
    assert "morse" in nuanliu.fails("decode", "morse", code=2)


def test_a_recording_with_a_bad_line_is_refused_with_file_and_line(nuanliu: Any) -> None:
    path = nuanliu.folder / "recording.jsonl"
    path.write_text('{"topic": "a", "payload": "1"}\n{"payload": "2"}\n', encoding="utf-8")
    assert f"{path}:2" in nuanliu.fails("replay-messages", str(path), code=2)
    assert "none.jsonl" in nuanliu.fails("replay-messages", str(nuanliu.folder / "none.jsonl"), code=2)


def test_a_broker_that_is_not_there_ends_with_1(nuanliu: Any) -> None:
    path = nuanliu.folder / "recording.jsonl"
    path.write_text('{"topic": "a", "payload": "1"}\n', encoding="utf-8")
    nuanliu.environment["NUANLIU_MQTT__PORT"] = "1"
    assert "cannot publish" in nuanliu.fails("replay-messages", str(path), code=1)
