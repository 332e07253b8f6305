"""Heat meters: within class 2, and registers that only rise."""

import numpy as np
import pytest

from simulators.stations.heat_meter import HeatMeters, MeterErrors
from simulators.water import WATER_KW_PER_M3_PER_H_K

NONE = np.zeros(2, np.int64)


def meters(place: float) -> HeatMeters:
    both = np.full(2, place)
    errors = MeterErrors(nominal_m3_per_h=np.full(2, 40.0), flow=both, temperatures=both)
    return HeatMeters(errors, heat_total_gj=np.full(2, 100.0), volume_total_m3=np.full(2, 1000.0))


def count(meter: HeatMeters, flow: float, *, failed: bool = False, resets: int = 0) -> None:
    meter.count(
        60.0,
        flow_m3_per_h=np.full(2, flow),
        supply_c=np.full(2, 95.0),
        return_c=np.full(2, 45.0),
        failed=np.array([failed, False]),
        resets=np.array([resets, 0]),
    )


@pytest.mark.parametrize(("flow", "limit"), [(40.0, 0.0202), (4.0, 0.022), (0.4, 0.04), (0.2, 0.05)])
def test_the_flow_sensor_keeps_the_limit_of_class_two(flow: float, limit: float) -> None:
    worst = meters(1.0)
    count(worst, flow)
    assert worst.flow_m3_per_h[0] / flow - 1 == pytest.approx(limit, rel=1e-6)


def test_the_whole_meter_stays_within_the_sum_of_its_parts() -> None:
    for place in (-1.0, 1.0):
        meter = meters(place)
        count(meter, 40.0)
        truth = WATER_KW_PER_M3_PER_H_K * 40 * 50 * 3.6e-3
        parts = 0.0202 + (0.5 + 3 * 3 / 50) / 100 + (0.5 + 3 / 50) / 100
        assert abs(meter.heat_gj_per_h[0] / truth - 1) <= parts + 3e-4


def test_below_the_cut_off_nothing_is_counted() -> None:
    meter = meters(0.0)
    count(meter, 0.1)
    assert meter.flow_m3_per_h[0] == 0 and meter.volume_total_m3[0] == 1000


def test_a_failed_flow_part_shows_nothing_and_its_registers_stand() -> None:
    meter = meters(0.0)
    count(meter, 40.0, failed=True)
    assert meter.flow_m3_per_h.tolist() == [0, 40] and meter.heat_gj_per_h[0] == 0
    assert meter.volume_total_m3[0] == 1000 < meter.volume_total_m3[1]


def test_a_reset_begins_at_nought_once_and_then_counts_on() -> None:
    meter = meters(0.0)
    for _ in range(3):
        count(meter, 60.0, resets=1)
    assert meter.volume_total_m3.tolist() == pytest.approx([3.0, 1003.0])
    assert 0 < meter.heat_total_gj[0] < 1 < meter.heat_total_gj[1]
