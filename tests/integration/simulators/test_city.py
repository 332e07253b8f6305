"""The whole city: repeatable, closed in energy, near its setpoints; faults change what they touch and nothing else."""

import json
from datetime import timedelta

import numpy as np
import pytest

from heating.points import Measurement as Kind
from heating.points import points_of
from simulators.reports import Message
from tests.unit.simulators.cities import run, small_city

HOUR = timedelta(hours=1)


def values_of(messages: list[Message], topic_part: str) -> list[dict[str, float]]:
    return [json.loads(m.payload)["v"] for m in messages if topic_part in m.topic]


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, again, other = (run(small_city(seed=seed), HOUR / 4) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("kind", ["pump_trip", "mains_loss", "riser_blocked"])
def test_a_fault_of_the_heat_reaches_other_stations_through_the_primary_network_only(kind: str) -> None:
    fault = {"id": "f", "type": kind, "target": "st-002", "onset": "+1m"}
    first, second = (run(small_city(faults=faults), HOUR / 2) for faults in ([], [fault]))
    for healthy, broken in zip(
        values_of(first, "station/st-001/"), values_of(second, "station/st-001/"), strict=True
    ):
        assert healthy["outdoor_temp_c"] == broken["outdoor_temp_c"]
        assert abs(healthy["secondary_supply_temp_c"] - broken["secondary_supply_temp_c"]) <= 1.5
        assert abs(healthy["primary_supply_pressure_mpa"] - broken["primary_supply_pressure_mpa"]) <= 0.1
    layout = small_city().layout
    far = layout.home_station[layout.sensor_home] != layout.station_index["st-002"]
    for sensor_id in np.array(layout.sensor_ids)[far].tolist():
        rooms = zip(values_of(first, f"/{sensor_id}/"), values_of(second, f"/{sensor_id}/"), strict=True)
        assert max(abs(a["room_temp_c"] - b["room_temp_c"]) for a, b in rooms) <= 1.0  # the coarsest step


@pytest.mark.parametrize("kind", ["gateway_silent", "sensor_silent"])
def test_a_silent_device_changes_nothing_at_other_stations(kind: str) -> None:
    fault = {"id": "f", "type": kind, "target": "st-002", "onset": "+1m"}
    healthy, broken = small_city(), small_city(faults=[fault])
    stations = {
        sensor: int(healthy.layout.home_station[home])
        for sensor, home in zip(healthy.layout.sensor_ids, healthy.layout.sensor_home, strict=True)
    }

    def of_others(message: Message) -> bool:
        _, _, measurement, object_id, _ = message.topic.split("/")
        if measurement == "room":
            return stations[object_id] != 1
        return measurement == "weather" or (measurement == "station" and object_id != "st-002")

    without, with_fault = run(healthy, HOUR), run(broken, HOUR)
    assert [m for m in without if of_others(m)] == [m for m in with_fault if of_others(m)]
    assert without != with_fault


def test_heat_of_the_exchangers_reaches_homes_or_stays_in_the_water() -> None:
    city = small_city()
    of_station = city.stations.buildings.connections.station
    kept_before = city.stations.stored_kj() + city.stations.lost_kj - city.stations.water_kj
    given = np.zeros(3)
    before = city.delivered_to_homes_kj + city.stations.delivered_kj
    for _ in range(24 * 60):
        city.step(60.0)
        given += city.stations.exchanger_kw * 60
    at_homes = city.delivered_to_homes_kj + city.stations.delivered_kj - before
    arrived = (
        np.bincount(of_station, at_homes, 3) + city.stations.stored_kj() + city.stations.lost_kj - kept_before
    )
    arrived -= city.stations.water_kj
    np.testing.assert_allclose(arrived, given, rtol=0.001)


def test_homes_receive_what_stations_deliver() -> None:
    city = small_city()
    for _ in range(30):
        city.step(60.0)
        heat_kw = np.bincount(city.layout.home_building, city.homes.heat_w) / 1000
        delivered = city.delivered_to_homes_kj.copy()
        city.step(60.0)
        mean_kw = (city.delivered_to_homes_kj - delivered) / 60
        np.testing.assert_allclose(mean_kw, heat_kw, rtol=0.1)
    assert heat_kw.sum() > 300


def test_a_healthy_city_keeps_setpoints_pressure_and_warm_homes() -> None:
    city = small_city()
    lows = []
    for _ in range(24 * 60):
        city.step(60.0)
        stations = city.stations
        lows.append(city.homes.air_c[~city.layout.home_suspended].mean())
        assert np.abs(stations.supply_c - stations.controllers.setpoint_c).max() < 2.0
        pressure, limits = stations.pressure, stations.parameters.pressure
        assert np.abs(pressure.hold_mpa - limits.setpoint_mpa).max() < 0.018
        assert (pressure.tank_m < 0.94 * limits.tank_full_m).all()
        assert (pressure.tank_m > 0.5 * limits.tank_full_m).all()
    heated = city.homes.air_c[~city.layout.home_suspended]
    assert 20 < np.mean(lows) < 23.5
    assert np.mean(heated < 18) < 0.08


def test_registers_only_rise() -> None:
    city = small_city(faults=[{"id": "f", "type": "mains_loss", "target": "st-001", "onset": "+5m"}])
    reports = values_of(run(city, HOUR), "station/st-001/")
    for name in (
        "primary_heat_total_gj",
        "primary_volume_total_m3",
        "makeup_volume_total_m3",
        "electricity_total_kwh",
    ):
        assert (np.diff([report[name] for report in reports]) >= 0).all()
    assert reports[-1]["primary_heat_total_gj"] > reports[0]["primary_heat_total_gj"]


def test_a_pump_trip_stops_the_flow_shuts_the_valve_and_heals() -> None:
    fault = {"id": "f", "type": "pump_trip", "target": "st-002", "onset": "+1m", "duration": "10m"}
    reports = values_of(run(small_city(faults=[fault]), timedelta(minutes=40)), "station/st-002/")
    during, after = reports[40], reports[-1]
    running = [f"circulation_pump_{n}_running" for n in (1, 2)]
    assert not any(during[name] for name in running)
    assert during["secondary_flow_m3_per_h"] == 0 and during["valve_position_pct"] < 1
    assert any(during[f"circulation_pump_{n}_fault"] for n in (1, 2)) and during["mains_power_ok"]
    assert any(after[name] for name in running)
    assert abs(after["secondary_supply_temp_c"] - after["secondary_supply_temp_setpoint_c"]) < 3


def test_lost_mains_stop_everything_but_the_gateway() -> None:
    fault = {"id": "f", "type": "mains_loss", "target": "st-003", "onset": "+1m"}
    last = values_of(run(small_city(faults=[fault]), timedelta(minutes=5)), "station/st-003/")[-1]
    assert last["mains_power_ok"] is False
    assert {last[f"voltage_{phase}_v"] for phase in "abc"} == {0.0}
    assert last["secondary_flow_m3_per_h"] == 0 and not last["makeup_pump_1_running"]


def test_a_blocked_riser_and_a_shut_valve_make_cold_homes() -> None:
    city = small_city(
        faults=[
            {"id": "riser", "type": "riser_blocked", "target": "st-001", "onset": "-1d"},
            {"id": "valve", "type": "household_valve_shut", "target": "st-002", "onset": "-1d"},
        ],
        spin_up="24h",
    )
    placed = {fault.fault.plan.id: list(fault.fault.homes) for fault in city.faults.active(city.now_ms)}
    heated = ~city.layout.home_suspended
    usual = float(np.median(city.homes.air_c[heated]))
    for homes in placed.values():
        assert city.homes.air_c[homes].mean() < usual - 3
    assert len(placed["riser"]) >= 3 and len(placed["valve"]) == 1


def test_silent_devices_say_nothing() -> None:
    city = small_city(
        faults=[
            {"id": "s", "type": "sensor_silent", "target": "rs-000003", "onset": "-1h"},
            {"id": "g", "type": "gateway_silent", "target": "st-001", "onset": "-1h"},
        ]
    )
    topics = {message.topic for message in run(city, HOUR / 6)}
    assert "heat/xilinhot/room/rs-000004/telemetry" in topics
    assert "heat/xilinhot/room/rs-000003/telemetry" not in topics
    assert "heat/xilinhot/station/st-001/telemetry" not in topics
    assert city.gateways_online().tolist() == [False, True, True]


def test_every_value_sent_is_a_known_point_in_its_plausible_range() -> None:
    known = {kind.value: {point.name: point for point in points_of(kind)} for kind in Kind}
    seen: set[str] = set()
    for message in run(small_city(), HOUR / 6):
        measurement = message.topic.split("/")[2]
        for name, value in json.loads(message.payload)["v"].items():
            point = known[measurement][name]
            assert point.minimum <= float(value) <= point.maximum, (name, value)
            seen.add(measurement)
    assert seen == {"station", "room", "source", "weather"}


def test_times_of_a_device_never_repeat_nor_run_ahead() -> None:
    city = small_city()
    last: dict[str, int] = {}
    for message in run(city, HOUR / 2):
        moment = json.loads(message.payload)["t"]
        assert last.get(message.topic, 0) < moment <= city.now_ms
        last[message.topic] = moment
