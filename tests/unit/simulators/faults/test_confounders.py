"""Confounders act like faults, are listed apart from them, and break nothing."""

import numpy as np
import pytest

from heating.intervals import to_epoch_ms
from simulators.city_layout import CityLayout, lay_out
from simulators.faults.planning import cold_snaps_of, schedule_of
from simulators.random_streams import RandomStreams
from simulators.scenario import Scenario, ScenarioError
from tests.unit.simulators.cities import ORIGIN, small_site

ORIGIN_MS = to_epoch_ms(ORIGIN)
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def layout() -> CityLayout:
    return lay_out(small_site())


def scenario(*confounders: dict[str, object], **fields: object) -> Scenario:
    return Scenario.model_validate({"site": "smoke", "confounders": confounders, **fields})


def confounder(kind: str, **fields: object) -> dict[str, object]:
    return {"id": kind, "type": kind, "onset": "+1h", "duration": "2h", **fields}


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("sunny_south", "home_sun_factor"),
        ("holiday", "home_gains_factor"),
        ("balancing_work", "building_opening"),
        ("night_setback", "setback_k"),
    ],
)
def test_a_confounder_changes_its_array_and_is_no_fault(layout: CityLayout, kind: str, field: str) -> None:
    plan = scenario(confounder(kind))
    times = schedule_of(plan, layout, RandomStreams(1), live_ms=ORIGIN_MS, start_ms=ORIGIN_MS)
    before, during, after = (getattr(times.effects(ORIGIN_MS + h * HOUR_MS), field) for h in (0, 2, 4))
    assert (before == after).all() and (before != during).any()
    assert times.active(ORIGIN_MS + 2 * HOUR_MS) == []
    (happening,) = times.active_confounders(ORIGIN_MS + 2 * HOUR_MS)
    assert happening.onset_ms == ORIGIN_MS + HOUR_MS and happening.end_ms == ORIGIN_MS + 3 * HOUR_MS


def test_a_confounder_of_one_station_leaves_the_others_alone(layout: CityLayout) -> None:
    plan = scenario(confounder("holiday", target="st-002"))
    times = schedule_of(plan, layout, RandomStreams(1), live_ms=ORIGIN_MS, start_ms=ORIGIN_MS)
    empty = np.flatnonzero(times.effects(ORIGIN_MS + 2 * HOUR_MS).home_gains_factor < 1)
    assert set(layout.home_station[empty].tolist()) == {1}
    share = len(empty) / (layout.home_station == 1).sum()
    assert 0.2 < share < 0.6


def test_a_cold_snap_goes_to_the_weather_and_into_the_truth_however_it_was_written(
    layout: CityLayout,
) -> None:
    snap = {"onset": "+1h", "drop_k": 8, "duration": "2d"}
    plan = scenario(confounder("cold_snap", duration="48h"), weather={"cold_snaps": [snap]})
    assert [s.drop_k for s in cold_snaps_of(plan)] == [8, 16]
    times = schedule_of(plan, layout, RandomStreams(1), live_ms=ORIGIN_MS, start_ms=ORIGIN_MS)
    happening = times.active_confounders(ORIGIN_MS + 2 * HOUR_MS)
    assert sorted(h.confounder.plan.severity for h in happening) == [0.5, 1.0]


def test_every_wrong_target_of_faults_and_confounders_is_named_at_once(layout: CityLayout) -> None:
    plan = scenario(
        confounder("holiday", target="st-404"),
        faults=[{"id": "f", "type": "pump_trip", "target": "st-405", "onset": "+1m"}],
    )
    with pytest.raises(ScenarioError) as caught:
        schedule_of(plan, layout, RandomStreams(1), live_ms=ORIGIN_MS, start_ms=ORIGIN_MS)
    assert "st-404" in str(caught.value) and "st-405" in str(caught.value)
