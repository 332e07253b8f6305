"""Messages that real devices send and what must come out of them, one line each in ``decoders.jsonl``.

The lines were written by hand from specifications and from messages that users published; `why` and `source` stand in
each. They run through ``nuanliu decode`` as anybody can run them.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from runtime.command_line import app
from runtime.commands import terminal

CASES = [
    json.loads(line) for line in (Path(__file__).parent / "decoders.jsonl").read_text("utf-8").splitlines()
]

CORRECTED: dict[int, dict[str, Any]] = {
    7: {
        "primary_volume_total_m3": 19.83,
        "primary_supply_temp_c": 19.14,
        "primary_return_temp_c": 19.15,
        "primary_heat_total_gj": 1.63656,
    },
}
"""Values by number of a case whose own are wrong. 7: 60 54 04 00 is 454.60 kWh (BCD, low byte first), not 540.6."""

LEFT_OUT = {
    40: "no public source names the records of this Kamstrup format; the rejection says that a reading is missing",
}
"""Arguable cases that are decided otherwise, each with its reason (docs/devices.md); each must still fail."""

Samples = list[dict[str, Any]]
Expected = Mapping[str, Any]
Result = dict[str, Any]


def decoded(case: Mapping[str, Any]) -> Result:
    """What the last message of a case becomes."""
    messages = case.get("sequence", [case])
    lines = "\n".join(json.dumps(message, ensure_ascii=False) for message in messages)
    done = CliRunner().invoke(app, ["decode", case["family"]], input=lines + "\n")
    assert done.exit_code == 0, done.output
    answer: Result = json.loads(done.stdout.splitlines()[-1])
    return answer


def check_values(expected: Any, samples: Samples, _result: Result) -> None:
    for point, value in expected.items():
        found = [s["value"] for s in samples if point in (s["point"], f"{s['point']} {s['unit']}")]
        assert found, f"no {point} among {[sample['point'] for sample in samples]}"
        allowed = value if isinstance(value, list) else [value]
        close = [pytest.approx(v, rel=1e-6) if isinstance(v, int | float) else v for v in allowed]
        assert all(v in close for v in found[:1]), f"{point}: {found}"


def check_series(expected: Any, samples: Samples, _result: Result) -> None:
    times = {(sample["point"], sample["t"], sample["value"]) for sample in samples}
    for point, epoch_ms, value in expected:
        found = [v for p, t, v in times if p == point and _epoch_ms(t) == epoch_ms]
        assert found == [pytest.approx(value)], (point, epoch_ms, times)


def _epoch_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def check_t(expected: Any, samples: Samples, _result: Result) -> None:
    assert {_epoch_ms(sample["t"]) for sample in samples if sample["quality"].startswith("good")} == {
        _epoch_ms(expected)
    }


def check_t_ms(expected: Any, samples: Samples, _result: Result) -> None:
    assert {_epoch_ms(sample["t"]) for sample in samples} == {expected}


def check_not_points(expected: Any, samples: Samples, _result: Result) -> None:
    assert not {sample["point"] for sample in samples if sample["value"] is not None} & set(expected)


def check_absent(expected: Any, samples: Samples, _result: Result) -> None:
    assert not [s for s in samples for value in expected if s["value"] == pytest.approx(value)]


def check_device(expected: Any, samples: Samples, _result: Result) -> None:
    assert samples and {sample["device"] for sample in samples} == {expected}


def check_device_any(expected: Any, samples: Samples, _result: Result) -> None:
    assert samples and {sample["device"] for sample in samples} <= set(expected)


def check_null_bad(expected: Any, samples: Samples, _result: Result) -> None:
    bad = {s["point"] for s in samples if s["value"] is None and s["quality"].startswith("bad")}
    assert set(expected) <= bad


def check_not_good(expected: Any, samples: Samples, _result: Result) -> None:
    assert not [s for s in samples if s["point"] in expected and s["quality"] == "good"]


def check_note_contains(expected: Any, _samples: Samples, result: Result) -> None:
    assert expected in json.dumps([result["notes"], result["rejections"]], ensure_ascii=False)


def check_several(expected: Any, samples: Samples, _result: Result) -> None:
    assert (len({sample["t"] for sample in samples}) > 1) == expected


CHECKS: dict[str, Callable[[Any, Samples, Result], None]] = {
    name.removeprefix("check_"): check for name, check in globals().items() if name.startswith("check_")
}


@pytest.fixture(autouse=True)
def no_logging_to_a_closed_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command sets logging up for its whole process, on a stream that ends with the command here."""
    monkeypatch.setattr(terminal, "set_up_logging", lambda _settings: None)


@pytest.mark.parametrize("number", range(1, len(CASES) + 1), ids=lambda n: f"{n}-{CASES[n - 1]['family']}")
def test_a_message_becomes_what_it_says(number: int, request: pytest.FixtureRequest) -> None:
    case = CASES[number - 1]
    if number in LEFT_OUT:
        request.applymarker(pytest.mark.xfail(reason=LEFT_OUT[number], strict=True))
    result = decoded(case)
    wanted = case["expected"] | ({"values": CORRECTED[number]} if number in CORRECTED else {})
    for name, expected in wanted.items():
        CHECKS[name](expected, result["samples"], result)
