"""Two collectors in one group: the broker deals the messages out; a killed one's slot is taken over elsewhere."""

from collections.abc import Callable
from pathlib import Path

import pytest

from collector.intake.spool.spool_files import find_files
from tests.integration.collector.kill_rig import KillRig, Verdict
from tests.support.servers.influxdb import InfluxdbServer
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.waiting import wait_until


def slot(rig: KillRig, name: str, *, spool: str) -> KillRig:
    """Return a rig for one more collector on the broker, the folder and the oracle of another."""
    options = {**rig.options, "client_id": f"slot-{name}", "spool": spool}
    made = KillRig(host=rig.host, port=rig.port, folder=rig.folder, protocol="5", seed=100 + ord(name))
    made.options = options
    made.published, made.origin_ms = rig.published, rig.origin_ms
    return made


@pytest.mark.mosquitto
@pytest.mark.influxdb
@pytest.mark.slow
def test_a_group_shares_the_load_and_a_killed_slot_is_taken_over_by_another_process(
    mosquitto_factory: Callable[..., MosquittoBroker],
    influxdb_factory: Callable[..., InfluxdbServer],
    tmp_path: Path,
) -> None:
    broker = mosquitto_factory(configuration="max_queued_messages 0\nmax_inflight_messages 0")
    store = influxdb_factory()
    store.create_database("nuanliu")
    rig = KillRig(host=broker.host, port=broker.port, folder=tmp_path, protocol="5", seed=31)
    rig.options = {
        "timeseries": {"url": f"influxdb://{store.host}:{store.port}"},
        "mqtt": {"share_group": "nuanliu"},
    }
    slots = [slot(rig, "a", spool="spool-a"), slot(rig, "b", spool="spool-b")]
    successor = slot(rig, "a", spool="spool-c")
    try:
        for member in slots:
            member.start_child()
        rig.publish(2_000)
        rig.settle()
        wait_until(lambda: not rig.judge(rig.stored()).lost, 30, interval_s=0.3)
        rig.publish(2_000)
        slots[0].kill_child()
        rig.publish(2_000)
        rig.settle()
        slots[0].start_child()  # its own spool is forwarded by whoever starts on that disk again,
        slots[0].end_child()  # and an end in order waits until the store has it
        successor.start_child()
        rig.publish(2_000)
        rig.settle()
        wait_until(lambda: not rig.judge(rig.stored()).lost, 40, interval_s=0.3, what="nothing is missing")
        accepted = [slots[1].end_child()["accepted"], successor.end_child()["accepted"]]
        assert rig.judge(rig.stored()) == Verdict(lost=0, doubled=0, invented=0)
        assert min(accepted) > 500
        assert all(find_files(tmp_path / folder)[0] for folder in ("spool-a", "spool-b", "spool-c"))
    finally:
        for member in (*slots, successor, rig):
            member.close()
