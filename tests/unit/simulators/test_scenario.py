"""Scenario files are read, or refused with the place and the remedy of every mistake."""

from datetime import timedelta
from pathlib import Path

import pytest

from heating.intervals import to_epoch_ms
from simulators.city_layout import lay_out
from simulators.fault_kinds import TargetKind
from simulators.faults.catalogue import CATALOGUE
from simulators.faults.planning import schedule_of
from simulators.random_streams import RandomStreams
from simulators.scenario import FaultType, Scenario, ScenarioError, load_scenario, shipped_scenarios
from simulators.scenario_site import has_own_size, site_of
from simulators.site.generator import generate_preset_site
from tests.unit.simulators.cities import ORIGIN


@pytest.mark.parametrize("name", shipped_scenarios())
def test_every_shipped_scenario_is_valid(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.random_faults or {fault.type for fault in scenario.faults} >= {
        FaultType.PUMP_TRIP,
        FaultType.MAINS_LOSS,
        FaultType.RISER_BLOCKED,
        FaultType.SENSOR_SILENT,
        FaultType.HOUSEHOLD_VALVE_SHUT,
    }


@pytest.mark.parametrize("name", ["smoke", "city", "season", "january"])
def test_every_target_of_a_shipped_scenario_is_there(name: str) -> None:
    scenario = load_scenario(name)
    site, _ = site_of(scenario, seed=scenario.seed, now=ORIGIN)
    schedule = schedule_of(
        scenario, lay_out(site), RandomStreams(1), live_ms=to_epoch_ms(ORIGIN), start_ms=to_epoch_ms(ORIGIN)
    )
    assert schedule.active(to_epoch_ms(ORIGIN) + 86_400_000)


def test_the_demo_shows_most_of_the_fault_library_within_two_days() -> None:
    scenario = load_scenario("city")
    kinds = {plan.type for plan in scenario.faults if plan.onset <= 48 * 3600}
    assert len(kinds) >= 30
    assert {CATALOGUE[kind].target for kind in kinds} == set(TargetKind)
    soon = [plan for plan in scenario.faults if 0 <= plan.onset <= 3 * 3600]
    assert len(soon) >= 10, "a newcomer waits three minutes at speed 60"


def test_the_season_lasts_from_october_to_april() -> None:
    season = load_scenario("season")
    assert season.start is not None
    end = season.end_after(season.start)
    assert end is not None and (end - season.start).days == 182
    assert season.random_faults is not None and len(season.confounders) >= 4


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


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (2, "site: smoke\nspeeed: 1"),
        (
            4,
            "site: smoke\nfaults:\n  - {id: a, type: pump_trip, target: st-001, onset: +1m}\n  - {id: b, type: fire, target: x, onset: +1m}",
        ),
        (3, "site: smoke\nweather:\n  shift_k: 99"),
        (2, "site: smoke\nend: 2026-04-15"),
        (2, "site: smoke\nstart: 2026-04-15T00:00:00"),
        (2, "site: smoke\nrandom_faults:\n  mix: {pump_trip: -1}"),
        (
            3,
            "site: smoke\nconfounders:\n  - {id: a, type: cold_snap, target: st-001, onset: 0s, duration: 1d}",
        ),
        (3, "site: smoke\nseed: 1\nseed: 2"),
        (1, "site: smoke\nstations: 100\nhomes: 500"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_a_remedy(tmp_path: Path, line: int, text: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(str(path))
    (said,) = str(caught.value).splitlines()
    assert said.startswith(f"{path}:{line}: "), said
    assert said.endswith(".") and said.count(". ") >= 1


def test_a_target_that_is_not_there_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        "site: smoke\nfaults:\n  - {id: a, type: pump_trip, target: st-999, onset: +1m}\n", encoding="utf-8"
    )
    scenario = load_scenario(str(path))
    layout = lay_out(site_of(scenario, seed=1, now=ORIGIN)[0])
    with pytest.raises(ScenarioError, match=r"bad\.yaml:3: fault 'a'.*st-999.*name a station"):
        schedule_of(scenario, layout, RandomStreams(1), live_ms=0, start_ms=0)


def test_a_scenario_may_have_a_size_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("site: smoke\nstations: 4\nhomes: 120\nsensed_fraction: 1.0\n", encoding="utf-8")
    scenario = load_scenario(str(path))
    site, _ = site_of(scenario, seed=1, now=ORIGIN)
    assert has_own_size(scenario) and not has_own_size(load_scenario("smoke"))
    assert len(site.stations) == 4 and len(site.households) == 120
    assert {a.household_id for a in site.assignments} == {h.household_id for h in site.households}


def test_a_preset_without_a_size_of_its_own_is_the_site_of_the_demo() -> None:
    assert site_of(load_scenario("smoke"), seed=3, now=ORIGIN) == generate_preset_site(
        "smoke", seed=3, now=ORIGIN
    )


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        ({"end": "5d"}, 5),
        ({"start": "2025-10-15T00:00:00+08:00", "end": "2025-10-25T00:00:00+08:00"}, 10),
        ({"end": (ORIGIN + timedelta(days=2)).isoformat()}, 2),
        ({}, None),
    ],
)
def test_an_end_is_a_length_or_moves_along_with_the_start(fields: dict[str, str], days: int | None) -> None:
    end = Scenario.model_validate({"site": "smoke", **fields}).end_after(ORIGIN)
    assert end == (None if days is None else ORIGIN + timedelta(days=days))


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(ScenarioError, match="shipped: city, january, league, season, smoke"):
        load_scenario("no-such-scenario")
