"""CPU by stage of a running collector: the functions at the seams are timed on the clock of their own thread.

What lives here: which functions make a stage, and the wrapping, undone afterwards. What does not: the load
(`benchmarks.bench_pipeline`). A stage is entered once a batch, so that looking at the clock costs nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import thread_time_ns
from typing import Any

from collector.decoders.native.decoder import NativeDecoder
from collector.devices.device_gate import DeviceGate
from collector.intake import decoder_chain
from collector.intake.forwarder import Forwarder
from collector.intake.mqtt import batch_client
from collector.intake.mqtt.batch_client import BatchClient
from collector.intake.mqtt.source import MqttSource
from collector.intake.spool.spool import Spool

__all__ = ["STAGES", "StageTimes", "timed_stages"]

STAGES: dict[str, tuple[tuple[Any, str], ...]] = {
    "receive": ((BatchClient, "_receive"),),
    "cut": ((batch_client, "cut_frames"),),
    "queue": ((MqttSource, "_take_frames"), (MqttSource, "take")),
    "guard": ((DeviceGate, "_above"),),
    "decode": ((NativeDecoder, "decode"),),
    "validate": ((decoder_chain, "validate"), (decoder_chain, "_joined")),
    "spool": ((Spool, "commit"),),
    "acknowledge": (
        (MqttSource, "acknowledge"),
        (BatchClient, "flush_acknowledgements"),
        (BatchClient, "loop_write"),
    ),
    "forward": ((Forwarder, "forward_once"),),
}
"""Stage → the functions of it, none of which calls another one."""

StageTimes = dict[str, float]
"""Stage → CPU [s]."""


def _timed(function: Callable[..., Any], times: StageTimes, stage: str) -> Callable[..., Any]:
    def call(*arguments: Any, **words: Any) -> Any:
        start_ns = thread_time_ns()
        try:
            return function(*arguments, **words)
        finally:
            times[stage] += (thread_time_ns() - start_ns) / 1e9

    return call


@contextmanager
def timed_stages() -> Iterator[StageTimes]:
    """Time the stages of every collector of this process; yields the sums, which grow as it runs."""
    times = dict.fromkeys(STAGES, 0.0)
    former = [(owner, name, getattr(owner, name)) for parts in STAGES.values() for owner, name in parts]
    for stage, parts in STAGES.items():
        for owner, name in parts:
            setattr(owner, name, _timed(getattr(owner, name), times, stage))
    try:
        yield times
    finally:
        for owner, name, function in former:
            setattr(owner, name, function)
