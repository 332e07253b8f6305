"""Cutting received bytes into packets: whole, partial, malformed, random."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.intake.mqtt import frames as frames_module
from collector.intake.mqtt.frames import Cut, PublishFrame, cut_frames
from tests.support.examples import examples

LIMIT = 1_000_000


def length_field(value: int) -> bytes:
    parts = bytearray()
    while True:
        value, low = divmod(value, 128)
        parts.append(low | (128 if value else 0))
        if not value:
            return bytes(parts)


def publish(
    topic: bytes, payload: bytes, *, packet_id: int = 0, flags: int = 0, properties: bytes | None = None
) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic
    if packet_id:
        body += packet_id.to_bytes(2, "big")
        flags |= 2
    if properties is not None:
        body += length_field(len(properties)) + properties
    body += payload
    return bytes((0x30 | flags,)) + length_field(len(body)) + body


frames = st.tuples(
    st.binary(min_size=1, max_size=40),
    st.binary(max_size=400),
    st.integers(0, 65535),
    st.sampled_from([0, 1, 8, 9]),
)


@given(st.lists(frames, max_size=12), st.booleans(), st.binary(max_size=300))
@settings(max_examples=examples(200), deadline=None)
def test_what_was_packed_comes_out_again(
    parts: list[PublishFrame], version_5: bool, properties: bytes
) -> None:
    stream = b"".join(
        publish(
            topic, payload, packet_id=packet_id, flags=flags, properties=properties if version_5 else None
        )
        for topic, payload, packet_id, flags in parts
    )
    cut = cut_frames(stream, version_5=version_5, max_packet_bytes=LIMIT)
    expected = [(topic, payload, pid, flags | (2 if pid else 0)) for topic, payload, pid, flags in parts]
    assert cut.publishes == expected
    assert (cut.consumed, cut.error) == (len(stream), "")


@given(st.lists(frames, min_size=1, max_size=5), st.data())
@settings(max_examples=examples(200), deadline=None)
def test_a_stream_cut_anywhere_gives_the_same_packets_in_two_steps(
    parts: list[PublishFrame], data: st.DataObject
) -> None:
    stream = b"".join(
        publish(topic, payload, packet_id=pid, flags=flags) for topic, payload, pid, flags in parts
    )
    middle = data.draw(st.integers(0, len(stream)))
    first = cut_frames(stream[:middle], version_5=False, max_packet_bytes=LIMIT)
    rest = cut_frames(stream[first.consumed :], version_5=False, max_packet_bytes=LIMIT)
    expected = [(topic, payload, pid, flags | (2 if pid else 0)) for topic, payload, pid, flags in parts]
    assert first.publishes + rest.publishes == expected
    assert first.consumed + rest.consumed == len(stream)
    assert not first.needed or first.needed <= len(stream) - first.consumed


@given(st.binary(max_size=2_000), st.booleans())
@settings(max_examples=examples(500), deadline=None)
def test_random_bytes_never_raise_and_never_reach_beyond_the_buffer(noise: bytes, version_5: bool) -> None:
    cut = cut_frames(noise, version_5=version_5, max_packet_bytes=LIMIT)
    assert 0 <= cut.consumed <= len(noise)
    assert sum(len(topic) + len(payload) for topic, payload, _id, _flags in cut.publishes) <= len(noise)


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"\x30\x01\x00", "malformed PUBLISH"),
        (b"\x30\x02\x00\x09", "malformed PUBLISH"),
        (b"\x30\x02\x00\x00", "malformed PUBLISH"),
        (b"\x32\x05\x00\x01a\x00\x00", "malformed PUBLISH"),
        (b"\x36\x05\x00\x01a\x00\x01", "malformed PUBLISH"),
        (b"\x30\xff\xff\xff\xff\x01", "length field too long"),
        (b"\x90\xff\xff\xff\x7f", "packet of 268435455 bytes"),
    ],
)
def test_a_malformed_stream_is_told_after_the_good_packets(stream: bytes, reason: str) -> None:
    good = publish(b"a/b", b"1")
    cut = cut_frames(good + stream, version_5=False, max_packet_bytes=LIMIT)
    assert [frame[0] for frame in cut.publishes] == [b"a/b"]
    assert (cut.error, cut.consumed) == (reason, len(good))


def test_other_packets_are_handed_on_with_their_first_byte() -> None:
    cut = cut_frames(
        b"\xd0\x00" + publish(b"a", b"x") + b"\x90\x03\x00\x01\x01", version_5=False, max_packet_bytes=LIMIT
    )
    assert cut.controls == [(0xD0, b""), (0x90, b"\x00\x01\x01")]
    assert len(cut.publishes) == 1


def described(cut: Cut) -> tuple[object, ...]:
    return cut.publishes, cut.controls, cut.consumed, cut.needed, cut.error


@given(
    st.lists(frames, min_size=1, max_size=6),
    st.booleans(),
    st.sampled_from([b"", b"\x01\x01"]),
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255)), max_size=2),
    st.integers(0, 5_000),
    st.sampled_from([LIMIT, 60, 300]),
)
@settings(max_examples=examples(600), deadline=None)
def test_the_quick_way_cuts_as_the_thorough_one_whatever_is_damaged(
    parts: list[PublishFrame],
    version_5: bool,
    properties: bytes,
    damage: list[tuple[int, int]],
    end: int,
    limit: int,
) -> None:
    held = properties if version_5 else None
    whole = b"".join(
        publish(topic, payload, packet_id=pid, properties=held) for topic, payload, pid, _ in parts
    )
    stream = bytearray(whole)
    for place, byte in damage:
        stream[place % len(stream)] = byte
    cut_short = bytes(stream[: max(end, len(stream) // 2)])
    quick = cut_frames(cut_short, version_5=version_5, max_packet_bytes=limit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames_module, "_usual_frames", lambda _buffer, position, **_words: position)
        thorough = cut_frames(cut_short, version_5=version_5, max_packet_bytes=limit)
    assert described(quick) == described(thorough)
