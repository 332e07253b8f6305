"""Each effect on room sensors shows what it should, on the sensors that it strikes and on no other."""

import json

import numpy as np
import pytest

from simulators.devices.sensor_traits import SENTINEL_C
from simulators.scenario_devices import RoomFamily
from tests.unit.simulators.devices.sensor_bench import HOUR_MS, LAYOUT, SensorBench, column

STRUCK = 7


def test_a_silent_sensor_and_a_silent_building_say_nothing() -> None:
    bench = SensorBench()
    building = LAYOUT.home_building[LAYOUT.sensor_home]
    bench.effects.sensor_silent[STRUCK] = True
    bench.effects.building_gateway_silent[building[-1]] = True
    heard = set(bench.values(2))
    assert set(range(len(building))) - heard == {STRUCK, *np.flatnonzero(building == building[-1]).tolist()}


def test_a_stuck_sensor_repeats_its_value_and_recovers() -> None:
    bench = SensorBench(noise_k=0.3)
    usual = SensorBench(noise_k=0.3)
    bench.values(2)
    usual.values(2)
    bench.effects.sensor_stuck[STRUCK] = True
    stuck, alive = bench.values(10), usual.values(10)
    assert len(set(stuck[STRUCK])) == 1 and len(set(alive[STRUCK])) > 2
    assert {p: v for p, v in stuck.items() if p != STRUCK} == {p: v for p, v in alive.items() if p != STRUCK}
    bench.effects.sensor_stuck[STRUCK] = False
    assert bench.values(5)[STRUCK] == usual.values(5)[STRUCK]


def test_a_moved_sensor_reads_elsewhere_and_tells_if_it_has_a_switch() -> None:
    bench = SensorBench(family=RoomFamily.NB_0X68)
    assert bench.values(2, "sensor_moved")[STRUCK] == [0.0] * len(bench.values(1)[STRUCK]) * 2
    bench.effects.sensor_shift_k[STRUCK] = -4.0
    moved = bench.values(2, "sensor_moved")
    assert set(moved[STRUCK]) == {1.0} and set(moved[STRUCK + 1]) == {0.0}
    assert set(bench.values(1)[STRUCK]) == {17.0}
    assert set(bench.values(30, "sensor_moved")[STRUCK][-3:]) == {0.0}, "the switch tells for a day"


def test_a_drifting_sensor_does_not_tell_that_it_was_moved() -> None:
    bench = SensorBench(family=RoomFamily.NB_0X68)
    for _ in range(8):
        bench.effects.sensor_shift_k[STRUCK] -= 0.5
        assert set(bench.values(1, "sensor_moved")[STRUCK]) == {0.0}
    assert set(bench.values(1)[STRUCK]) == {17.0}


def test_an_unplugged_probe_sends_its_sentinel() -> None:
    bench = SensorBench()
    bench.effects.sensor_sentinel[STRUCK] = True
    values = bench.values(3)
    assert set(values[STRUCK]) == {SENTINEL_C} and set(values[STRUCK + 1]) == {21.0}


def test_disorder_repeats_and_swaps_the_messages_of_one_sensor() -> None:
    bench = SensorBench()
    bench.effects.sensor_disorder[STRUCK] = 0.6
    moments: list[int] = []
    copies: list[int] = []
    others: list[int] = []
    for report in bench.run(100):
        assert report.delivery is not None
        rows = report.places == STRUCK
        moments += report.measured_ms[rows].tolist()
        copies += report.delivery.copies[rows].tolist()
        others += report.delivery.copies[~rows].tolist()
    assert len(moments) in (99, 100) and moments != sorted(moments)
    assert np.mean(np.array(copies) == 2) == pytest.approx(0.3, abs=0.15)
    assert np.mean(np.diff(moments) < 0) == pytest.approx(0.25, abs=0.15)
    assert set(others) == {1}


def test_a_wrong_clock_stamps_the_readings() -> None:
    bench, usual = SensorBench(), SensorBench()
    bench.effects.sensor_clock_shift_s[STRUCK] = -8 * 3600
    for wrong, right in zip(bench.run(2), usual.run(2), strict=True):
        off_ms = wrong.measured_ms - right.measured_ms
        assert set(off_ms[wrong.places == STRUCK].tolist()) <= {-8 * HOUR_MS}
        assert not off_ms[wrong.places != STRUCK].any()


def test_a_wrongly_mapped_sensor_shows_another_home() -> None:
    bench = SensorBench()
    bench.air_c[LAYOUT.sensor_home[STRUCK + 1]] = 15.0
    bench.effects.sensor_home[STRUCK] = LAYOUT.sensor_home[STRUCK + 1]
    values = bench.values(1)
    assert (values[STRUCK], values[STRUCK + 1], values[STRUCK + 2]) == ([15.0], [15.0], [21.0])


def test_packets_and_repeats_go_out_as_the_native_format_says() -> None:
    bench = SensorBench(packets=1.0, duplicates=1.0)
    reports = [r for r in bench.run(1.5) if len(r.places)]
    messages = list(reports[-1].messages())
    assert messages[0] == messages[1] and len(messages) == 2 * (len(reports[-1].starts()) - 1)
    batch = json.loads(messages[0].payload)["batch"]
    assert [batch[0]["t"] - reading["t"] for reading in batch] == [0, 1_200_000, 2_400_000]
    assert "battery_v" in batch[0]["v"] and "battery_v" not in batch[1]["v"]


def test_history_and_messages_tell_the_same_points() -> None:
    for family in RoomFamily:
        report = next(r for r in SensorBench(family=family).run(4) if len(r.places))
        told = ~np.isnan(report.values[0])
        assert told[0] and told[1]
        assert np.isnan(column(report, "battery_pct")).all() == (
            family
            not in (RoomFamily.CHIRPSTACK_V4, RoomFamily.TTN_V3, RoomFamily.ONENET, RoomFamily.ZIGBEE2MQTT)
        )
