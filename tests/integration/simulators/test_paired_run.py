"""A pair of cities says who is affected by a fault, and when it first shows."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import orjson
import pytest

from heating.intervals import to_epoch_ms
from simulators.city import City
from simulators.scenario import Scenario
from simulators.truth.paired_run import PairedRun, without_faults
from tests.unit.simulators.cities import ORIGIN, small_site

ORIGIN_MS = to_epoch_ms(ORIGIN)
SITE = small_site()


def city_of(scenario: Scenario) -> City:
    city = City(site=SITE, scenario=scenario, seed=1, origin=ORIGIN, start=ORIGIN)
    city.spin_up()
    return city


def pair(*faults: dict[str, object], hours: float, only: str | None = None) -> tuple[City, PairedRun]:
    scenario = Scenario.model_validate(
        {
            "site": "smoke",
            "home_step": "5m",
            "spin_up": "1h",
            "history_station_interval": "60s",
            "history_room_interval": "5m",
            "weather": {"day_of_year": 15},
            "faults": faults,
        }
    )
    city = city_of(scenario)
    run = PairedRun(city, city_of(without_faults(scenario, only=only)))
    for _ in range(int(hours * 60)):
        city.step(60.0)
        run.follow(city, list(city.reports()))
    return city, run


def fault(kind: str, **fields: object) -> dict[str, object]:
    return {"id": kind, "type": kind, "target": "st-002", "onset": "+30m", **fields}


def test_a_pump_trip_shows_at_the_next_report_and_cools_the_heated_homes_of_its_station() -> None:
    city, run = pair(fault("pump_trip", duration="2h"), hours=4)
    (truth,) = run.truths()
    assert truth.first_seen_ms is not None
    assert 0 <= truth.first_seen_ms - (ORIGIN_MS + 30 * 60_000) <= 120_000
    affected = truth.affected()
    assert set(city.layout.home_station[affected].tolist()) == {1}
    heated = np.flatnonzero((city.layout.home_station == 1) & ~city.layout.home_suspended)
    assert len(affected) > 0.7 * len(heated)


def test_a_shut_valve_affects_its_home_and_is_seen_when_the_home_has_cooled() -> None:
    city, run = pair(fault("household_valve_shut"), hours=5)
    (truth,) = run.truths()
    home = truth.occurrence.fault.place
    assert home in truth.affected()
    assert set(truth.affected().tolist()) <= {home, *city.layout.neighbours[:, home].tolist()}
    assert truth.first_seen_ms is not None
    assert truth.first_seen_ms > ORIGIN_MS + 31 * 60_000


def test_a_device_fault_affects_nobody(tmp_path: Path) -> None:
    _, run = pair(fault("sensor_silent"), hours=2)
    run.write(tmp_path)
    line = orjson.loads((tmp_path / "faults.jsonl").read_bytes())
    assert line["affected_households"] == []
    assert line["first_observable"] is not None


def test_a_fault_hidden_by_another_takes_the_estimate_of_the_catalogue(tmp_path: Path) -> None:
    trip = fault("pump_trip", onset="+30m", duration="90m")
    _, run = pair(trip, fault("gateway_silent", onset="+60m", duration="30m"), hours=2)
    run.write(tmp_path)
    lines = [orjson.loads(line) for line in (tmp_path / "faults.jsonl").read_bytes().splitlines()]
    assert [line["id"] for line in lines] == ["pump_trip", "gateway_silent"]
    assert lines[1]["first_observable"] == lines[1]["onset"]


def test_leaving_out_one_fault_measures_that_one_alone() -> None:
    elsewhere = fault("pump_trip", target="st-001", id="other")
    _, run = pair(fault("household_valve_shut"), elsewhere, hours=3, only="household_valve_shut")
    by_id = {truth.occurrence.fault.plan.id: truth for truth in run.truths()}
    assert len(by_id["household_valve_shut"].affected()) >= 1
    assert len(by_id["other"].affected()) == 0, "it is in both cities"


def test_cities_of_different_moments_are_no_pair() -> None:
    scenario = Scenario.model_validate({"site": "smoke", "spin_up": "0s"})
    city = city_of(scenario)
    later = City(site=SITE, scenario=scenario, seed=1, origin=ORIGIN, start=ORIGIN + timedelta(hours=1))
    with pytest.raises(ValueError, match="same moment"):
        PairedRun(city, later)
