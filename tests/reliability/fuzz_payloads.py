"""Fuzzing the decoder chain in process: ``python -m tests.reliability.fuzz_payloads [COUNT] [SEED]``.

Payloads are well-formed readings damaged in one of several ways, or noise. Promises: nothing raises, every message
leaves a row or a rejection, no message takes 10 ms. The full run is a million payloads; the gate runs fewer.
"""

import json
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import structlog

from collector.decoders.native.decoder import NativeDecoder
from collector.intake.decoder_chain import DecoderChain
from collector.messages.known_objects import KnownObjects
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.samples import ObjectRef

__all__ = ["FuzzReport", "fuzz", "messages"]

FULL_RUN = 1_000_000
BATCH = 500
ORIGIN_MS = 1_796_000_000_000
ATOMS = (
    b"null", b"true", b"-0", b"1e999", b"-1e-999", b"9007199254740993", b'""', b'"\\ud800"', b"[]", b"{}", b"NaN",
    b'"2026-13-45T99:00:00Z"', b"[" * 200, b'{"v":' * 100, b"\xff\xfe", b"\x00", b"0x1F", b"18446744073709551616",
)  # fmt: skip


@dataclass(slots=True)
class FuzzReport:
    """What a run found."""

    payloads: int = 0
    stored: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    silent: int = 0
    """Messages that left neither row nor rejection."""
    failures: int = 0
    """Messages on which a decoder raised."""
    slowest_ms: float = 0.0
    """Longest time for one message, measured alone [ms]."""


def messages(count: int, seed: int) -> Iterator[RawMessage]:
    """Yield damaged messages."""
    source = random.Random(seed)
    for number in range(count):
        yield RawMessage(
            _topic(source, number), _payload(source, number), ORIGIN_MS + 500, number % 65_535 + 1
        )


def _topic(source: random.Random, number: int) -> str:
    if source.random() < 0.9:
        return f"heat/xl/room/S{number % 20}/telemetry"
    words = ["heat", "xl", "room", "S1", "status", "", "#", "中", "a" * 300, "telemetry", "\x00"]
    return "/".join(source.choices(words, k=source.randint(1, 7)))


def _payload(source: random.Random, number: int) -> bytes:
    reading = {
        "t": ORIGIN_MS + source.choice((0, number, -(10**9), 10**9, 10**15)),
        "seq": number,
        "v": {
            source.choice(("room_temp_c", "room_humidity_pct", "x", "中", "")): source.choice(
                (20.5, -1e30, None, True)
            )
        },
    }
    whole = {"batch": [reading] * source.randint(0, 5)} if source.random() < 0.2 else reading
    data = bytearray(json.dumps(whole).encode())
    match source.randrange(6):
        case 0:
            for _flip in range(source.randint(1, 6)):
                data[source.randrange(len(data))] = source.randrange(256)
        case 1:
            del data[source.randrange(len(data)) :]
        case 2:
            place = source.randrange(len(data))
            data[place:place] = source.choice(ATOMS)
        case 3:
            start = source.randrange(len(data))
            data[start : start + source.randint(1, 20)] = source.choice(ATOMS)
        case 4:
            return source.randbytes(source.randint(0, 200))
        case _:
            pass
    return bytes(data)


def fuzz(count: int, *, seed: int = 1) -> FuzzReport:
    """Run the chain over damaged messages."""
    known = KnownObjects({ObjectRef(Measurement.ROOM, f"S{number}"): "xl" for number in range(20)})
    chain = DecoderChain(routes=[("heat/#", NativeDecoder())], known=known)
    report = FuzzReport()
    source = messages(count, seed)
    while batch := list(islice(source, BATCH)):
        decoded = chain.read(batch)
        told = {*decoded.message.tolist(), *(item.message for item in decoded.rejections)}
        report.payloads += len(batch)
        report.silent += len(batch) - len(told)
        report.stored += len(set(decoded.message.tolist()))
        report.reasons.update(item.reason.value for item in decoded.rejections)
        _time_alone(chain, batch[len(told) % len(batch)], report)
    report.failures = chain.decoder_failures
    return report


def _time_alone(chain: DecoderChain, message: RawMessage, report: FuzzReport) -> None:
    start_s = time.thread_time()
    chain.read([message])
    report.slowest_ms = max(report.slowest_ms, (time.thread_time() - start_s) * 1e3)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    wanted = [int(word) for word in sys.argv[1:]]
    print(fuzz(wanted[0] if wanted else FULL_RUN, seed=wanted[1] if len(wanted) > 1 else 1))
