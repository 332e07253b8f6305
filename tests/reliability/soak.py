"""Soak: a collector under steady load with flat memory, descriptors and threads.

``python -m tests.reliability.soak [SECONDS] [MESSAGES_PER_S]`` runs by hand for 10 min at 2,000 msg/s on a Mosquitto of
its own; the gate runs a short version. What lives here: load and measuring. What does not: faults (`tests.integration`).
"""

import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.integration.collector.kill_rig import KillRig, Verdict
from tests.support.servers.mosquitto import start_mosquitto
from tests.support.waiting import wait_until

__all__ = ["SoakReport", "soak"]

FULL_S = 600.0
FULL_RATE = 2_000
TICK_S = 0.05


@dataclass(frozen=True, slots=True)
class Sample:
    """State of the collector's process at one moment."""

    memory_mb: float
    descriptors: int
    threads: int


@dataclass(frozen=True, slots=True)
class SoakReport:
    """What a soak found."""

    published: int
    verdict: Verdict
    first: Sample
    """After the first third, when caches are warm."""
    last: Sample
    cpu_pct: float
    """Mean use of one core by the collector [%]."""


def look(process: psutil.Process) -> Sample:
    """Return the state of a process."""
    return Sample(process.memory_info().rss / 1e6, process.num_fds(), process.num_threads())


def soak(folder: Path, *, port: int, duration_s: float, rate_per_s: int) -> SoakReport:
    """Publish at a steady rate to a collector child and watch it."""
    unthrottled = {"settings": {"device_rate_per_s": float(rate_per_s)}}  # few devices send all of it
    rig = KillRig(host="127.0.0.1", port=port, folder=folder, protocol="5", seed=51, options=unthrottled)
    rig.origin_ms -= 5 * 86_400_000  # the devices count seconds faster than time passes
    pause = threading.Event()
    try:
        rig.start_child()
        process = psutil.Process(rig.child_pid)
        begin_s, cpu = time.monotonic(), process.cpu_times()
        first: Sample | None = None
        while (gone_s := time.monotonic() - begin_s) < duration_s:
            due = int(gone_s * rate_per_s) - rig.handed
            if due > 0:
                rig.publish(due // 20 * 20)
            if first is None and gone_s > duration_s / 3:
                first = look(process)
            pause.wait(TICK_S)
        spent = process.cpu_times()
        cpu_s = spent.user + spent.system - cpu.user - cpu.system
        rig.settle()
        wait_until(lambda: not rig.judge(rig.spooled()).lost, 60, interval_s=1.0, what="nothing is missing")
        last = look(process)
        rig.end_child()
        assert first is not None
        return SoakReport(
            rig.handed, rig.judge(rig.stored()), first, last, 100.0 * cpu_s / (time.monotonic() - begin_s)
        )
    finally:
        rig.close()


def main() -> None:
    """Run by hand."""
    duration_s = float(sys.argv[1]) if len(sys.argv) > 1 else FULL_S
    rate = int(sys.argv[2]) if len(sys.argv) > 2 else FULL_RATE
    with tempfile.TemporaryDirectory() as name:
        broker = start_mosquitto(
            Path(name) / "broker", configuration="max_queued_messages 0\nmax_inflight_messages 0"
        )
        try:
            print(soak(Path(name), port=broker.port, duration_s=duration_s, rate_per_s=rate))
        finally:
            broker.stop()


if __name__ == "__main__":
    main()
