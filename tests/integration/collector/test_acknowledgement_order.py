"""What the kernel saw: every PUBACK leaves after the sync of the spool that came after its PUBLISH."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from collector.intake.mqtt.frames import cut_frames
from tests.integration.collector.kill_rig import KillRig
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.waiting import wait_until

MESSAGES = 60
_CALL = re.compile(r"^(?P<pid>\d+)\s+(?P<name>recvfrom|sendto|fdatasync|fsync)\((?P<rest>.*)$")
_RESUMED = re.compile(
    r"^(?P<pid>\d+)\s+<\.\.\. (?P<name>recvfrom|sendto|fdatasync|fsync) resumed>(?P<rest>.*)$"
)
_PATH = re.compile(r"<((?:\\x[0-9a-f]{2})+)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(slots=True)
class Reading:
    """What a trace tells."""

    acknowledged: list[int] = field(default_factory=list)
    too_early: list[int] = field(default_factory=list)
    syncs: int = 0


def octets(text: str) -> bytes:
    """Return the bytes of the first string of a call."""
    found = _TEXT.search(text)
    return _plain(found.group(1)) if found else b""


def _plain(coded: str) -> bytes:
    return bytes.fromhex(coded.replace("\\x", ""))


def read_trace(trace: Path) -> Reading:
    """Walk through a trace in order: a packet that is acknowledged must have come before the last finished sync."""
    result = Reading()
    received, unsafe, stream = b"", set(), False
    begun: dict[str, str] = {}
    for coded in trace.read_text().splitlines():
        line = _PATH.sub(lambda path: f"<{_plain(path[1]).decode(errors='replace')}>", coded)
        call, resumed = _CALL.match(line), _RESUMED.match(line)
        match = call or resumed
        if match is None:
            continue
        name, rest, pid = match["name"], match["rest"], match["pid"]
        if call and "<unfinished" in rest:
            begun[pid] = rest
            if name != "sendto":
                continue
        whole = rest if call else begun.pop(pid, "") + rest
        if name in ("fdatasync", "fsync") and ".sqlite3-wal" in whole and whole.rstrip().endswith("= 0"):
            result.syncs += 1
            unsafe.clear()
        elif name == "recvfrom" and octets(whole).strip(b"\0"):  # else: the wake-up of the network thread
            stream = True
            received += octets(whole)
            cut = cut_frames(received, version_5=True, max_packet_bytes=1 << 20)
            received = received[cut.consumed :]
            unsafe.update(frame[2] for frame in cut.publishes if frame[2])
        elif name == "sendto" and stream and call:
            data = octets(rest)
            for place in range(0, len(data), 4) if data[:1] == b"\x40" else ():
                packet_id = int.from_bytes(data[place + 2 : place + 4], "big")
                result.acknowledged.append(packet_id)
                if packet_id in unsafe:
                    result.too_early.append(packet_id)
    return result


@pytest.mark.mosquitto
@pytest.mark.slow
@pytest.mark.parametrize("sabotage", ["", "acknowledge_first"], ids=["as it is", "negative control"])
def test_every_acknowledgement_leaves_after_the_sync_that_keeps_its_message(
    mosquitto_factory: Callable[..., MosquittoBroker], tmp_path: Path, sabotage: str
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    broker = mosquitto_factory()
    rig = KillRig(host=broker.host, port=broker.port, folder=tmp_path, protocol="5", seed=41)
    rig.sabotage = sabotage
    trace = tmp_path / "trace"
    calls = "trace=recvfrom,sendto,fdatasync,fsync"
    rig.prefix = ["strace", "-f", "-y", "-xx", "-s", "70000", "-e", calls, "-o", str(trace), "--"]
    try:
        rig.start_child()
        for number in range(MESSAGES):
            rig.publish(1)
            wait_until(lambda done=number: sum(rig.spooled().values()) > done, 20, interval_s=0.01)
        rig.end_child()
        seen = read_trace(trace)
        assert len(seen.acknowledged) == MESSAGES
        assert seen.syncs > 0
        assert bool(seen.too_early) == bool(sabotage), seen
    finally:
        rig.close()
