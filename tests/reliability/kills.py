"""A hundred kill -9 of a real collector while 100,000 messages come in: nothing accepted is lost, nothing is doubled.

``python -m tests.reliability.kills [KILLS] [MESSAGES] [nats|mosquitto]`` runs by hand (about 6 min on the embedded
broker); the gate runs 20 kills with 20,000 messages (`tests/integration/collector/test_kill_collector.py`).
"""

import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.integration.collector.kill_rig import KillRig, Verdict, run_under_fire
from tests.support.servers.mosquitto import start_mosquitto
from tests.support.servers.nats import start_nats

__all__: list[str] = []

FULL_KILLS = 100
FULL_MESSAGES = 100_000


def main() -> int:
    """Run and print the verdicts on spool and store; 1 when a message is missing, doubled or invented."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else FULL_KILLS
    messages = int(sys.argv[2]) if len(sys.argv) > 2 else FULL_MESSAGES
    embedded = len(sys.argv) <= 3 or sys.argv[3] == "nats"
    begin_s = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if embedded:
            broker = start_nats(folder / "broker")
        else:
            lines = "max_queued_messages 0\nmax_inflight_messages 0"
            broker = start_mosquitto(folder / "broker", configuration=lines)
        protocol = "3.1.1" if embedded else "5"
        rig = KillRig(
            host="127.0.0.1", port=broker.port, folder=folder, protocol=protocol, seed=100, untimed=True
        )
        rig.origin_ms -= 86_400_000  # the devices count seconds faster than time passes
        try:
            with closing(rig):
                run_under_fire(rig, kills=kills, messages=messages)
                spooled, stored = rig.judge(rig.spooled()), rig.judge(rig.stored())
                untimed = rig.judge_untimed(rig.untimed_spooled()), rig.judge_untimed(rig.untimed_stored())
        finally:
            broker.stop()
    print(f"{kills} kills, {rig.handed} messages, {time.monotonic() - begin_s:.0f} s")
    print(f"spool {spooled}\nstore {stored}\nwithout a time: spool {untimed[0]}\n  store {untimed[1]}")
    clean = all(verdict == Verdict(0, 0, 0) for verdict in (spooled, stored, *untimed))
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
