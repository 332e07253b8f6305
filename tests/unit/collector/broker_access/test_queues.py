"""The queues of generated broker files are as long as the registry's load over the hours that a collector may be away."""

from dataclasses import replace
from pathlib import Path

import pytest

from collector.broker_access.files import BrokerPlace, mosquitto_configuration, nats_configuration
from collector.broker_access.queues import MOSQUITTO_OVERHEAD_BYTES, queue_for
from heating.assets import Sensor, Site
from tests.support.small_site import small_site

LEAGUE = replace(small_site(), sensors=tuple(Sensor(sensor_id=f"R{n}", interval_s=1.0) for n in range(1_772)))


def test_a_league_away_for_twelve_hours_needs_tens_of_millions_and_says_how_much_memory() -> None:
    queue = queue_for(LEAGUE, away_hours=12)
    assert queue.messages >= 1_772 * 12 * 3600
    assert queue.memory_bytes == queue.bytes + queue.messages * MOSQUITTO_OVERHEAD_BYTES
    assert queue_for(LEAGUE, away_hours=6).messages == pytest.approx(queue.messages / 2, abs=1)
    assert queue_for(Site(), away_hours=1).messages == 100_000


@pytest.mark.parametrize("plugin", [None, Path("/usr/lib/mosquitto_persist_sqlite.so")])
def test_mosquittos_files_carry_the_queue_and_keep_it_one_way_only(plugin: Path | None) -> None:
    queue = queue_for(LEAGUE, away_hours=12)
    place = BrokerPlace(folder=Path("/x"), queue=queue, sqlite_plugin=plugin)
    lines = mosquitto_configuration(place, certificates=True).splitlines()
    assert f"max_queued_messages {queue.messages}" in lines
    assert "max_queued_bytes 0" in lines  # a larger number than Mosquitto reads
    by_plugin = [line for line in lines if line.startswith(("global_plugin", "plugin_opt"))]
    by_plugin_wanted = [
        "global_plugin /usr/lib/mosquitto_persist_sqlite.so",
        "plugin_opt_flush_period 0",
        "plugin_opt_sync full",
    ]
    assert by_plugin == ([] if plugin is None else by_plugin_wanted)
    # Mosquitto 2.1 refuses to start with both.
    assert ("persistence true" in lines) == (plugin is None)


def test_nats_gets_the_disk_for_it() -> None:
    queue = queue_for(LEAGUE, away_hours=12)
    text = nats_configuration(BrokerPlace(folder=Path("/x"), queue=queue), [], [])
    assert f"max_file: {queue.disk_gb}GB" in text
    assert queue.disk_gb * 1_000_000_000 >= 2 * queue.memory_bytes
