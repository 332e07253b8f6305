"""The laws of every family of indoor sensors: never raise, leave a trace of each message, keep columns in step."""

import json
from collections.abc import Callable

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.decoders.families import build_decoder
from collector.decoders.foreign import Hints
from collector.messages.decoded import Decoded
from heating.protocols import RawMessage
from tests.support.decoding import RECEIVED_MS
from tests.support.examples import examples

EUI = "24e124136b502217"
ENVELOPE = {"deviceInfo": {"devEui": EUI}, "end_device_ids": {"device_id": "d", "dev_eui": EUI}}
SEEDS: dict[str, tuple[str, bytes]] = {
    "chirpstack_v4": (
        f"application/1/device/{EUI}/event/up",
        json.dumps(
            ENVELOPE | {"time": "2026-01-15T00:00:00Z", "fPort": 85, "data": "AXVcA2c0AQRoZQ=="}
        ).encode(),
    ),
    "ttn_v3": (
        "v3/a@t/devices/d/up",
        json.dumps(ENVELOPE | {"uplink_message": {"f_port": 85, "frm_payload": "AXVcA2c0AQRoZQ=="}}).encode(),
    ),
    "lorawan_codec": (f"lora/{EUI}/up/85", bytes.fromhex("01755C03673401046865")),
    "senml": ("senml/g", b'[{"bn":"urn:x:","bt":1768435200,"n":"temp","u":"Cel","v":21},{"n":"e","s":1}]'),
    "zigbee2mqtt": (
        "zigbee2mqtt/k",
        b'{"temperature":21,"voltage":2985,"last_seen":1768435200123,"a":{"b":[1]}}',
    ),
    "tasmota": ("tele/t/SENSOR", b'{"Time":"2026-01-15T08:05:00","A":{"Temperature":1},"TempUnit":"F"}'),
    "homie4": ("homie/d/room/temperature", b"21.5"),
}
HINTS = [
    Hints(codec=name)
    for name in (
        "elsys",
        "milesight",
        "lht65",
        "lht52",
        "decentlab",
        "dl-iam",
        "vicki",
        "mclimate ht",
        "mclimate",
    )
]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=6)
            | st.sampled_from(
                [
                    "temperature",
                    "v",
                    "n",
                    "bn",
                    "t",
                    "bt",
                    "s",
                    "time",
                    "object",
                    "data",
                    "Time",
                    "last_seen",
                    "voltage",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


def traces(decoded: Decoded) -> set[int]:
    """Return the places of the messages of which something is told."""
    told = {*decoded.message.tolist(), *(item.message for item in decoded.extras)}
    return told | {item.message for item in decoded.rejections}


def judge(family: str, topic: str, payload: bytes, hints: Hints | None = None) -> Decoded:
    """Decode the message beside a good one, at places 0 and 1, and hold the laws of what any decoder returns."""
    decoder = build_decoder(family, max_payload_bytes=4096, hints=hints)
    seed_topic, seed = SEEDS[family]
    decoded = decoder.decode(
        [RawMessage(topic, payload, RECEIVED_MS), RawMessage(seed_topic, seed, RECEIVED_MS)]
    )
    assert traces(decoded) == {0, 1}, "a message left no trace"
    assert len(decoded.message) == len(decoded.reading) == len(decoded.samples)
    assert all(len(item.detail) <= 500 for item in decoded.rejections)
    json.dumps([item.value for item in decoded.extras], allow_nan=False)
    return decoded


@pytest.mark.parametrize("family", sorted(SEEDS))
def test_the_seed_is_a_reading(family: str) -> None:
    topic, payload = SEEDS[family]
    decoded = judge(family, topic, payload)
    assert set(decoded.message.tolist()) == {0, 1} and not decoded.rejections


@pytest.mark.parametrize("family", sorted(SEEDS))
@settings(max_examples=examples(60), deadline=None)
@given(payload=st.binary(max_size=300))
def test_any_bytes_leave_a_trace(family: str, payload: bytes) -> None:
    assert traces(judge(family, SEEDS[family][0], payload)) == {0, 1}


@pytest.mark.parametrize("family", sorted(SEEDS))
@settings(max_examples=examples(60), deadline=None)
@given(place=st.integers(0, 400), junk=st.binary(max_size=4), cut=st.integers(0, 10))
def test_a_damaged_message_leaves_a_trace(family: str, place: int, junk: bytes, cut: int) -> None:
    topic, seed = SEEDS[family]
    assert traces(judge(family, topic, seed[:place] + junk + seed[place + cut :])) == {0, 1}


@pytest.mark.parametrize("family", sorted(set(SEEDS) - {"lorawan_codec", "homie4"}))
@settings(max_examples=examples(60), deadline=None)
@given(tree=TREES)
def test_any_json_leaves_a_trace(family: str, tree: object) -> None:
    for body in (tree, [tree], ENVELOPE | {"object": tree, "uplink_message": {"decoded_payload": tree}}):
        assert traces(judge(family, SEEDS[family][0], json.dumps(body).encode())) == {0, 1}


@settings(max_examples=examples(60), deadline=None)
@given(tree=TREES, label=st.integers(-7, 9))
def test_any_cbor_leaves_a_trace(tree: object, label: int) -> None:
    body = cbor2.dumps([{label: tree, 0: "urn:x:temp", 2: 1}, tree])
    assert traces(judge("senml", "s", body)) == {0, 1}


@pytest.mark.parametrize("hints", HINTS, ids=lambda hints: str(hints.codec))
@settings(max_examples=examples(80), deadline=None)
@given(payload=st.binary(max_size=60), port=st.sampled_from([None, 1, 2, 3, 4, 5, 6, 85]))
def test_any_frame_of_any_codec_leaves_a_trace(hints: Hints, payload: bytes, port: int | None) -> None:
    topic = "lora/x" if port is None else f"lora/x/{port}"
    decoder = build_decoder("lorawan_codec", max_payload_bytes=4096, hints=hints)
    decoded = decoder.decode([RawMessage(topic, payload, RECEIVED_MS)])
    assert len(decoded.samples) or decoded.extras or decoded.rejections


@pytest.mark.parametrize("family", sorted(SEEDS))
@settings(max_examples=examples(40), deadline=None)
@given(topic=st.text(max_size=40) | st.from_regex(r"[a-z/]{0,12}(/[a-z0-9$]{0,4}){0,7}", fullmatch=True))
def test_any_topic_leaves_a_trace(family: str, topic: str) -> None:
    judge(family, topic, SEEDS[family][1])


NASTY: list[Callable[[], bytes]] = [
    lambda: b"[" * 4000,
    lambda: b'{"a":' * 500 + b"1" + b"}" * 500,
    lambda: b"[" + b'{"n":"temp","v":1},' * 190 + b'{"n":"temp","v":1}]',
    lambda: b'{"temperature":' + b"9" * 4000 + b"}",
    lambda: b'{"temperature":1e99999}',
    lambda: b'{"voltage":' + b"9" * 400 + b',"last_seen":' + b"9" * 400 + b"}",
    lambda: b'[{"n":"temp","bt":1e308,"t":1e308,"v":1},{"n":"temp","bt":-1e300,"v":1}]',
    lambda: b'[{"n":"temp","bv":1e308,"v":1e308},{"n":"temp","v":' + b"9" * 400 + b"}]",
    lambda: b'{"temperature":1,"temperature":2}',
    lambda: ("{" + ",".join(f'"t{place}":{place}' for place in range(400)) + "}").encode(),
    lambda: b"\x00" * 4096,
    lambda: b"\xef\xbb\xbf{}",
    lambda: b"x" * 5000,
]


@pytest.mark.parametrize("family", sorted(SEEDS))
@pytest.mark.parametrize("nasty", NASTY)
def test_nasty_payloads_leave_a_trace(family: str, nasty: Callable[[], bytes]) -> None:
    judge(family, SEEDS[family][0], nasty())
