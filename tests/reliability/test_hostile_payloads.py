"""No payload costs any decoder more than 10 ms, however it is made; the largest well-formed ones are bounded too.

What takes longer than that by the clock on the wall, on a machine that others use too, is measured again: processor
time of many runs, counted in units of a fixed piece of work done in turn with them. A machine under load does the work
and the decoder slower alike; many runs, because processor time is told in steps of milliseconds.
"""

import time

import orjson
import pytest

from collector.messages.decoded import Decoded
from heating.protocols import RawMessage
from tests.support.device_examples import EXAMPLES, Example
from tests.support.hostile_payloads import LIMIT_BYTES, hostile_payloads

pytestmark = pytest.mark.slow
MALFORMED_MS = 10.0
WELL_FORMED_MS = 120.0
"""256 kB of readings that are all to be stored: some thousands of them, and no sender sends many such messages."""
TRIES = 3
RUNS = 8
QUIET_WORK_MS = 4.0
"""The fixed work on the machine that the limits were set on (two shared cores of 2026), when it is quiet [ms]."""
WELL_FORMED = {
    ("native", 'many {{"v":{{"room_temp_c":{n}}}}}'),
    ("sparkplug_b", "metrics of one name"),
    ("sparkplug_b", "metrics at as many times"),
    ("sparkplug_b", "texts"),
}
_WORK = orjson.dumps({f"k{n}": [n, str(n), {"v": n / 7}] for n in range(6_000)})


def work() -> None:
    """Do the fixed work."""
    found = orjson.loads(_WORK)
    sum(len(name) + value[0] for name, value in found.items())


def decode(example: Example, payload: bytes) -> Decoded:
    """Return what a new decoder makes of a payload."""
    decoder = example.decoder(max_payload_bytes=LIMIT_BYTES)
    return decoder.decode([RawMessage(example.message.topic, payload, example.message.received_ms)])


def cost_ms(example: Example, payload: bytes) -> float:
    """Return what a decoder needs for a payload on a quiet machine, as a mean of many runs [ms]."""
    spent_s = work_s = 0.0
    for _run in range(RUNS):
        start_s = time.thread_time()
        decode(example, payload)
        between_s = time.thread_time()
        work()
        spent_s += between_s - start_s
        work_s += time.thread_time() - between_s
    return min(spent_s / RUNS * 1e3, spent_s / work_s * QUIET_WORK_MS)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.family)
def test_no_payload_costs_a_decoder_more_than_it_may(example: Example) -> None:
    slow: dict[str, float] = {}
    for what, payload in hostile_payloads(example):
        assert len(payload) <= LIMIT_BYTES, what
        limit_ms = WELL_FORMED_MS if (example.family, what) in WELL_FORMED else MALFORMED_MS
        start_s = time.perf_counter()
        decoded = decode(example, payload)
        wall_ms = (time.perf_counter() - start_s) * 1e3
        assert len(decoded.samples) or decoded.extras or decoded.rejections, what
        if wall_ms >= limit_ms:
            costs = (cost_ms(example, payload) for _try in range(TRIES))
            if all((worst := cost) >= limit_ms for cost in costs):
                slow[what] = worst
    assert slow == {}


def test_the_hostile_payloads_are_as_large_as_a_packet_may_be() -> None:
    for example in EXAMPLES:
        sizes = [len(payload) for _what, payload in hostile_payloads(example)]
        assert max(sizes) > 0.99 * LIMIT_BYTES
        assert sum(size > 200_000 for size in sizes) > 25
