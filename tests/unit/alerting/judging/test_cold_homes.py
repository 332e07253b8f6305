"""Sensed homes: learned over days, cold against their own usual and their station, and sensors that misbehave."""

from datetime import UTC, datetime

import numpy as np
import pytest

from alerting.judging.cold_homes import ColdLines
from alerting.judging.layout import Layout
from alerting.judging.learned.declared import SLOT_MS
from alerting.judging.windows import Windows
from heating.assets import Site
from heating.heat_tree import build_heat_tree
from heating.intervals import to_epoch_ms
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef, Sample, SampleBatch
from tests.support.small_site import small_site

T0_MS = to_epoch_ms(datetime(2026, 1, 10, tzinfo=UTC))
SITE = small_site(stations=1, homes=8)
"""One building; homes 1, 3, 5, 7 hang on riser 2, the others on riser 1."""
LEARNED = 80
"""Slots after which the usual temperature is known."""
TREMBLE = (0.0, 0.1)


def layout_of(site: Site) -> Layout:
    return Layout(site, build_heat_tree(site))


class House:
    """Homes that are fed slot by slot."""

    def __init__(self) -> None:
        self.windows = Windows(layout_of(SITE))
        self.lines = ColdLines()
        self.slot = 0

    @property
    def now_ms(self) -> int:
        return T0_MS + self.slot * SLOT_MS

    def live(self, slots: int, *, fall_k: dict[int, float] | None = None, bad: tuple[int, ...] = ()) -> None:
        """Let slots pass with 21 °C in every home, less what has fallen."""
        for _ in range(slots):
            self.slot += 1
            samples = []
            for home in range(1, 9):
                # A different tremble for each home: no two are stuck or alike.
                value = 21.0 + TREMBLE[(self.slot + home) % 2] - (fall_k or {}).get(home, 0.0)
                quality = Quality.BAD if home in bad else Quality.GOOD
                ref = ObjectRef(Measurement.ROOM, f"R1-{home}")
                samples.append(Sample(ref, "room_temp_c", self.now_ms, value, quality))
            self.windows.take(SampleBatch.from_samples(samples))
            self.lines.take(self.windows, now_ms=self.now_ms)

    def row(self, home: int) -> int:
        return self.windows.layout.ids[Measurement.ROOM].index(f"R1-{home}")


@pytest.fixture
def house() -> House:
    lived = House()
    lived.live(LEARNED)
    return lived


def slowly(house: House, homes: tuple[int, ...], by_k: float) -> None:
    """Let homes cool over some slots, as rooms do and moved sensors do not."""
    for share in (0.25, 0.5, 0.75, 1.0):
        house.live(1, fall_k=dict.fromkeys(homes, by_k * share))


def test_usual_homes_speak_against_cold_lines(house: House) -> None:
    buildings, risers = house.lines.cold(house.windows, now_ms=house.now_ms)
    assert (buildings.sensed.tolist(), buildings.cold.tolist()) == ([8], [0])
    assert buildings.llr_nat[0] < -4 and (risers.llr_nat < -2).all()


def test_nothing_is_known_before_enough_readings() -> None:
    fresh = House()
    fresh.live(20)
    buildings, _ = fresh.lines.cold(fresh.windows, now_ms=fresh.now_ms)
    assert buildings.sensed.tolist() == [0]


def test_a_riser_that_cools_stands_out_against_the_rest_of_its_building(house: House) -> None:
    slowly(house, (1, 3, 5), 1.6)
    _, risers = house.lines.cold(house.windows, now_ms=house.now_ms)
    lines = house.lines.lines(house.windows.layout)
    blocked = lines.riser_ids.index("B1/u2")
    assert risers.cold[blocked] == 3 and risers.llr_nat[blocked] > 4
    assert risers.cold[1 - blocked] == 0 and risers.llr_nat[1 - blocked] < -2


def test_a_station_that_cools_as_a_whole_makes_no_line_cold(house: House) -> None:
    slowly(house, tuple(range(1, 9)), 2.0)
    buildings, _ = house.lines.cold(house.windows, now_ms=house.now_ms)
    assert house.lines.station_anomaly_k(house.windows)[0] == pytest.approx(-2.0, abs=0.15)
    assert buildings.cold.tolist() == [0]


def test_cold_against_an_overheated_station_is_not_cold(house: House) -> None:
    slowly(house, tuple(range(2, 9)), -2.0)
    buildings, _ = house.lines.cold(house.windows, now_ms=house.now_ms)
    assert house.lines.station_anomaly_k(house.windows)[0] > 1.5
    assert buildings.cold.tolist() == [0]


def test_cold_days_do_not_become_usual(house: House) -> None:
    slowly(house, (1, 3, 5), 1.6)
    house.live(300, fall_k=dict.fromkeys((1, 3, 5), 1.6))
    assert house.windows.homes.base_c[house.row(1)] == pytest.approx(21.05, abs=0.1)


def test_a_sensor_that_jumps_alone_has_moved(house: House) -> None:
    house.live(90, fall_k={1: 4.0})
    assert not house.lines.sensors(house.windows, now_ms=house.now_ms).moved.any()  # a window may be open
    house.live(10, fall_k={1: 4.0})
    flags = house.lines.sensors(house.windows, now_ms=house.now_ms)
    assert np.flatnonzero(flags.moved).tolist() == [house.row(1)]
    buildings, _ = house.lines.cold(house.windows, now_ms=house.now_ms)
    assert (buildings.cold.tolist(), buildings.sensed.tolist()) == ([0], [7])


def test_sensors_that_jump_together_are_believed(house: House) -> None:
    house.live(100, fall_k={1: 4.0, 3: 4.0})
    assert not house.lines.sensors(house.windows, now_ms=house.now_ms).moved.any()
    _, risers = house.lines.cold(house.windows, now_ms=house.now_ms)
    assert risers.cold.max() == 2


def test_a_sensor_that_creeps_away_from_its_home_drifts(house: House) -> None:
    for slot in range(250):
        house.live(1, fall_k={1: -0.02 * slot})
    flags = house.lines.sensors(house.windows, now_ms=house.now_ms)
    assert np.flatnonzero(flags.drift).tolist() == [house.row(1)]
    assert not flags.moved.any()


def test_two_bad_rows_in_a_row_are_a_sentinel_and_a_good_one_ends_it(house: House) -> None:
    house.live(1, bad=(4,))
    assert not house.lines.sensors(house.windows, now_ms=house.now_ms).sentinel.any()
    house.live(1, bad=(4,))
    flags = house.lines.sensors(house.windows, now_ms=house.now_ms)
    assert np.flatnonzero(flags.sentinel).tolist() == [house.row(4)]
    house.live(1)
    assert not house.lines.sensors(house.windows, now_ms=house.now_ms).sentinel.any()


def test_a_sensor_that_says_nothing_for_hours_is_silent(house: House) -> None:
    later_ms = house.now_ms + 9 * 3_600_000
    assert house.lines.sensors(house.windows, now_ms=later_ms).silent.all()
    assert not house.lines.sensors(house.windows, now_ms=house.now_ms + 7 * 3_600_000).silent.any()


def test_a_sensor_that_came_to_another_home_begins_from_nothing(house: House) -> None:
    since_ms = np.zeros(8, np.int64)
    since_ms[house.row(1)] = house.now_ms + 1
    house.windows.homes.forget_before(since_ms)
    assert np.flatnonzero(house.windows.homes.taught == 0).tolist() == [house.row(1)]


def test_homes_learn_in_parts_what_they_learn_in_the_whole() -> None:
    site = small_site(stations=2, homes=6)
    layout = layout_of(site)
    whole = Windows(layout)
    parts = [Windows(layout.of_stations({name})) for name in ("S1", "S2")]
    lines, random = ColdLines(), np.random.default_rng(3)
    refs = [ObjectRef(Measurement.ROOM, name) for name in layout.ids[Measurement.ROOM]]
    for slot in range(1, 91):
        now_ms = T0_MS + slot * SLOT_MS
        come = [ref for ref in refs if random.random() < 0.9]
        batch = SampleBatch.from_samples(
            Sample(ref, "room_temp_c", now_ms, round(float(random.normal(21, 0.3)), 1), Quality.GOOD)
            for ref in come
        )
        for windows in (whole, *parts):
            windows.take(batch)
            lines.take(windows, now_ms=now_ms)
    again = Windows.merged(layout, parts)
    assert np.isfinite(whole.homes.residual_k).any()
    for array in whole.homes.ARRAYS:
        mine, theirs = getattr(whole.homes, array), getattr(again.homes, array)
        assert np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f"), array
    buildings, risers = lines.cold(whole, now_ms=now_ms)
    for part, row in zip(parts, (0, 1), strict=True):
        own_buildings, own_risers = lines.cold(part, now_ms=now_ms)
        assert own_buildings.llr_nat[0] == pytest.approx(buildings.llr_nat[row])
        assert own_risers.sensed.tolist() == risers.sensed[2 * row : 2 * row + 2].tolist()
