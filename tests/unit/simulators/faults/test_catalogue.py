"""The catalogue: every kind changes something, by its severity, where it belongs, and nothing else."""

import dataclasses

import numpy as np
import pytest

from heating.intervals import to_epoch_ms
from simulators.city_layout import CityLayout, lay_out
from simulators.effects import Effects, no_effects
from simulators.fault_kinds import FaultType, How, Profile, RootCause, TargetKind
from simulators.faults.catalogue import CATALOGUE, natural_rate
from simulators.faults.fault_schedule import FaultSchedule, place_faults
from simulators.scenario import FaultPlan
from tests.unit.simulators.cities import ORIGIN, small_site

ORIGIN_MS = to_epoch_ms(ORIGIN)
DAY_MS = 86_400_000
KINDS = sorted(CATALOGUE, key=str)
LOCAL_KINDS = [k for k in KINDS if CATALOGUE[k].target not in (TargetKind.BRANCH, TargetKind.SOURCE)]


@pytest.fixture(scope="module")
def layout() -> CityLayout:
    return lay_out(small_site())


def schedule(layout: CityLayout, fault: FaultType, **fields: object) -> FaultSchedule:
    plan = {"id": "f", "type": fault, "target": "st-002", "onset": "+1m", **fields}
    return FaultSchedule(place_faults([FaultPlan.model_validate(plan)], layout), layout, live_ms=ORIGIN_MS)


def changed(before: Effects, after: Effects) -> dict[str, np.ndarray]:
    found = {}
    for field in dataclasses.fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        places = np.flatnonzero(old != new)
        if len(places):
            found[field.name] = places
    return found


def at_full(layout: CityLayout, fault: FaultType, severity: float) -> Effects:
    faults = schedule(layout, fault, severity=severity, profile="step")
    return faults.effects(ORIGIN_MS + DAY_MS)


def test_the_fault_library_of_the_design_is_complete() -> None:
    counts = {kind: sum(k.target is kind for k in CATALOGUE.values()) for kind in TargetKind}
    assert counts[TargetKind.STATION] >= 20
    assert counts[TargetKind.BRANCH] + counts[TargetKind.SOURCE] == 4
    homes = (TargetKind.BUILDING, TargetKind.RISER, TargetKind.HOUSEHOLD)
    cooling = [k for k in CATALOGUE.values() if k.target in homes and k.cools_homes]
    assert len(cooling) >= 8
    assert sum(k.cause is RootCause.SENSOR for k in CATALOGUE.values()) >= 12


def test_every_array_of_effects_is_changed_by_some_fault_or_confounder() -> None:
    by_faults = {change.field for kind in CATALOGUE.values() for change in kind.changes}
    by_confounders = {"home_sun_factor"}
    assert by_faults | by_confounders == {field.name for field in dataclasses.fields(Effects)}


@pytest.mark.parametrize("fault", KINDS)
def test_a_fault_changes_exactly_the_arrays_that_its_line_names(layout: CityLayout, fault: FaultType) -> None:
    before = schedule(layout, fault).effects(ORIGIN_MS)
    found = changed(before, at_full(layout, fault, 1.0))
    assert set(found) == {change.field for change in CATALOGUE[fault].changes}


@pytest.mark.parametrize("fault", LOCAL_KINDS)
def test_a_fault_reaches_only_the_station_on_which_it_lies(layout: CityLayout, fault: FaultType) -> None:
    before = schedule(layout, fault).effects(ORIGIN_MS)
    stations: set[int] = set()
    for name, places in changed(before, at_full(layout, fault, 1.0)).items():
        homes = layout.sensor_home[places] if name.startswith("sensor_") else places
        if name.startswith(("home_", "sensor_")):
            stations |= set(layout.home_station[homes].tolist())
        elif name.startswith("building_"):
            stations |= set(layout.building_station[places].tolist())
        else:
            stations |= set(places.tolist())
    assert stations == {1}


@pytest.mark.parametrize("fault", KINDS)
def test_a_milder_fault_changes_less_unless_it_is_all_or_nothing(
    layout: CityLayout, fault: FaultType
) -> None:
    neutral = no_effects(layout)
    for change in CATALOGUE[fault].changes:
        full = getattr(at_full(layout, fault, 1.0), change.field)
        half = getattr(at_full(layout, fault, 0.5), change.field)
        usual = getattr(neutral, change.field)
        if change.how in (How.FACTOR, How.ADD):
            moved = np.abs(full - usual) > 0
            heated = ~layout.home_suspended if change.field.startswith("home_") else np.ones_like(moved)
            assert (np.abs(half - usual) < np.abs(full - usual))[moved & heated].all()
        else:
            assert (full == half).all()


def test_factors_stay_physical_at_every_severity(layout: CityLayout) -> None:
    for fault, kind in CATALOGUE.items():
        effects = at_full(layout, fault, 1.0)
        for change in kind.changes:
            if change.how is How.FACTOR:
                assert (getattr(effects, change.field) >= 0).all(), (fault, change.field)


@pytest.mark.parametrize("fault", KINDS)
def test_every_line_is_plausible(fault: FaultType) -> None:
    kind = CATALOGUE[fault]
    low, high = kind.severity
    assert 0 < low <= high <= 1
    assert 0 < kind.hours[0] < kind.hours[1] <= 2000
    assert 0 < kind.per_season <= 2 and len(kind.reason) > 10
    assert natural_rate(kind) < 60, "one kind alone would drown a city"
    assert kind.rise_s > 0 and kind.period_s > 0


def test_nobody_can_write_into_arrays_that_others_share(layout: CityLayout) -> None:
    effects = schedule(layout, FaultType.PUMP_TRIP).effects(ORIGIN_MS)
    with pytest.raises(ValueError, match="read-only"):
        effects.pump_tripped[0] = True


def test_a_register_that_began_anew_does_not_come_back(layout: CityLayout) -> None:
    faults = schedule(layout, FaultType.METER_RESET, duration="10m", repeat="1h")
    resets = [int(faults.effects(ORIGIN_MS + m * 60_000).meter_resets[1]) for m in (0, 1, 30, 61, 200)]
    assert resets == [0, 1, 1, 2, 4]
    assert [len(faults.active(ORIGIN_MS + m * 60_000)) for m in (5, 30)] == [1, 0]


def test_a_wrongly_mapped_sensor_hangs_in_another_home_of_its_station(layout: CityLayout) -> None:
    home = at_full(layout, FaultType.SENSOR_MISMAPPED, 1.0).sensor_home
    (sensor,) = np.flatnonzero(home != layout.sensor_home)
    assert layout.home_station[home[sensor]] == layout.home_station[layout.sensor_home[sensor]]


def test_slow_faults_come_on_slowly_by_themselves(layout: CityLayout) -> None:
    assert CATALOGUE[FaultType.EXCHANGER_FOULING].profile is Profile.RAMP
    faults = schedule(layout, FaultType.EXCHANGER_FOULING)
    shares = [float(faults.effects(ORIGIN_MS + d * DAY_MS).exchanger_ua_factor[1]) for d in (0, 1, 5, 10, 20)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1 and shares[1] > 0.9 and shares[-1] == pytest.approx(0.3)
