"""Every imperfection of room sensors has the size and share that the mix says; without them they show the room."""

import numpy as np
import pytest

from simulators.devices.sensor_traits import SENTINEL_C
from simulators.scenario_devices import RoomFamily
from tests.unit.simulators.devices.sensor_bench import HOUR_MS, LAYOUT, SensorBench, column

N = len(LAYOUT.sensor_key)


def first_values(bench: SensorBench) -> np.ndarray:
    return np.array([values[0] for _, values in sorted(bench.values(1).items())])


def test_perfect_sensors_show_the_room_and_every_message_arrives() -> None:
    values = SensorBench().values(5)
    assert len(values) == N
    assert all(shown == [21.0] * 5 for shown in values.values())


def test_noise_differs_from_reading_to_reading() -> None:
    values = np.array(list(SensorBench(noise_k=0.05, resolutions={0.001: 1}).values(10).values()))
    assert values.std(axis=1).mean() == pytest.approx(0.05, rel=0.1)
    assert abs(values.mean() - 21) < 0.01


def test_lasting_errors_differ_from_sensor_to_sensor_only() -> None:
    values = np.array(list(SensorBench(bias_k=0.3, resolutions={0.001: 1}).values(3).values()))
    assert values.mean(axis=1).std() == pytest.approx(0.3, rel=0.1)
    assert values.std(axis=1).max() < 1e-9


def test_drift_grows_over_the_year() -> None:
    bench = SensorBench(drift_k_per_year=0.5, resolutions={0.001: 1})
    bench.now_ms += 365 * 24 * HOUR_MS
    assert first_values(bench).std() == pytest.approx(0.5, rel=0.15)


def test_resolutions_have_their_shares() -> None:
    bench = SensorBench(noise_k=1.5, resolutions={0.1: 0.75, 0.5: 0.2, 1.0: 0.05})
    shown = bench.values(12)
    whole = np.mean([all(v == round(v) for v in values) for values in shown.values()])
    halves = np.mean([all(2 * v == round(2 * v) for v in values) for values in shown.values()])
    assert whole == pytest.approx(0.05, abs=0.012)
    assert halves == pytest.approx(0.25, abs=0.025)


def test_places_by_the_radiator_and_at_the_window() -> None:
    off = first_values(SensorBench(by_radiator=0.05, at_window=0.05)) - 21
    warm, cold = off > 0.9, off < -0.9
    assert warm.mean() == pytest.approx(0.05, abs=0.012) and cold.mean() == pytest.approx(0.05, abs=0.012)
    assert off[warm].min() >= 0.99 and off[warm].max() <= 3.01 and off[warm].std() > 0.4
    assert off[cold].min() >= -2.01 and off[cold].max() <= -0.99
    assert (off[~warm & ~cold] == 0).all()


def test_a_boxed_sensor_follows_the_room_with_a_delay_of_hours() -> None:
    bench = SensorBench(boxed=0.03, resolutions={0.001: 1})
    bench.values(2)
    bench.air_c[:] = 11.0
    fell = np.array([21 - values[-1] for values in bench.values(2).values()])
    slow = fell < 9.9
    assert slow.mean() == pytest.approx(0.03, abs=0.01)
    assert fell[slow].min() > 2.5 and fell[slow].max() < 7


def test_gatherers_send_three_samples_an_hour_newest_first() -> None:
    bench = SensorBench(packets=0.25)
    reports = bench.run(6)
    sizes = [size for r in reports for size in np.diff(r.starts()).tolist()]
    assert set(sizes) == {1, 3}
    gathers = bench.sensors.traits.gathers
    assert gathers.mean() == pytest.approx(0.25, abs=0.03)
    for report in reports:
        for start, end in zip(report.starts()[:-1], report.starts()[1:], strict=True):
            if end - start > 1:
                assert (np.diff(report.measured_ms[start:end]) == -1_200_000).all()
                assert np.isnan(column(report, "battery_v")[start + 1 : end]).all()


@pytest.mark.parametrize(("hours", "samples", "apart_min"), [(0.5, 1, 30), (2, 6, 20), (4, 6, 40)])
def test_a_packet_holds_six_samples_at_most(hours: float, samples: int, apart_min: int) -> None:
    bench = SensorBench(family=RoomFamily.NB_0X68)
    reports = bench.run(9, interval_ms=int(hours * HOUR_MS))
    assert {size for r in reports for size in np.diff(r.starts()).tolist()} == {samples}
    apart = {int(gap) for r in reports for gap in -np.diff(r.measured_ms)[np.diff(r.places) == 0] // 60_000}
    assert apart == ({apart_min} if samples > 1 else set())


def test_messages_are_lost_more_often_in_bad_spots() -> None:
    bench = SensorBench(loss=0.02, bad_spots=0.03)
    values = bench.values(100)
    heard = np.array([len(values.get(place, [])) / 100 for place in range(N)])
    bad = bench.sensors.traits.loss > 0.05
    assert bad.mean() == pytest.approx(0.03, abs=0.01)
    assert 1 - heard[~bad].mean() == pytest.approx(0.02, abs=0.003)
    assert 0.2 < 1 - heard[bad].mean() < 0.4 and heard[bad].min() > 0.3


def test_outages_strike_whole_buildings_at_once() -> None:
    bench = SensorBench(outages_per_day=0.3, outage_length="90m")
    building = LAYOUT.home_building[LAYOUT.sensor_home]
    silent: dict[tuple[int, int], int] = {}
    hours = np.zeros((N, 72), np.bool_)
    start_ms = bench.now_ms
    for report in bench.run(72):
        hours[report.places, (report.measured_ms - start_ms - 1) // HOUR_MS] = True
    members = np.bincount(building)
    for number in range(len(members)):
        for hour in range(72):
            silent[number, hour] = int((~hours[building == number, hour]).sum())
    lost = 1 - hours.mean()
    assert lost == pytest.approx(0.3 * 1.5 / 24, rel=0.5)
    struck = [count / members[number] for (number, _), count in silent.items() if count]
    assert np.mean(struck) > 0.5, "when one sensor of a building is silent, most are"


def test_one_message_of_a_hundred_comes_twice() -> None:
    copies = np.concatenate([r.delivery.copies for r in SensorBench(duplicates=0.01).run(20) if r.delivery])
    assert set(copies.tolist()) == {1, 2} and (copies == 2).mean() == pytest.approx(0.01, abs=0.002)


def test_two_messages_of_a_hundred_come_hours_later_as_history() -> None:
    reports = SensorBench(late=0.02).run(30)
    stored = np.concatenate([column(r, "backfilled") for r in reports])
    delay_h = np.concatenate([(r.delivery.sent_ms - r.measured_ms) / HOUR_MS for r in reports if r.delivery])
    late = stored == 1
    assert late.mean() == pytest.approx(0.02, abs=0.004) and np.isnan(stored[~late]).all()
    assert (delay_h[~late] == 0).all() and delay_h[late].min() >= 0.99 and delay_h[late].max() <= 8
    assert delay_h[late].std() > 1


def test_half_a_percent_of_clocks_was_never_set() -> None:
    bench = SensorBench(clock_never_set=0.005)
    (report,) = [r for r in bench.run(0.1) if len(r.places) > 10][:1]
    assert bench.sensors.traits.clockless.mean() == pytest.approx(0.005, abs=0.004)
    texts = [m.payload for r in bench.run(1) for m in r.messages()]
    without = sum(b'"t":' not in text for text in texts)
    assert without == int(bench.sensors.traits.clockless.sum()) > 0
    assert report.delivery is not None


def test_single_readings_say_that_the_probe_is_absent() -> None:
    values = np.concatenate(list(SensorBench(sentinels=0.01).values(20).values()))
    absent = values == SENTINEL_C
    assert absent.mean() == pytest.approx(0.01, abs=0.002) and (values[~absent] == 21).all()


def test_batteries_run_down_over_months_and_few_are_low() -> None:
    bench = SensorBench(weak_batteries=0.02, family=RoomFamily.NB_0X68)
    low = np.array([v[0] for v in bench.values(2, "low_battery").values()])
    assert low.mean() == pytest.approx(0.02, abs=0.01)
    volts = SensorBench(weak_batteries=0.02)
    before = np.array([v[0] for _, v in sorted(volts.values(1, "battery_v").items())])
    volts.now_ms += 200 * 24 * HOUR_MS
    after = np.array([v[0] for _, v in sorted(volts.values(1, "battery_v").items())])
    assert (after <= before).all() and 0.005 < (before - after).mean() < 0.2
    assert 2.7 < before.min() < 3.1 and before.max() < 3.65


def test_a_usual_mix_reads_close_to_the_room() -> None:
    bench = SensorBench(perfect=False)
    shown = np.array([np.median(v) for v in bench.values(6).values()])
    assert abs(np.median(shown) - 21) < 0.1
    assert np.percentile(shown, 1) > 18.5 and np.percentile(shown, 99) < 24
    assert len(shown) > 0.97 * N
