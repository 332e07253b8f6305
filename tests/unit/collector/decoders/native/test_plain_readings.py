"""The fast way through plain readings gives what the slow way gives, message by message."""

import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.decoders.native.decoder import NativeDecoder
from collector.decoders.native.plain_readings import PlainReadings, plain_decoded
from collector.messages.decoded import Decoded, Rejection, SampleRows
from collector.messages.known_objects import KnownObjects
from collector.messages.validation import TimeLimits, validate
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.samples import ObjectRef, Sample
from tests.support.examples import examples
from tests.unit.collector.intake.fakes import NOW_MS

KNOWN = KnownObjects(
    {ObjectRef(Measurement.ROOM, f"S{number}"): "xl" for number in range(4)}
    | {ObjectRef(Measurement.STATION, "ST1"): ""}
)
TOPICS = [
    "heat/xl/room/S1/telemetry",
    "heat/xl/room/S2/telemetry",
    "heat/elsewhere/room/S2/telemetry",
    "heat/xl/room/S9/telemetry",
    "heat/xl/station/ST1/telemetry",
    "heat/xl/station/ST1/status",
    "heat/xl/room/S1/command",
    "heat/xl/kitchen/S1/telemetry",
]
NASTY = [
    b"",
    b"online",
    b"null",
    b"7",
    b"\xff",
    b'{"t":1,"v":{"room_temp_c":20}},7',
    b'{"batch":[{"t":1,"v":{"room_temp_c":20}}',
    b'{"t":1,"v":{"room_temp_c":20}}]}',
    b'{"t":1,"t":2,"v":{"room_temp_c":20,"room_temp_c":21}}',
    b'{"t":9223372036854775808,"v":{"room_temp_c":20}}',
    b'{"t":-99999999999999999999999999,"v":{"room_temp_c":20}}',
    b'{"t":1e12,"v":{"room_temp_c":20}}',
    b'{"t":1,"v":{"room_temp_c":1e999}}',
    b'{"t":1,"v":{"\xc3\xa9":1,"room_temp_c":-0.0}}',
    b' {"v" : {"room_temp_c" : true} , "t" : 5 } ',
]

times = st.one_of(
    st.integers(NOW_MS - 1000, NOW_MS),
    st.integers(),
    st.floats(),
    st.none(),
    st.booleans(),
    st.text(max_size=3),
)
values = st.dictionaries(
    st.sampled_from(["room_temp_c", "battery_v", "low_battery", "supply_temp_c", "pump_on", "zz", ""]),
    st.one_of(
        st.floats(allow_nan=False), st.integers(-50, 50), st.none(), st.booleans(), st.text(max_size=2)
    ),
    max_size=4,
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "t": times,
        "v": st.one_of(values, values, values, st.none()),
        "q": st.dictionaries(st.sampled_from(["room_temp_c", "zz"]), st.sampled_from(["bad", "good", "odd"])),
        "id": st.sampled_from(["S1", "S2", 3]),
        "cmd": st.none() | st.just("reboot"),
        "seq": st.integers(),
        "batch": st.lists(st.fixed_dictionaries({"t": st.integers(1, 5), "v": values}), max_size=2)
        | st.none(),
    },
)
plain = st.fixed_dictionaries(
    {"t": st.integers(NOW_MS - 3, NOW_MS), "v": st.just({"room_temp_c": 20.5, "battery_v": None})}
)
payloads = st.one_of(
    plain.map(lambda body: json.dumps(body).encode()),
    bodies.map(lambda body: json.dumps(body).encode()),
    st.sampled_from(NASTY),
    st.binary(max_size=12),
)
batches = st.lists(
    st.tuples(st.sampled_from(TOPICS), payloads, st.booleans()).map(
        lambda item: RawMessage(item[0], item[1], NOW_MS, retained=item[2])
    ),
    max_size=12,
)


extras: list[dict[str, object]] = [
    {},
    {"seq": 7},
    {"q": {"room_temp_c": "bad"}},
    {"q": {}},
    {"q": None},
    {"id": "S9"},
    {"id": None},
    {"cmd": "reboot"},
    {"cmd": None},
    {"batch": []},
    {"batch": None},
    {"t": None},
    {"t": 2**63},
    {"v": {}},
    {"v": {"room_temp_c": 20.5, "zz": 1}},
]
nearly_plain = st.lists(
    st.tuples(st.sampled_from(TOPICS[:3]), st.sampled_from(extras), plain).map(
        lambda item: RawMessage(item[0], json.dumps(item[2] | item[1]).encode(), NOW_MS)
    ),
    min_size=1,
    max_size=3,
)


class SlowDecoder(NativeDecoder):
    """Parses every message by itself, as an object without shortcuts, and adds its rows one by one."""

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        rows = SampleRows()
        senders = self._senders(messages)
        for place in self._telemetry_places(rows, messages, senders):
            sender = senders[place]
            assert sender is not None
            self._one(rows, place, messages[place], sender)
        return rows.finish()


def told(decoded: Decoded) -> tuple[list[tuple[Sample, int, int]], list[Rejection]]:
    """Everything that a decoding says in the order of the messages; NaN as a very large number, to be comparable."""
    order = np.argsort(decoded.message, kind="stable")
    reading = decoded.reading[order]
    number = np.cumsum(np.diff(reading, prepend=reading[:1]) != 0).tolist()
    samples = [
        sample._replace(value=float(np.nan_to_num(sample.value, nan=1e300)))
        for sample in decoded.samples.select(order).to_samples()
    ]
    rows = list(zip(samples, decoded.message[order].tolist(), number, strict=True))
    return rows, sorted(decoded.rejections, key=lambda item: item.message)


def one_by_one(messages: Sequence[RawMessage]) -> Decoded:
    return SlowDecoder().decode(messages)


@given(batches)
@settings(max_examples=examples(600), deadline=None)
def test_the_fast_way_says_what_the_slow_way_says(messages: list[RawMessage]) -> None:
    assert told(NativeDecoder().decode(messages)) == told(one_by_one(messages))


@given(nearly_plain)
@settings(max_examples=examples(300), deadline=None)
def test_one_word_more_than_a_plain_reading_has_is_not_overlooked(messages: list[RawMessage]) -> None:
    assert told(NativeDecoder().decode(messages)) == told(one_by_one(messages))


@given(batches)
@settings(max_examples=examples(300), deadline=None)
def test_both_ways_are_judged_alike(messages: list[RawMessage]) -> None:
    judged = [
        validate(decoder.decode(messages), known=KNOWN, limits=TimeLimits())
        for decoder in (NativeDecoder(), SlowDecoder())
    ]
    assert told(judged[0]) == told(judged[1])


@given(batches)
@settings(max_examples=examples(200), deadline=None)
def test_a_batch_says_what_its_messages_say_each_alone(messages: list[RawMessage]) -> None:
    whole, _rejections = told(NativeDecoder().decode(messages))
    alone = [row[0] for message in messages for row in told(NativeDecoder().decode([message]))[0]]
    assert [row[0] for row in whole] == alone


def test_a_mixed_batch_takes_the_fast_way_for_its_plain_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[list[int]] = []

    def spy(readings: PlainReadings, messages: Sequence[RawMessage]) -> Decoded:
        taken.append(readings.places)
        return plain_decoded(readings, messages)

    monkeypatch.setattr("collector.decoders.native.decoder.plain_decoded", spy)
    bodies = [
        b'{"t":1,"v":{"room_temp_c":1}}',
        b'{"v":{"room_temp_c":2}}',
        b"{",
        b'{"t":3,"v":{"room_temp_c":3}}',
    ]
    messages = [RawMessage(TOPICS[0], body, NOW_MS) for body in bodies]
    decoded = NativeDecoder().decode(messages)
    assert taken == [[0, 3]]
    assert decoded.samples.value.tolist() == [1.0, 2.0, 3.0]
    assert decoded.message.tolist() == [0, 1, 3]
    assert decoded.reading.tolist() == [0, 1, 2]


def test_a_time_that_no_computer_holds_is_refused_and_harms_no_neighbour() -> None:
    bodies = [b'{"t":5,"v":{"room_temp_c":20}}', b'{"t":%d,"v":{"room_temp_c":20}}' % 2**63]
    decoded = NativeDecoder().decode([RawMessage(TOPICS[0], body, NOW_MS) for body in bodies])
    assert decoded.message.tolist() == [0]
    assert [(item.message, item.reason.value) for item in decoded.rejections] == [(1, "wrong_type")]


def test_columns_have_the_types_of_a_batch() -> None:
    decoded = NativeDecoder().decode([RawMessage(TOPICS[0], b'{"t":5,"v":{"room_temp_c":20}}', NOW_MS)])
    samples = decoded.samples
    columns = (samples.object_index, samples.point, samples.measured_ms, samples.received_ms, samples.value)
    assert [str(column.dtype) for column in columns] == ["int32", "int16", "int64", "int64", "float64"]
    others = (samples.quality, decoded.message, decoded.reading)
    assert [str(column.dtype) for column in others] == ["uint8", "int32", "int32"]
