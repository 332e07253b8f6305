"""Long native payloads and broken ones: the same readings as the usual way finds, and nothing lost without a word."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.decoders.native import parsing as native_json
from collector.decoders.native.decoder import MAX_BROKEN_PARTS, NativeDecoder
from collector.decoders.native.salvage import MAX_SALVAGED_VALUES
from collector.messages.decoded import Decoded, Reason
from heating.quality import Quality
from tests.support.examples import examples
from tests.unit.collector.intake.fakes import room

numbers = st.sampled_from(
    ["1", "-0", "0.5", "1e308", "-1e308", "5e-324", "1e-400", "1e999", str(2**63), str(2**64), str(2**70)]
) | st.floats(allow_nan=False, allow_infinity=False).map(repr)
odd = st.sampled_from(["null", "true", '"x"', '"20"', "[1]", "{}", "NaN", '"\\ud800"', '"\\u5ba4"', "01", ""])
names = st.sampled_from(["room_temp_c", "humidity_pct", "battery_v", "zz", "", "\\u0061", "\\udc00"])
pairs = st.lists(st.tuples(names, numbers | odd | numbers), max_size=5)
"""Names may come twice: the last one counts."""
values = pairs.map(lambda items: "{" + ",".join(f'"{name}":{value}' for name, value in items) + "}")
times = numbers | odd | st.sampled_from(["1796000000000", '"2026-11-30T10:00:00+08:00"'])
parts = st.lists(
    st.one_of(
        st.tuples(st.just("v"), values),
        st.tuples(st.just("t"), times),
        st.tuples(st.just("q"), st.sampled_from(['{"room_temp_c":"bad"}', '{"zz":"?"}', "null", "3"])),
        st.tuples(st.just("id"), st.sampled_from(['"S0"', '"S9"', "null", "1.5"])),
        st.tuples(st.just("extra"), numbers | odd),
    ),
    max_size=4,
).map(lambda items: "{" + ",".join(f'"{name}":{value}' for name, value in items) + "}")
batches = st.lists(parts | odd, min_size=1, max_size=5).map(
    lambda items: '{"batch":[' + ",".join(items) + "]}"
)


def outcome(decoded: Decoded) -> tuple[list[tuple[object, ...]], set[Reason]]:
    rows = [(s.ref, s.point, s.measured_ms, repr(s.value), s.quality) for s in decoded.samples.to_samples()]
    return rows, {item.reason for item in decoded.rejections}


def decode(payload: str, *, long_bytes: int) -> Decoded:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native_json, "LONG_BYTES", long_bytes)
        return NativeDecoder().decode([room(0, payload.encode())])


@given(parts | batches)
@settings(max_examples=examples(600), deadline=None)
def test_long_payloads_give_what_short_ones_give(payload: str) -> None:
    long, short = (outcome(decode(payload, long_bytes=limit)) for limit in (-1, 10**9))
    assert long == short


def test_a_long_payload_beside_short_ones_changes_nothing_for_them_and_keeps_the_order() -> None:
    long = json.dumps(
        {"batch": [{"t": number, "v": {"room_temp_c": 20.0 + number % 5}} for number in range(100)]}
    )
    assert len(long) > native_json.LONG_BYTES
    short = b'{"t":5,"v":{"room_temp_c":20}}'
    decoded = NativeDecoder().decode([room(0, short), room(1, long.encode()), room(2, short), room(3, b"{")])
    assert decoded.message.tolist() == [0, *[1] * 100, 2]
    assert decoded.samples.measured_ms.tolist()[1:101] == list(range(100))
    assert [item.message for item in decoded.rejections] == [3]


def test_the_parser_that_is_slow_with_extreme_numbers_never_sees_a_long_payload(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []

    class Spy:
        def __init__(self, usual: msgspec.json.Decoder[object]) -> None:
            self.usual = usual

        def decode(self, payload: bytes) -> object:
            seen.append(len(payload))
            return self.usual.decode(payload)

    for name in ("_PLAIN", "_ONE"):
        monkeypatch.setattr(native_json, name, Spy(getattr(native_json, name)))
    extreme = b'{"t":1,"v":{' + b",".join(b'"a%d":1e308' % number for number in range(400)) + b"}}"
    broken = extreme[:-1]
    short = b'{"t":5,"v":{"room_temp_c":20}}'
    decoded = NativeDecoder().decode([room(0, short), room(1, extreme), room(2, broken), room(3, b"{")])
    assert seen and max(seen) <= native_json.LONG_BYTES < len(broken)
    assert [(item.message, item.reason) for item in decoded.rejections] == [
        (1, Reason.UNKNOWN_POINT),
        (2, Reason.BAD_JSON),
        (3, Reason.BAD_JSON),
    ]


@pytest.mark.parametrize(
    "broken", ['{"t":"x","v":{"room_temp_c":1}}', '{"v":{"zz%d":1}}', '{"v":{"room_temp_c":"%d"}}', "null"]
)
def test_after_many_broken_parts_the_others_are_counted_in_one_rejection(broken: str) -> None:
    count = 3 * MAX_BROKEN_PARTS
    texts = [broken.replace("%d", str(number)) for number in range(count)]
    decoded = decode('{"batch":[' + ",".join(texts) + "]}", long_bytes=native_json.LONG_BYTES)
    assert not len(decoded.samples)
    assert decoded.rejections[-1].reason is Reason.TOO_BIG
    assert decoded.rejections[-1].detail.startswith(f"{count - MAX_BROKEN_PARTS} more parts")
    assert len(decoded.rejections) <= MAX_BROKEN_PARTS + 1


def test_a_day_of_readings_with_a_foreign_name_each_is_stored_whole() -> None:
    part = '{"t":%d,"v":{"room_temp_c":20,"rssi_foreign":-70}}'
    texts = ",".join(part % number for number in range(1_440))
    decoded = decode('{"batch":[' + texts + "]}", long_bytes=native_json.LONG_BYTES)
    assert len(decoded.samples) == 1_440
    assert [item.reason for item in decoded.rejections] == [Reason.UNKNOWN_POINT]


def test_rejections_of_one_message_beyond_a_number_are_told_as_a_number() -> None:
    texts = ",".join(f'{{"t":1,"v":{{"room_temp_c":20,"x{number}":1}}}}' for number in range(1_440))
    decoded = decode('{"batch":[' + texts + "]}", long_bytes=native_json.LONG_BYTES)
    assert len(decoded.samples) == 1_440
    assert len(decoded.rejections) == MAX_BROKEN_PARTS + 1
    assert decoded.rejections[-1].detail.startswith(f"{1_440 - MAX_BROKEN_PARTS} more rejections (unknown_p")


def test_values_that_are_not_looked_at_any_more_are_counted() -> None:
    wrong = ",".join(f'"a{number}":"x"' for number in range(MAX_SALVAGED_VALUES + 7))
    decoded = decode('{"t":1,"v":{"room_temp_c":20,' + wrong + "}}", long_bytes=native_json.LONG_BYTES)
    assert decoded.samples.value.tolist() == [20.0]
    assert [item.detail.split(" ")[0] for item in decoded.rejections] == [str(MAX_SALVAGED_VALUES - 1), "8"]


def test_words_that_are_no_quality_are_told_together() -> None:
    payload = '{"t":1,"v":{"room_temp_c":20},"q":{"room_temp_c":"warm","a":"b"}}'
    decoded = decode(payload, long_bytes=native_json.LONG_BYTES)
    assert decoded.samples.value.tolist() == [20.0]
    assert [item.detail for item in decoded.rejections] == [
        "2 words of q are no quality: room_temp_c: 'warm', a: 'b'"
    ]


@pytest.mark.parametrize("literal", ["NaN", "nan", "-nan", "Infinity", "-Infinity", "1.#QNAN"])
@pytest.mark.parametrize("batch", [False, True])
def test_a_number_that_is_none_costs_its_own_point_and_not_the_message(literal: str, batch: bool) -> None:
    reading = f'{{"t":1768435200000,"v":{{"room_temp_c":{literal},"room_humidity_pct":45}}}}'
    payload = f'{{"batch":[{reading}]}}' if batch else reading
    decoded = NativeDecoder().decode([room(0, payload.encode())])
    samples = {sample.point: sample for sample in decoded.samples.to_samples()}
    assert samples["room_humidity_pct"].value == 45.0
    assert samples["room_temp_c"].value != samples["room_temp_c"].value
    assert samples["room_temp_c"].quality == Quality.BAD
    assert not decoded.rejections
