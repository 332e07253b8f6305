"""Instruments of stations: what faults of transmitters, meters and controllers show, and what they leave alone."""

import json
from datetime import timedelta
from functools import cache

import numpy as np

from tests.unit.simulators.cities import run, small_city

HOUR = timedelta(hours=1)
PRESSURES = [
    f"{side}_{end}_pressure_mpa" for side in ("primary", "secondary") for end in ("supply", "return")
]


@cache
def course(fault: str | None, station: str = "st-002", **more: object) -> dict[str, list[float]]:
    """Return an hour of every point of a station, the fault beginning after ten minutes."""
    plan = {"id": "f", "type": fault, "target": "st-002", "onset": "+10m", **more}
    messages = run(small_city(faults=[plan] if fault else [], spin_up="30m"), HOUR)
    readings = [json.loads(m.payload)["v"] for m in messages if f"/station/{station}/tele" in m.topic]
    return {point: [float(reading[point]) for reading in readings] for point in readings[0]}


def test_frozen_values_stand_still_from_the_onset_and_were_alive_before() -> None:
    frozen, healthy = course("plc_frozen"), course(None)
    n = len(frozen["voltage_a_v"])
    late = slice(n // 6 + 2, None)
    assert all(len(set(values[late])) == 1 for values in frozen.values())
    assert len(set(frozen["voltage_a_v"][: n // 6])) > 10
    assert len(set(healthy["voltage_a_v"][late])) > 10
    assert frozen["voltage_a_v"][: n // 6] == healthy["voltage_a_v"][: n // 6]


def test_a_thawed_controller_shows_the_present_again() -> None:
    short, healthy = course("plc_frozen", duration="20m"), course(None)
    assert short["voltage_a_v"][-60:] == healthy["voltage_a_v"][-60:]


def test_a_drifting_supply_sensor_is_seen_on_its_own_point_only_at_first() -> None:
    drifting, healthy = course("temperature_sensor_drift", rise="1m"), course(None)
    place = len(healthy["secondary_supply_temp_c"]) // 6 + 8
    moved = drifting["secondary_supply_temp_c"][place] - healthy["secondary_supply_temp_c"][place]
    assert abs(moved) > 1
    assert abs(drifting["secondary_return_temp_c"][place] - healthy["secondary_return_temp_c"][place]) < 0.3


def test_pressure_spikes_go_both_ways_on_pressures_only() -> None:
    spiky, healthy = (
        course(kind, **({"period": "10m", "duty": 1.0} if kind else {})) for kind in ("pressure_spikes", None)
    )
    for point in PRESSURES:
        change = np.array(spiky[point]) - np.array(healthy[point])
        assert change.max() > 0.05 and change.min() < -0.05
        assert 0.3 < (np.abs(change[len(change) // 6 + 2 :]) > 0.002).mean() < 0.5
    untouched = ("secondary_supply_temp_c", "secondary_flow_m3_per_h", "strainer_primary_diff_pressure_mpa")
    assert all(spiky[point] == healthy[point] for point in untouched)


def test_a_failed_flow_meter_reads_nothing_and_its_registers_stand() -> None:
    failed, healthy = course("meter_flow_failure"), course(None)
    assert failed["primary_flow_m3_per_h"][-1] == 0 and failed["primary_heat_rate_gj_per_h"][-1] == 0
    assert failed["primary_heat_total_gj"][-1] == failed["primary_heat_total_gj"][-30]
    assert healthy["primary_heat_total_gj"][-1] > healthy["primary_heat_total_gj"][-30]
    assert abs(failed["secondary_supply_temp_c"][-1] - healthy["secondary_supply_temp_c"][-1]) < 0.3


def test_a_reset_meter_begins_anew_and_goes_on_counting() -> None:
    totals = course("meter_reset")["primary_heat_total_gj"]
    assert totals[0] > 1000 > totals[-1] > 0
    assert totals[-1] > totals[-60]


def test_an_outdoor_sensor_in_the_sun_reads_warm_by_day() -> None:
    sunny, healthy = course("outdoor_sensor_sun", severity=1.0), course(None)
    assert sunny["outdoor_temp_c"][-1] > healthy["outdoor_temp_c"][-1] + 2
    assert (
        course("outdoor_sensor_sun", station="st-001")["outdoor_temp_c"]
        == course(None, station="st-001")["outdoor_temp_c"]
    )


def test_values_keep_to_the_resolution_of_their_instruments() -> None:
    healthy = course(None)
    for point, step in (
        ("secondary_supply_temp_c", 0.1),
        ("primary_supply_pressure_mpa", 0.001),
        ("primary_heat_total_gj", 0.001),
    ):
        values = np.array(healthy[point]) / step
        np.testing.assert_allclose(values, np.round(values), atol=1e-3)
