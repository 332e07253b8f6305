"""Time of the costliest hostile payload of each family, against a fixed piece of work done in turn with it.

How much work a payload may cause is held by a test that counts it (`tests/reliability/test_hostile_payloads.py`); what
a count cannot see is the time inside C: parsers, regular expressions.
"""

import time
from statistics import median

import orjson

from benchmarks.harness import Goal, Reference, Result
from heating.protocols import RawMessage
from tests.support.device_examples import EXAMPLES, Example
from tests.support.hostile_payloads import LIMIT_BYTES, WELL_FORMED, hostile_payloads

MALFORMED_RATIO, WELL_FORMED_RATIO = 2.5, 30.0
"""10 and 120 ms on the machine that the fixed work takes 4 ms on (two shared cores of 2026), when it is quiet."""
RUNS = 9
LOOKED_AT_AGAIN = 5
"""Payloads of each kind that are measured again after one run of all."""
_WORK = orjson.dumps({f"k{n}": [n, str(n), {"v": n / 7}] for n in range(6_000)})


def fixed_work() -> None:
    """Do the work that the payloads are compared with."""
    found = orjson.loads(_WORK)
    sum(len(name) + value[0] for name, value in found.items())


def cost_ms(example: Example, payload: bytes, *, runs: int) -> tuple[float, float]:
    """Return the processor time of a payload and of the fixed work, as medians of some runs [ms]."""
    message = RawMessage(example.message.topic, payload, example.message.received_ms)
    costs: list[tuple[float, float]] = []
    for _run in range(runs):
        decoder = example.decoder(max_payload_bytes=LIMIT_BYTES)
        start_s = time.thread_time()
        decoder.decode([message])
        between_s = time.thread_time()
        fixed_work()
        costs.append((between_s - start_s, time.thread_time() - between_s))
    return median(cost for cost, _work in costs) * 1e3, median(work for _cost, work in costs) * 1e3


def run() -> list[Result]:
    """Measure every payload of every family; report the worst malformed and the worst well-formed one."""
    once: dict[bool, list[tuple[float, str, Example, bytes]]] = {False: [], True: []}
    for example in EXAMPLES:
        for what, payload in hostile_payloads(example):
            spent_ms, _work_ms = cost_ms(example, payload, runs=1)
            once[(example.family, what) in WELL_FORMED].append((spent_ms, what, example, payload))
    results = []
    for well_formed, name, limit in (
        (False, "hostile.worst_malformed_payload", MALFORMED_RATIO),
        (True, "hostile.worst_well_formed_payload", WELL_FORMED_RATIO),
    ):
        worst = sorted(once[well_formed], key=lambda entry: entry[0])[-LOOKED_AT_AGAIN:]
        spent_ms, work_ms, what = max(
            (*cost_ms(example, payload, runs=RUNS), f"{example.family}, {what}")
            for _spent_ms, what, example, payload in worst
        )
        results.append(
            Result(
                name=name,
                value=spent_ms,
                unit="ms",
                reference=Reference(name=f"the fixed work ({what})", value=work_ms),
                goal=Goal(ratio_at_most=limit),
            )
        )
    return results
