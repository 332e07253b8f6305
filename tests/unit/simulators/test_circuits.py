"""A station with two circuits: two plants in one house, with one meter, one gateway and a truth that names the circuit."""

from pathlib import Path

import numpy as np
import orjson
import pytest

from heating.points import Measurement
from simulators.city import City
from simulators.city_layout import lay_out
from simulators.faults.targets import place_faults
from simulators.scenario import FaultPlan, Scenario
from simulators.site.generator import generate_site
from simulators.truth.topology import Topology
from storage.registry_files.checks import find_mistakes
from tests.unit.simulators.cities import ORIGIN, PROMPT

SITE = generate_site(
    stations=3,
    households=480,
    sensed_fraction=0.1,
    seed=1,
    now=ORIGIN,
    station_interval_s=10.0,
    room_interval_s=(60.0,),
    two_circuits_share=0.3,
)[0]
LAYOUT = lay_out(SITE)
HOUSE = SITE.circuits[0].station_id
LOW, HIGH = (f"{HOUSE}-low", f"{HOUSE}-high")


def city_with(*faults: dict[str, object]) -> City:
    plan = {
        "site": "smoke",
        "home_step": "60s",
        "spin_up": "1h",
        "sensor_mix": PROMPT,
        "faults": list(faults),
    }
    city = City(site=SITE, scenario=Scenario.model_validate(plan), seed=1, origin=ORIGIN, start=ORIGIN)
    city.spin_up()
    city.go_live(ORIGIN)
    return city


def last_values(city: City, minutes: int) -> dict[str, dict[str, float]]:
    """Newest reported values of each object, as sent, by ``measurement/id``."""
    found: dict[str, dict[str, float]] = {}
    until_ms = city.now_ms + minutes * 60_000
    while city.now_ms < until_ms:
        city.step(10.0)
        for report in city.reports():
            for message in city.senders.messages(report):
                kind, object_id = message.topic.split("/")[2:4]
                body = orjson.loads(message.payload)
                found[f"{kind}/{object_id}"] = body.get("v") or body["batch"][-1]["v"]
    return found


@pytest.fixture(scope="module")
def shown() -> dict[str, dict[str, float]]:
    return last_values(city_with({"id": "p", "type": "pump_trip", "target": HIGH, "onset": "-10m"}), 2)


def test_the_made_up_site_is_whole_and_the_same_but_for_its_circuits() -> None:
    assert find_mistakes(SITE) == []
    assert [circuit.circuit_id for circuit in SITE.circuits] == [LOW, HIGH]
    plain = generate_site(
        stations=3, households=480, sensed_fraction=0.1, seed=1, now=ORIGIN, station_interval_s=10.0,
        room_interval_s=(60.0,),
    )[0]  # fmt: skip
    assert plain.circuits == () and plain.households == SITE.households and plain.stations == SITE.stations


def test_house_and_circuits_report_each_their_own_points(shown: dict[str, dict[str, float]]) -> None:
    house, low, high = shown[f"station/{HOUSE}"], shown[f"circuit/{LOW}"], shown[f"circuit/{HIGH}"]
    assert not any(name.startswith(("secondary_", "circulation_", "makeup_", "valve_")) for name in house)
    assert {
        "primary_flow_m3_per_h",
        "primary_heat_total_gj",
        "electricity_total_kwh",
        "mains_power_ok",
    } <= set(house)
    assert set(low) == set(high) and not any(name.startswith("primary_") for name in low)
    others = [
        values for name, values in shown.items() if name.startswith("station/") and name != f"station/{HOUSE}"
    ]
    assert all("secondary_supply_temp_c" in values for values in others)


def test_a_fault_of_one_circuit_leaves_the_other_alone(shown: dict[str, dict[str, float]]) -> None:
    assert shown[f"circuit/{HIGH}"]["secondary_flow_m3_per_h"] == 0.0
    assert shown[f"circuit/{LOW}"]["secondary_flow_m3_per_h"] > 10.0
    assert (
        shown[f"circuit/{LOW}"]["circulation_pump_1_running"]
        or shown[f"circuit/{LOW}"]["circulation_pump_2_running"]
    )


def test_each_zone_holds_the_pressure_of_its_own_height(shown: dict[str, dict[str, float]]) -> None:
    low, high = (shown[f"circuit/{name}"]["secondary_return_pressure_mpa"] for name in (LOW, HIGH))
    heads = [circuit.static_head_mpa or 0.0 for circuit in SITE.circuits]
    assert high - low == pytest.approx(heads[1] - heads[0], abs=0.08)


def test_the_meter_of_the_house_counts_both_circuits() -> None:
    city = city_with()
    shown = last_values(city, 1)
    members = LAYOUT.in_house_of(LAYOUT.station_index[LOW])
    flow = city.stations.meters.flow_m3_per_h[members].sum()
    assert len(members) == 2 and flow > 0
    assert shown[f"station/{HOUSE}"]["primary_flow_m3_per_h"] == pytest.approx(flow, rel=0.05)


def test_mains_and_gateway_break_for_the_whole_house_and_a_pump_for_its_circuit() -> None:
    plans = [
        FaultPlan(id=kind, type=kind, target=target, onset=0.0)
        for kind, target in (
            ("mains_loss", HIGH),
            ("gateway_silent", HOUSE),
            ("pump_trip", HOUSE),
            ("pump_wear", HIGH),
        )
    ]
    placed = {str(fault.plan.id): fault for fault in place_faults(plans, LAYOUT)}
    assert {name: fault.target for name, fault in placed.items()} == {
        "mains_loss": HOUSE, "gateway_silent": HOUSE, "pump_trip": LOW, "pump_wear": HIGH,
    }  # fmt: skip
    assert len(placed["mains_loss"].index("mains_ok")) == 2 and len(placed["pump_trip"].index("pump_ok")) == 1
    both = np.isin(LAYOUT.home_station, LAYOUT.in_house_of(LAYOUT.station_index[LOW]))
    assert placed["mains_loss"].homes.tolist() == np.flatnonzero(both).tolist()
    assert 0 < len(placed["pump_trip"].homes) < both.sum()


def test_the_truth_hangs_buildings_on_their_circuits(tmp_path: Path) -> None:
    topology = Topology.of_layout(LAYOUT)
    high = next(b for b in SITE.buildings if b.station_id == HOUSE and b.circuit == "high")
    path = list(topology.path(("building", high.building_id)))
    assert path[:3] == [("building", high.building_id), ("circuit", HIGH), ("station", HOUSE)]
    folder = tmp_path
    topology.write(folder)
    assert Topology.read(folder) == topology


def test_a_gateway_that_is_silent_keeps_house_and_circuits_silent() -> None:
    city = city_with({"id": "g", "type": "gateway_silent", "target": HOUSE, "onset": "-10m"})
    online = city.gateways_online()
    assert online.tolist() == [house.station_id != HOUSE for house in SITE.stations]
    heard = last_values(city, 1)
    assert not {f"station/{HOUSE}", f"circuit/{LOW}", f"circuit/{HIGH}"} & set(heard)
    assert city.instruments.circuits.measurement is Measurement.CIRCUIT
