"""Scenario files are read, or refused with the place and the remedy of every mistake."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from config.site_generator import generate_preset_site
from simulators.city import City
from simulators.scenario import SCENARIOS_DIR, FaultType, ScenarioError, load_scenario


@pytest.mark.parametrize("name", sorted(file.stem for file in SCENARIOS_DIR.glob("*.yaml")))
def test_every_shipped_scenario_is_valid(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert {fault.type for fault in scenario.faults} >= {
        FaultType.PUMP_TRIP,
        FaultType.MAINS_LOSS,
        FaultType.RISER_BLOCKED,
        FaultType.SENSOR_SILENT,
        FaultType.HOUSEHOLD_VALVE_SHUT,
    }


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("site: [", "not valid YAML"),
        ("- 1", "mapping"),
        ("site: moon", "there are smoke, city, league"),
        ("site: smoke\nspeeed: 1", "speeed"),
        ("site: smoke\nfaults: [{id: a, type: fire, target: st-001, onset: +1m}]", "faults.0.type"),
        ("site: smoke\nfaults: [{id: a, type: pump_trip, target: st-001, onset: soon}]", "such as 90s"),
        (
            "site: smoke\nfaults: [{id: a, type: pump_trip, target: st-001, onset: 1m, duration: 2h, repeat: 1h}]",
            "shorter than repeat",
        ),
        (
            "site: smoke\nfaults:\n"
            "  - {id: a, type: pump_trip, target: st-001, onset: 1m}\n"
            "  - {id: a, type: mains_loss, target: st-001, onset: 1m}\n",
            "must differ",
        ),
    ],
)
def test_a_bad_file_is_refused_with_its_mistake(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=complaint) as caught:
        load_scenario(str(path))
    assert "bad.yaml" in str(caught.value)


def test_all_mistakes_of_a_file_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("site: smoke\nhome_step: 1s\nspin_up: later\nweather: {shift_k: 99}\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(str(path))
    assert all(word in str(caught.value) for word in ("home_step", "spin_up", "weather.shift_k"))


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(ScenarioError, match="shipped: city, league, smoke"):
        load_scenario("no-such-scenario")


def test_smoke_shows_two_outages_within_ninety_seconds_and_cold_homes_from_the_start() -> None:
    origin = datetime(2026, 11, 21, 12, tzinfo=UTC)
    scenario = load_scenario("smoke")
    site, _ = generate_preset_site("smoke", seed=1, now=origin)
    city = City(site=site, scenario=scenario, seed=1, origin=origin, start=origin)
    city.spin_up()
    city.go_live(origin)
    seconds = {"no mains": 0, "no pump": 0}
    for _ in range(90):
        city.step(1.0)
        seconds["no mains"] += int((~city.stations.mains_ok).any())
        still = city.stations.flow_m3_per_h < 0.04 * city.stations.parameters.flow_design_m3_per_h
        seconds["no pump"] += int((city.stations.pump_fault & still).any())
    assert seconds["no mains"] >= 30 and seconds["no pump"] >= 75
    blocked = next(f for f in city.faults.active(city.now_ms) if f.fault.plan.id == "riser-blocked")
    assert np.median(city.homes.air_c[list(blocked.fault.homes)]) < 17
