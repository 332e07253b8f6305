"""Same seed, same bytes, in every process; one more fault changes what it reaches and no random number beside."""

import hashlib
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from config.sample_files import read_sample_file
from heating.intervals import to_epoch_ms
from heating.samples import SampleBatch
from simulators.city import City
from simulators.publishing.history import write_history
from simulators.scenario import Scenario
from tests.unit.simulators.cities import ORIGIN, run, small_city, small_site

SITE = small_site()
OWN = """
site: smoke
stations: 3
homes: 90
sensed_fraction: 0.5
spin_up: 1h
end: 2h
start: "2026-01-15T00:00:00+08:00"
faults: [{id: f, type: air_binding, target: st-001, onset: +10m}]
random_faults: {rate: 9000}
confounders: [{id: h, type: holiday, onset: +1h, duration: 1h}]
"""


def history(folder: Path, *faults: dict[str, object], seed: int = 1) -> SampleBatch:
    scenario = Scenario.model_validate(
        {"site": "smoke", "spin_up": "1h", "faults": faults, "history_room_interval": "5m"}
    )
    city = City(site=SITE, scenario=scenario, seed=seed, origin=ORIGIN, start=ORIGIN)
    city.spin_up()
    until = ORIGIN + timedelta(hours=4)
    write_history(city, until_ms=to_epoch_ms(until), folder=folder, after_step=lambda _c, _r: None)
    (file,) = folder.iterdir()
    return read_sample_file(file)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> SampleBatch:
    """Four hours without a fault."""
    return history(tmp_path_factory.mktemp("healthy"))


def rows(batch: SampleBatch, *, without: str = "") -> set[tuple[object, ...]]:
    keep = np.array([ref.object_id != without for ref in batch.objects])[batch.object_index]
    columns = (batch.object_index, batch.point, batch.measured_ms, batch.value)
    return set(zip(*(column[keep].tolist() for column in columns), strict=True))


def test_two_processes_write_the_same_files_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    sums = []
    for number in ("1", "2"):
        folder = tmp_path / number
        wishes = (
            f"--scenario {tmp_path / 'own.yaml'} --history-out {folder / 'h'} --truth {folder / 't'} --paired"
        )
        subprocess.run(
            [sys.executable, "-m", "simulators", *wishes.split()],
            check=True,
            capture_output=True,
            timeout=120,
            env={**os.environ, "PYTHONHASHSEED": number},
        )
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        sums.append([(str(f.relative_to(folder)), hashlib.sha256(f.read_bytes()).hexdigest()) for f in files])
    assert sums[0] == sums[1]
    assert len(sums[0]) >= 3
    assert (tmp_path / "1" / "t" / "faults.jsonl").read_text().count("\n") >= 1


def test_another_seed_gives_another_history(tmp_path: Path, healthy: SampleBatch) -> None:
    assert rows(history(tmp_path, seed=2)) != rows(healthy)


@pytest.mark.parametrize("kind", ["sensor_silent", "sensor_disorder", "sensor_clock_wrong"])
def test_a_fault_of_a_sensor_changes_nothing_that_another_device_says(
    tmp_path: Path, healthy: SampleBatch, kind: str
) -> None:
    broken = history(tmp_path, {"id": "f", "type": kind, "target": "rs-000003", "onset": "+1h"})
    assert rows(healthy, without="rs-000003") == rows(broken, without="rs-000003")


def test_a_silent_sensor_says_the_same_as_ever_before_and_after(tmp_path: Path, healthy: SampleBatch) -> None:
    fault = {"id": "f", "type": "sensor_silent", "target": "rs-000003", "onset": "+1h", "duration": "1h"}
    usual, broken = rows(healthy), rows(history(tmp_path, fault))
    gone = usual - broken
    assert broken < usual
    hours = {(int(str(row[2])) - to_epoch_ms(ORIGIN)) / 3_600_000 for row in gone}
    assert hours and min(hours) >= 1 and max(hours) <= 2


def test_the_order_in_which_faults_are_written_does_not_matter(tmp_path: Path) -> None:
    faults = [
        {"id": "a", "type": "pump_trip", "target": "st-001", "onset": "+30m", "duration": "1h"},
        {"id": "b", "type": "slow_leak", "target": "st-002", "onset": "+10m"},
        {"id": "c", "type": "household_valve_shut", "target": "h-000005", "onset": "+20m"},
    ]
    forth = history(tmp_path / "forth", *faults)
    back = history(tmp_path / "back", *reversed(faults))
    assert rows(forth) == rows(back)


def test_messages_of_a_healed_city_come_at_the_same_moments_as_ever() -> None:
    fault = {"id": "f", "type": "mains_loss", "target": "st-002", "onset": "+1m", "duration": "5m"}
    healthy, broken = (run(small_city(faults=faults), timedelta(minutes=20)) for faults in ([], [fault]))
    assert [m.topic for m in healthy] == [m.topic for m in broken]
