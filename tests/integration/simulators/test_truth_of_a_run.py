"""Hours of a paired city with its truth written: each home and hour has its cause, and the run can be read back."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from heating.intervals import from_epoch_ms, to_epoch_ms
from simulators.city import City
from simulators.fault_kinds import RootCause
from simulators.scenario import Scenario
from simulators.truth.causes_file import CAUSES_FILE, true_temperatures
from simulators.truth.paired_run import PairedRun, without_faults
from simulators.truth.recorder import TruthRecorder
from simulators.truth.run_file import RunFacts
from simulators.truth.topology import Topology
from tests.unit.simulators.cities import ORIGIN, small_site

SITE = small_site()
HOURS = 5
PLAN: dict[str, Any] = {
    "site": "smoke",
    "home_step": "5m",
    "spin_up": "2h",
    "weather": {"day_of_year": 15},
    "faults": [{"id": "trip", "type": "pump_trip", "target": "st-002", "onset": "+30m", "duration": "8h"}],
}


def city_of(scenario: Scenario) -> City:
    city = City(site=SITE, scenario=scenario, seed=1, origin=ORIGIN, start=ORIGIN)
    city.spin_up()
    return city


def facts() -> RunFacts:
    return RunFacts(scenario="made-up", seed=1, begin=ORIGIN, origin=ORIGIN, paired=True)


def record(folder: Path) -> City:
    """Run a paired city for some hours with its truth written."""
    scenario = Scenario.model_validate(PLAN)
    city, twin = city_of(scenario), city_of(without_faults(scenario))
    pair, recorder = PairedRun(city, twin), TruthRecorder(folder, city, facts())
    recorder.twin = twin
    for _ in range(HOURS * 60):
        city.step(60.0)
        reports = list(city.reports())
        pair.follow(city, reports)
        recorder.hear(city.take_calls())
        recorder.note(city, reports)
    pair.write(folder)
    recorder.close()
    return city


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, City]:
    folder = tmp_path_factory.mktemp("truth")
    return folder, record(folder)


def rows(folder: Path, what: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        path = str(folder / CAUSES_FILE).replace("'", "''")
        return connection.execute(what.replace("causes", f"read_parquet('{path}')")).fetchall()


def test_every_home_has_a_row_for_every_full_hour(recorded: tuple[Path, City]) -> None:
    folder, city = recorded
    homes = len(city.layout.home_key)
    (found,) = rows(folder, "SELECT count(*), count(DISTINCT household), count(DISTINCT hour) FROM causes")
    assert found == (HOURS * homes, homes, HOURS)
    (minutes,) = rows(folder, "SELECT max(epoch_ms(hour) % 3600000), min(epoch_ms(hour)) FROM causes")
    assert minutes == (0, to_epoch_ms(ORIGIN + timedelta(hours=1)))


def test_causes_are_words_of_the_interface_and_cold_is_below_18(recorded: tuple[Path, City]) -> None:
    folder, _ = recorded
    words = {word for (word,) in rows(folder, "SELECT DISTINCT cause FROM causes")}
    assert words <= {cause.value for cause in RootCause}
    assert rows(folder, "SELECT count(*) FROM causes WHERE cold <> (room_temp_c < 18)") in ([(0,)], [(1,)])
    assert rows(folder, "SELECT count(*) FROM causes WHERE cold AND cause = 'none'") == [(0,)]
    assert rows(folder, "SELECT count(*) FROM causes WHERE NOT cold AND cause NOT IN ('none', 'sensor')") == [
        (0,)
    ]


def test_homes_below_the_tripped_pump_are_put_down_to_their_station(recorded: tuple[Path, City]) -> None:
    folder, city = recorded
    found = rows(folder, "SELECT DISTINCT household, fault FROM causes WHERE cause = 'station'")
    assert len(found) > 3
    assert {fault for _, fault in found} == {"trip"}
    reach = {city.layout.home_station[city.layout.home_index[home]] for home, _ in found}
    assert reach == {1}


def test_the_last_hour_has_the_temperatures_of_the_city(recorded: tuple[Path, City]) -> None:
    folder, city = recorded
    hour = from_epoch_ms(city.now_ms)
    homes = [home.household_id for home in city.layout.site.households]
    found = true_temperatures(folder, {(home, hour) for home in homes})
    assert [found[home, hour] for home in homes] == pytest.approx(city.homes.air_c.tolist(), abs=0.006)
    assert true_temperatures(folder, {("nobody", hour)}) == {}


def test_the_run_and_the_tree_can_be_read_back(recorded: tuple[Path, City]) -> None:
    folder, city = recorded
    run = RunFacts.read(folder)
    assert (run.scenario, run.seed, run.paired, run.begin) == ("made-up", 1, True, ORIGIN)
    assert run.until == ORIGIN + timedelta(hours=HOURS)
    tree = Topology.read(folder)
    assert tree == Topology.of_layout(city.layout)
    assert tree.count("station") == 3
    assert tree.count("household") == 240
    sensor = city.layout.sensor_ids[0]
    levels = [level for level, _ in tree.path(("sensor", sensor))]
    assert levels == ["sensor", "household", "riser", "building", "station", "branch", "source"]


def test_the_same_run_gives_the_same_files(recorded: tuple[Path, City], tmp_path: Path) -> None:
    folder, _ = recorded
    record(tmp_path)
    for name in ("faults.jsonl", "tickets.jsonl", "topology.json", "run.json", CAUSES_FILE):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
