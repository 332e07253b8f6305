"""The curve of simulated controllers at the vectors of the design page, and night setback."""

import numpy as np
import pytest

from simulators.stations.compensation_curve import design_waters_c, setback_share


@pytest.mark.parametrize(
    ("outdoor_c", "supply_c", "return_c"),
    [(0.0, 48.2, 37.2), (-10.0, 59.3, 42.7), (-20.0, 69.7, 47.6), (-25.2, 75.0, 50.0), (20.0, 20.0, 20.0)],
)
def test_radiators_of_75_and_50_want_the_known_temperatures(
    outdoor_c: float, supply_c: float, return_c: float
) -> None:
    waters = design_waters_c(
        np.array([outdoor_c]),
        room_c=20.0,
        supply_c=np.array([75.0]),
        return_c=np.array([50.0]),
        exponent=np.array([0.3]),
    )
    assert [round(float(water[0]), 1) for water in waters] == [supply_c, return_c]


def test_the_curve_falls_with_warmer_weather_and_never_below_the_room() -> None:
    outdoor = np.linspace(-40, 30, 141)
    ones = np.ones_like(outdoor)
    supply, returned = design_waters_c(
        outdoor, room_c=20.0, supply_c=63 * ones, return_c=48 * ones, exponent=0.3 * ones
    )
    assert (np.diff(supply) <= 1e-12).all() and (supply >= returned).all() and returned.min() == 20.0


def test_a_setback_acts_at_night_across_midnight_only() -> None:
    hour = np.array([12.0, 21.9, 22.25, 23.0, 2.0, 4.0, 4.6])
    share = setback_share(hour, begin_h=np.full(7, 22.0), length_h=np.full(7, 6.5))
    np.testing.assert_allclose(share, [0, 0, 0.5, 1, 1, 1, 0], atol=1e-9)
