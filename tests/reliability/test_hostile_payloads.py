"""No payload makes a decoder do more work than it may, however it is made; the largest well-formed ones are bounded too.

Work is counted, not timed: calls of functions (Python's and those it calls in C) and bytes allocated at once. The same
payload gives the same count on every machine, busy or not. How long the work takes, the time inside C included, is measured by
``./run bench hostile``.
"""

import sys
import tracemalloc
from types import FrameType

import pytest

from heating.protocols import RawMessage
from tests.support.device_examples import EXAMPLES, Example
from tests.support.hostile_payloads import LIMIT_BYTES, WELL_FORMED, hostile_payloads

pytestmark = pytest.mark.slow
MALFORMED_CALLS = 100_000
"""A call costs about 0.1 µs on the machine of 2026: 10 ms."""
WELL_FORMED_CALLS = 700_000
"""256 kB of readings that are all to be stored: some thousands of them, and no sender sends many such messages."""
PEAK_BYTES = 40_000_000


def work(example: Example, payload: bytes) -> tuple[int, int]:
    """Return the calls that a new decoder makes for a payload, and the most bytes it holds; it must leave a trace."""
    message = RawMessage(example.message.topic, payload, example.message.received_ms)
    decoder = example.decoder(max_payload_bytes=LIMIT_BYTES)
    calls = 0

    def count(_frame: FrameType, event: str, _value: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        decoded = decoder.decode([message])
    finally:
        sys.setprofile(None)
    assert len(decoded.samples) or decoded.extras or decoded.rejections
    other = example.decoder(max_payload_bytes=LIMIT_BYTES)
    tracemalloc.start()
    try:
        other.decode([message])
        return calls, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.family)
def test_no_payload_makes_a_decoder_work_more_than_it_may(example: Example) -> None:
    above: dict[str, tuple[int, int]] = {}
    for what, payload in hostile_payloads(example):
        assert len(payload) <= LIMIT_BYTES, what
        limit = WELL_FORMED_CALLS if (example.family, what) in WELL_FORMED else MALFORMED_CALLS
        calls, peak_bytes = work(example, payload)
        if calls > limit or peak_bytes > PEAK_BYTES:
            above[what] = calls, peak_bytes
    assert above == {}


def test_the_same_payload_makes_the_same_calls_again() -> None:
    """Caches that are warm the second time save some."""
    example = next(one for one in EXAMPLES if one.family == "native")
    payload = dict(hostile_payloads(example))["words of quality"]
    first, again = work(example, payload)[0], work(example, payload)[0]
    assert 20_000 < again <= first < again + 50


def test_the_hostile_payloads_are_as_large_as_a_packet_may_be() -> None:
    for example in EXAMPLES:
        sizes = [len(payload) for _what, payload in hostile_payloads(example)]
        assert max(sizes) > 0.99 * LIMIT_BYTES
        assert sum(size > 200_000 for size in sizes) > 25
