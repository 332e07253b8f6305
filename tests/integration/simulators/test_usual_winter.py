"""A usual winter without faults: most homes are warm, a few are not, the exposed ones first; few people call."""

from datetime import UTC, datetime

import numpy as np
import pytest

from simulators.city import City
from simulators.scenario import Scenario
from simulators.site.generator import generate_site

ORIGIN = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)
MIDDLE, TOP_CORNER = 0, 4


class Winter:
    """Three days of 3,000 homes at about -19 °C, looked at every two hours."""

    def __init__(self) -> None:
        site = generate_site(stations=6, households=3000, sensed_fraction=0.05, seed=3, now=ORIGIN)[0]
        plan = {"site": "smoke", "home_step": "600s", "spin_up": "96h", "weather": {"day_of_year": 15}}
        city = self._city(site, plan, 0.0)
        hours = [ORIGIN.timestamp() + 3600 * hour for hour in range(-48, 72)]
        usual_c = float(np.mean([city.weather.outdoor_temp_c(t_s) for t_s in hours]))
        self.city = city = self._city(site, plan, -19.0 - usual_c)
        city.spin_up()
        seen, rates = [], []
        for minute in range(1, 3 * 1440 + 1):
            city.step(60.0)
            if minute % 120 == 0:
                seen.append(city.homes.air_c)
                rates.append(sum(city.residents.complaints.daily_rates(city.homes.air_c)))
        self.heated = ~city.layout.home_suspended
        self.air_c = np.array(seen)
        self.calls = city.take_calls()
        self.rate_per_day = float(np.mean(rates))

    def _city(self, site: object, plan: dict[str, object], shift_k: float) -> City:
        weather = {"day_of_year": 15, "shift_k": shift_k}
        scenario = Scenario.model_validate({**plan, "weather": weather})
        return City(site=site, scenario=scenario, seed=3, origin=ORIGIN, start=ORIGIN)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def winter() -> Winter:
    return Winter()


def test_most_homes_are_between_nineteen_and_twenty_three(winter: Winter) -> None:
    heated = winter.air_c[:, winter.heated]
    assert ((heated > 19) & (heated < 23)).mean() > 0.8
    assert 20 < heated.mean() < 21.5


def test_a_few_homes_in_a_hundred_are_cold(winter: Winter) -> None:
    assert 0.015 < (winter.air_c[:, winter.heated] < 18).mean() < 0.065


def test_corners_under_the_roof_are_colder_than_inner_homes(winter: Winter) -> None:
    position = winter.city.layout.home_position
    inner, corner = (winter.air_c[:, winter.heated & (position == p)] for p in (MIDDLE, TOP_CORNER))
    assert corner.mean() < inner.mean() - 0.3
    assert (corner < 18).mean() > 1.5 * (inner < 18).mean()


def test_about_sixteen_people_in_ten_thousand_homes_call_a_day(winter: Winter) -> None:
    assert 1.1e-3 < winter.rate_per_day < 2.1e-3
    expected = winter.rate_per_day * len(winter.heated) * 3
    assert abs(len(winter.calls) - expected) < 4 * np.sqrt(expected)
