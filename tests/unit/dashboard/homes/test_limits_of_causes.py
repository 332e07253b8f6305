"""At which share and from how many homes on a riser, a building or a station is named as the cause."""

import pytest

from dashboard.homes.probable_cause import HomeFacts, probable_cause
from dashboard.web.values import Bilingual, PointValue, Ratio

COLD_ROOM = PointValue(
    point="room_temp_c",
    unit="°C",
    label=Bilingual("室温", "Room temperature"),
    value=15.0,
    t=None,
    age_s=60.0,
    quality="good",
    stale=False,
)


def cause_of(*, building: tuple[int, int], riser: tuple[int, int] = (0, 0)) -> str:
    """Return the cause for a cold home with (cold, measured) others in its building and on its riser."""
    facts = HomeFacts(
        contract="heating",
        vulnerable=False,
        has_sensor=True,
        sensor_fault=False,
        room=COLD_ROOM,
        standard_c=18.0,
        incidents=[],
        station=None,
        building=Ratio(numerator=building[0], denominator=building[1]),
        riser=Ratio(numerator=riser[0], denominator=riser[1]),
    )
    return probable_cause(facts).code


@pytest.mark.parametrize(
    ("building", "cause"),
    [
        ((3, 10), "building"),  # exactly 30 %
        ((2, 7), "single_home"),  # 28.6 %
        ((30, 101), "single_home"),
        ((1, 3), "building"),  # three measured homes are enough
        ((2, 2), "single_home"),  # two are not, whatever they say
        ((1, 1), "unknown"),
        ((0, 2), "single_home"),
        ((0, 1), "unknown"),
        ((0, 0), "unknown"),
    ],
)
def test_a_building_is_cold_at_thirty_percent_of_at_least_three_homes(
    building: tuple[int, int], cause: str
) -> None:
    assert cause_of(building=building) == cause


@pytest.mark.parametrize(
    ("riser", "cause"),
    [
        ((1, 2), "riser"),  # exactly half of exactly two
        ((2, 4), "riser"),
        ((49, 99), "single_home"),
        ((1, 3), "single_home"),
        ((1, 1), "single_home"),  # one neighbour proves nothing
    ],
)
def test_a_riser_is_cold_at_half_of_at_least_two_homes(riser: tuple[int, int], cause: str) -> None:
    assert cause_of(building=(riser[0], 400), riser=riser) == cause


@pytest.mark.parametrize(
    ("building", "riser", "cause"),
    [
        ((5, 8), (4, 4), "riser"),  # exactly four fifths of the cold homes
        ((6, 8), (4, 4), "building"),
        ((6, 21), (4, 4), "riser"),  # 28.6 % do not make a building: the riser stays
    ],
)
def test_the_riser_is_meant_when_it_holds_four_fifths_of_the_cold_homes(
    building: tuple[int, int], riser: tuple[int, int], cause: str
) -> None:
    assert cause_of(building=building, riser=riser) == cause
