"""Faults find what they strike, and reach the homes below it."""

import dataclasses

import numpy as np
import pytest

from heating.assets import Branch
from simulators.city_layout import CityLayout, lay_out
from simulators.faults.targets import PlacedFault, place_faults
from simulators.scenario import FaultPlan
from tests.unit.simulators.cities import small_site


@pytest.fixture(scope="module")
def layout() -> CityLayout:
    """Three stations, each on a branch of its own; the second branch hangs on the first."""
    site = small_site()
    source = site.sources[0].source_id
    branches = (
        Branch(branch_id="br-a", name="A", source_id=source),
        Branch(branch_id="br-b", name="B", source_id=source, parent_branch_id="br-a"),
        Branch(branch_id="br-c", name="C", source_id=source),
    )
    stations = tuple(
        dataclasses.replace(station, branch_id=branch.branch_id)
        for station, branch in zip(site.stations, branches, strict=True)
    )
    return lay_out(dataclasses.replace(site, branches=branches, stations=stations))


def place(layout: CityLayout, kind: str, target: str) -> PlacedFault:
    plan = FaultPlan.model_validate({"id": "f", "type": kind, "target": target, "onset": 0})
    return place_faults([plan], layout)[0]


def stations_of(layout: CityLayout, fault: PlacedFault) -> set[int]:
    return set(layout.home_station[fault.homes].tolist())


@pytest.mark.parametrize(
    ("target", "stations"), [("br-a", {0, 1}), ("br-b", {1}), ("br-c", {2}), ("st-002", {1})]
)
def test_a_burst_reaches_the_homes_of_its_branch_and_of_those_behind(
    layout: CityLayout, target: str, stations: set[int]
) -> None:
    assert stations_of(layout, place(layout, "primary_burst", target)) == stations


@pytest.mark.parametrize("target", ["src-01", "st-003"])
def test_a_source_reaches_everybody(layout: CityLayout, target: str) -> None:
    fault = place(layout, "source_trip", target)
    assert fault.target == "src-01" and len(fault.homes) == len(layout.home_key)


def test_a_starved_building_is_the_best_observed_one_of_its_station(layout: CityLayout) -> None:
    fault = place(layout, "far_end_starved", "st-002")
    building = layout.building_index[fault.target]
    assert fault.place == building and (layout.home_building[fault.homes] == building).all()
    sensed = np.bincount(layout.home_building[layout.sensor_home], minlength=len(layout.building_ids))
    assert sensed[building] == sensed[layout.building_station == 1].max()


@pytest.mark.parametrize("kind", ["sensor_stuck", "concentrator_silent", "plc_frozen", "meter_reset"])
def test_faults_of_devices_reach_no_home(layout: CityLayout, kind: str) -> None:
    assert len(place(layout, kind, "st-002").homes) == 0


def test_a_fault_of_a_home_changes_home_arrays_at_the_home_and_others_at_the_object(
    layout: CityLayout,
) -> None:
    vacant = place(layout, "home_vacant", "h-000007")
    assert vacant.index("home_gains_factor").tolist() == [layout.home_index["h-000007"]]
    starved = place(layout, "far_end_starved", "st-001")
    assert starved.index("building_opening").tolist() == [starved.place]
