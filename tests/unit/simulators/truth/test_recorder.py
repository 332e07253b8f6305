"""A truth folder is whole: causes by home and hour, calls with reasons, the tree and the run itself."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import orjson
import pytest

from heating.intervals import from_epoch_ms, to_epoch_ms
from simulators.city import City
from simulators.fault_kinds import RootCause
from simulators.people.call_words import Call, CallReason, CallTopic, CallTruth
from simulators.scenario import Scenario
from simulators.truth.causes_file import CAUSES_FILE, CausesFile, true_temperatures
from simulators.truth.paired_run import PairedRun, without_faults
from simulators.truth.recorder import TruthRecorder
from simulators.truth.root_causes import CAUSES, HourOfTruth
from simulators.truth.run_file import RunFacts
from simulators.truth.ticket_truth import ticket_line
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


def call_of(reason: CallReason) -> CallTruth:
    call = Call("h-1", datetime(2026, 1, 15, 5, tzinfo=UTC), CallTopic.NO_HEAT, "家里不热", "No heat at home")
    return CallTruth(call=call, home=1, reason=reason, room_temp_c=14.2, chance_feels_cold=0.7, days_cold=0.5)


def hour_of(cause: RootCause, fault: int) -> HourOfTruth:
    codes = np.array([CAUSES.index(RootCause.NONE), CAUSES.index(cause)], np.uint8)
    cold = np.array([False, True])
    return HourOfTruth(0, np.array([20, 14], np.float32), cold, codes, np.array([-1, fault], np.int32))


def test_a_call_because_of_cold_names_cause_and_fault() -> None:
    line = ticket_line(call_of(CallReason.FELT_COLD), hour_of(RootCause.RISER, 0), ["blocked"])
    assert (line["household_id"], line["reason"], line["cause"], line["fault"]) == (
        "h-1",
        "felt_cold",
        "riser",
        "blocked",
    )
    assert orjson.loads(orjson.dumps(line, option=orjson.OPT_UTC_Z))["moment"] == "2026-01-15T05:00:00Z"


def test_a_call_about_something_else_names_no_fault() -> None:
    line = ticket_line(call_of(CallReason.UNRELATED), hour_of(RootCause.RISER, 0), ["blocked"])
    assert (line["cause"], line["fault"]) == ("riser", None)


def test_a_call_before_the_first_look_has_no_cause() -> None:
    assert ticket_line(call_of(CallReason.FELT_COLD), None, [])["cause"] is None


def test_many_rows_go_to_disk_and_come_out_whole(tmp_path: Path) -> None:
    homes = [f"h-{number:06d}" for number in range(60_000)]
    file = CausesFile(tmp_path, homes)
    n = len(homes)
    for hour in range(40):
        temps = np.full(n, 15 + hour / 10, np.float32)
        causes = np.full(n, CAUSES.index(RootCause.HOME), np.uint8)
        file.add(HourOfTruth(hour * 3_600_000, temps, temps < 18, causes, np.full(n, -1, np.int32)))
    assert file.close([]) == 40 * n
    assert [path.name for path in tmp_path.iterdir()] == [CAUSES_FILE]
    assert rows(tmp_path, "SELECT count(*), sum(cold::int), count(fault) FROM causes") == [
        (40 * n, 30 * n, 0)
    ]
    one = {("h-059999", from_epoch_ms(39 * 3_600_000))}
    assert list(true_temperatures(tmp_path, one).values()) == [pytest.approx(18.9, abs=0.006)]


def test_an_earlier_file_is_gone_when_a_run_begins_and_an_empty_one_can_be_read(tmp_path: Path) -> None:
    (tmp_path / CAUSES_FILE).write_bytes(b"old")
    file = CausesFile(tmp_path, ["h-1"])
    assert not (tmp_path / CAUSES_FILE).exists()
    assert file.close([]) == 0
    assert rows(tmp_path, "SELECT count(*) FROM causes") == [(0,)]
