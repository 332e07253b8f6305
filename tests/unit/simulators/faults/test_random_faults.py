"""Faults by chance: realistic in number, and none of them moves another."""

import numpy as np
import pytest

from heating.intervals import to_epoch_ms
from simulators.city_layout import CityLayout, lay_out
from simulators.fault_kinds import SEASON_DAYS, FaultType, TargetKind
from simulators.faults.catalogue import CATALOGUE, OBJECTS_PER_STATION, natural_rate
from simulators.faults.random_faults import DAY_MS, RandomFaults, rates_per_day
from simulators.faults.targets import PlacedFault
from simulators.random_streams import RandomStreams
from simulators.scenario import RandomFaultsPlan
from simulators.site.generator import generate_site
from tests.unit.simulators.cities import ORIGIN, small_site

START_MS = to_epoch_ms(ORIGIN) // DAY_MS * DAY_MS


@pytest.fixture(scope="module")
def layout() -> CityLayout:
    return lay_out(small_site())


def faults_of(layout: CityLayout, days: int, seed: int = 1, **plan: object) -> list[PlacedFault]:
    random = RandomFaults(
        layout, RandomFaultsPlan.model_validate(plan), RandomStreams(seed), start_ms=START_MS
    )
    return random.up_to(START_MS + days * DAY_MS - 1)


def facts(faults: list[PlacedFault]) -> set[tuple[object, ...]]:
    return {(f.plan.id, f.onset_ms, f.plan.duration, f.plan.severity, f.place) for f in faults}


def test_the_expected_number_is_that_of_the_rate() -> None:
    rates = rates_per_day(RandomFaultsPlan(rate=80))
    per_station_day = sum(
        rate * OBJECTS_PER_STATION[CATALOGUE[fault].target] for fault, rate in rates.items()
    )
    assert per_station_day * 1000 == pytest.approx(80)


def test_without_a_rate_the_base_rates_hold() -> None:
    rates = rates_per_day(RandomFaultsPlan())
    assert len(rates) == len(FaultType)
    for fault, rate in rates.items():
        assert rate == pytest.approx(CATALOGUE[fault].per_season / SEASON_DAYS)


def test_the_number_drawn_is_near_the_number_expected(layout: CityLayout) -> None:
    plan = {"types": ["pump_trip", "gateway_silent"], "rate": 400}
    found = faults_of(layout, 400, **plan)
    expected = 0.4 * 3 * 400
    assert abs(len(found) - expected) < 4 * np.sqrt(expected)
    shares = [
        sum(f.plan.type is kind for f in found) for kind in (FaultType.PUMP_TRIP, FaultType.GATEWAY_SILENT)
    ]
    assert shares[1] / shares[0] == pytest.approx(2.0, rel=0.35), "gateways fail twice as often as pumps"


def test_a_mix_weighs_types_against_each_other(layout: CityLayout) -> None:
    kinds = {f.plan.type for f in faults_of(layout, 200, rate=2000, mix={"pump_trip": 0, "mains_loss": 50})}
    assert FaultType.PUMP_TRIP not in kinds and FaultType.MAINS_LOSS in kinds


def test_the_same_seed_gives_the_same_faults_and_another_seed_others(layout: CityLayout) -> None:
    first, again, other = (facts(faults_of(layout, 60, seed, rate=500)) for seed in (1, 1, 2))
    assert first == again and len(first) > 20
    assert not first & other


def test_days_do_not_depend_on_the_order_in_which_they_are_asked_for(layout: CityLayout) -> None:
    plan = RandomFaultsPlan(rate=800)
    days = range(START_MS // DAY_MS, START_MS // DAY_MS + 20)
    forth, back = [], []
    for found, order in ((forth, days), (back, reversed(days))):
        random = RandomFaults(layout, plan, RandomStreams(1), start_ms=START_MS)
        for day in order:
            found.extend(random.of_day(day))
    assert facts(forth) == facts(back)


def test_leaving_out_a_type_leaves_the_others_where_they_were(layout: CityLayout) -> None:
    whole = faults_of(layout, 100, rate=None)
    some = faults_of(layout, 100, types=["gateway_silent", "sensor_silent"])
    kept = {FaultType.GATEWAY_SILENT, FaultType.SENSOR_SILENT}
    assert facts(some) == facts([f for f in whole if f.plan.type in kept]) != set()


def test_another_station_shifts_nothing() -> None:
    sizes = {"households": 300, "sensed_fraction": 0.5, "seed": 1, "now": ORIGIN}
    small = lay_out(generate_site(stations=3, **sizes)[0])
    large = lay_out(generate_site(stations=4, **sizes)[0])
    plan = {"rate": 900, "types": ["pump_trip", "gateway_silent", "slow_leak"]}
    before, after = (facts(faults_of(layout, 60, **plan)) for layout in (small, large))
    assert before < after
    assert {str(fact[0]).split("/")[1] for fact in after - before} == {"st-004"}


def test_severity_and_length_keep_to_the_catalogue_and_the_plan(layout: CityLayout) -> None:
    for fault in faults_of(layout, 60, rate=3000, max_severity=0.6):
        kind = CATALOGUE[fault.plan.type]
        assert fault.plan.severity <= 0.6 and fault.plan.severity >= min(kind.severity[0], 0.6) - 1e-9
        assert fault.plan.duration is not None
        assert kind.hours[0] - 0.01 <= fault.plan.duration / 3600 <= kind.hours[1] + 0.01


def test_suspended_homes_have_no_faults_of_their_own(layout: CityLayout) -> None:
    found = faults_of(layout, 300, rate=5000, types=["household_valve_shut", "window_open"])
    struck = [f.place for f in found if f.kind.target is TargetKind.HOUSEHOLD]
    assert len(struck) > 50 and not layout.home_suspended[struck].any()


def test_nothing_breaks_by_chance_before_the_start(layout: CityLayout) -> None:
    plan = RandomFaultsPlan(rate=5000)
    noon = START_MS + DAY_MS // 2
    found = RandomFaults(layout, plan, RandomStreams(1), start_ms=noon).up_to(noon + DAY_MS)
    assert found and min(f.onset_ms or 0 for f in found) >= noon


def test_a_usual_city_has_a_few_faults_a_station_and_month() -> None:
    total = sum(natural_rate(kind) for kind in CATALOGUE.values())
    stations = sum(natural_rate(k) for k in CATALOGUE.values() if k.target is TargetKind.STATION)
    assert 20 < stations < 60, "per 1000 station-days"
    assert 100 < total < 400
