"""The native format: single, batch, marks, status; and what is wrong is named without harming its neighbours."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.decoders.native.decoder import NativeDecoder
from collector.messages.decoded import Decoded, Reason
from heating.protocols import RawMessage
from heating.quality import Quality
from tests.support.examples import examples
from tests.unit.collector.intake.fakes import NOW_MS, reading, room

STATION = "heat/xl/station/ST1/telemetry"


def decode(*payloads: bytes) -> Decoded:
    return NativeDecoder().decode([room(number, payload) for number, payload in enumerate(payloads)])


def reasons(decoded: Decoded) -> dict[int, str]:
    return {item.message: item.reason.value for item in decoded.rejections}


def test_a_reading_becomes_one_row_a_point() -> None:
    decoded = decode(b'{"t":1796000000000,"seq":4,"v":{"room_temp_c":21.5,"low_battery":true,"battery_v":3}}')
    rows = [(s.point, s.value, s.quality, s.measured_ms) for s in decoded.samples.to_samples()]
    assert rows == [
        ("room_temp_c", 21.5, 0, NOW_MS),
        ("low_battery", 1.0, 0, NOW_MS),
        ("battery_v", 3.0, 0, NOW_MS),
    ]


def test_text_times_need_a_zone() -> None:
    decoded = decode(
        b'{"t":"2026-11-30T10:00:00.5+08:00","v":{"room_temp_c":20}}',
        b'{"t":"2026-11-30T10:00:00","v":{"room_temp_c":20}}',
    )
    assert decoded.samples.measured_ms.tolist() == [1_796_004_000_500]
    assert reasons(decoded) == {1: "wrong_type"}


def test_a_missing_time_is_the_arrival_and_uncertain() -> None:
    decoded = decode(b'{"v":{"room_temp_c":20}}')
    assert decoded.samples.measured_ms.tolist() == [NOW_MS]
    assert decoded.samples.quality.tolist() == [Quality.UNCERTAIN_TIME]


def test_marks_and_null_set_the_quality() -> None:
    decoded = decode(
        b'{"t":1,"v":{"room_temp_c":null,"battery_v":3,"battery_pct":9},"q":{"battery_v":"bad","battery_pct":"uncertain"}}'
    )
    assert decoded.samples.quality.tolist() == [Quality.BAD, Quality.BAD, Quality.UNCERTAIN]
    assert str(decoded.samples.value[0]) == "nan"


def test_a_batch_is_a_list_of_readings() -> None:
    decoded = decode(b'{"batch":[{"t":1,"v":{"room_temp_c":1}},{"t":2,"v":{"room_temp_c":2}},{"x":1}]}')
    assert decoded.samples.measured_ms.tolist() == [1, 2]
    assert decoded.reading.tolist() == [0, 1]
    assert reasons(decoded) == {0: "not_telemetry"}


def test_unknown_points_are_named_and_the_known_stored() -> None:
    decoded = decode(b'{"t":1,"v":{"zz":1,"room_temp_c":20,"yy":2}}')
    assert decoded.samples.value.tolist() == [20.0]
    assert [(r.reason, r.detail) for r in decoded.rejections] == [(Reason.UNKNOWN_POINT, "zz, yy")]


def test_an_empty_name_is_an_unknown_point_like_any_other() -> None:
    decoded = decode(b'{"t":1,"v":{"":1}}', b'{"t":1,"v":{"":1,"room_temp_c":20}}')
    assert decoded.samples.value.tolist() == [20.0]
    assert reasons(decoded) == {0: "unknown_point", 1: "unknown_point"}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{", "bad_json"),
        (b"", "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b"\xff\xfe", "bad_utf8"),
        (b"3", "wrong_type"),
        (b'{"t":1,"v":[1]}', "wrong_type"),
        (b'{"t":true,"v":{"room_temp_c":1}}', "wrong_type"),
        (b'{"t":1,"v":{"room_temp_c":"warm"}}', "wrong_type"),
        (b'{"t":1,"v":{"room_temp_c":1e999}}', "range"),
        (b'{"t":1e300,"v":{"room_temp_c":1}}', "wrong_type"),
        (b'{"cmd":"reboot"}', "not_telemetry"),
        (b'{"cmd":1,"v":{"room_temp_c":1}}', "not_telemetry"),
        (b'{"t":1}', "not_telemetry"),
        (b'{"batch":[]}', "not_telemetry"),
        (b'{"t":1,"id":"S9","v":{"room_temp_c":1}}', "topic_mismatch"),
        (b'{"t":1,"v":{"room_temp_c":1},"pad":"' + b"x" * 300_000 + b'"}', "too_big"),
    ],
)
def test_bad_input_is_rejected_with_its_reason_and_harms_no_neighbour(payload: bytes, reason: str) -> None:
    good = b'{"t":5,"v":{"room_temp_c":20}}'
    decoded = decode(good, payload, good)
    assert reasons(decoded) == {1: reason}
    assert decoded.message.tolist() == [0, 2]


def test_the_good_values_of_a_message_with_a_wrong_one_are_kept() -> None:
    decoded = decode(b'{"t":1,"v":{"room_temp_c":"warm","battery_v":3}}')
    assert decoded.samples.value.tolist() == [3.0]
    assert reasons(decoded) == {0: "wrong_type"}


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("heat/xl/room", b"{}", "bad_topic"),
        ("heat/xl/kitchen/S1/telemetry", b"{}", "bad_topic"),
        ("heat/xl/room/S1/command", b"{}", "not_telemetry"),
        ("heat/xl/room/S1/status", b"asleep", "wrong_type"),
    ],
)
def test_topics_that_carry_no_readings_are_told(topic: str, payload: bytes, reason: str) -> None:
    assert reasons(NativeDecoder().decode([RawMessage(topic, payload, NOW_MS)])) == {0: reason}


def test_the_link_state_is_a_point_and_a_kept_one_is_uncertain_in_time() -> None:
    topic = "heat/xl/station/ST1/status"
    decoded = NativeDecoder().decode(
        [RawMessage(topic, b"online", NOW_MS), RawMessage(topic, b"offline", NOW_MS, 0, 0, True)]
    )
    rows = [(s.point, s.value, s.quality) for s in decoded.samples.to_samples()]
    assert rows == [("gateway_online", 1.0, 0), ("gateway_online", 0.0, Quality.UNCERTAIN_TIME)]


THIEVES = [
    b'{"t":1,"v":{"room_temp_c":66}},{"t":1,"v":{"room_temp_c":67}},{"t":1,"v":{"room_temp_c":68}}',
    b'{"batch":[{"t":1,"v":{"room_temp_c":69}}',
    b'{"t":5,"v":{"room_temp_c":20}}',
    b'{"t":1,"v":{"room_temp_c":70}}]}',
]


def test_payloads_that_swallow_a_neighbour_cannot_speak_for_it() -> None:
    decoded = decode(*THIEVES)
    assert [(s.ref.object_id, s.value) for s in decoded.samples.to_samples()] == [("S2", 20.0)]
    assert sorted(reasons(decoded)) == [0, 1, 3]


@given(st.lists(st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)), max_size=8))
@settings(max_examples=examples(300), deadline=None)
def test_noise_never_raises_and_every_message_is_accounted_for(payloads: list[bytes]) -> None:
    decoded = decode(*payloads)
    touched = set(decoded.message.tolist()) | {item.message for item in decoded.rejections}
    assert touched == set(range(len(payloads)))


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["t", "v", "q", "batch", "room_temp_c", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values)
@settings(max_examples=examples(300), deadline=None)
def test_any_json_is_accounted_for_and_harms_no_neighbour(value: object) -> None:
    decoded = decode(b'{"t":5,"v":{"room_temp_c":20}}', json.dumps(value).encode())
    assert decoded.samples.to_samples()[0].value == 20.0
    assert 1 in set(decoded.message.tolist()) | {item.message for item in decoded.rejections}


def test_large_malformed_input_ends_quickly() -> None:
    many_names = b",".join(b'"p%d":1' % number for number in range(20_000))
    nasty = [
        b'{"batch":[' + b'{"t":"x"},' * 25_000 + b"1]}",
        b"[" * 262_000,
        b'{"v":{' + b'"a":1,' * 40_000,
        b'{"v":{' + many_names + b"}}",
    ]
    for payload in nasty:
        start_s = time.process_time()
        decoded = decode(payload)
        assert (
            time.process_time() - start_s < 0.05
        )  # the promise is 10 ms; the machine of the tests is shared
        assert decoded.rejections


def test_a_thousand_readings_share_one_decode() -> None:
    decoded = NativeDecoder().decode([reading(number % 7, 20.0, t=number) for number in range(1_000)])
    assert len(decoded.samples) == 1_000
    assert len(decoded.samples.objects) == 7
