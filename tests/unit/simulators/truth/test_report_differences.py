"""Reports of two cities are compared device by device, as an operator would see them."""

import numpy as np
import pytest

from heating.points import Measurement
from simulators.reports import Fleet, Report
from simulators.truth.report_differences import ReportDifferences, visible_difference
from tests.unit.simulators.cities import small_city

FLEET = Fleet(
    measurement=Measurement.ROOM,
    ids=tuple(f"rs-{n}" for n in range(120)),
    areas=("x",) * 120,
    points=("room_temp_c", "room_humidity_pct"),
)
EVERY_SENSOR = {Measurement.ROOM: np.arange(120)}


def report(places: list[int], moment_ms: int, temp_c: float = 20.0) -> list[Report]:
    count = len(places)
    return [
        Report(
            fleet=FLEET,
            places=np.array(places, np.int64),
            measured_ms=np.full(count, moment_ms, np.int64),
            values=np.tile([temp_c, 30.0], (count, 1)),
        )
    ]


@pytest.fixture
def differences() -> ReportDifferences:
    return ReportDifferences(small_city(spin_up="0s"))


def test_equal_reports_do_not_differ(differences: ReportDifferences) -> None:
    differences.compare(report([1, 2], 1000), report([1, 2], 1000))
    assert not differences.shows_now(EVERY_SENSOR)
    assert differences.first_among(EVERY_SENSOR, 0) is None


@pytest.mark.parametrize(("colder_k", "seen"), [(0.2, False), (0.4, True), (float("nan"), True)])
def test_only_what_an_operator_could_see_counts(
    differences: ReportDifferences, colder_k: float, seen: bool
) -> None:
    differences.compare(report([1], 1000, 20 - colder_k), report([1], 1000))
    assert differences.shows_now(EVERY_SENSOR) is seen


def test_a_device_that_is_silent_differs_from_the_moment_at_which_it_should_have_spoken(
    differences: ReportDifferences,
) -> None:
    differences.compare(report([1], 1000), report([1, 2], 1000))
    assert differences.first_among({Measurement.ROOM: np.array([2])}, 500) == 1000
    assert differences.first_among({Measurement.ROOM: np.array([1])}, 500) is None


def test_a_device_that_agrees_again_no_longer_differs(differences: ReportDifferences) -> None:
    differences.compare(report([1], 1000, 15.0), report([1], 1000))
    differences.compare(report([1], 2000), report([1], 2000))
    assert not differences.shows_now(EVERY_SENSOR)


def test_a_register_that_lags_behind_for_good_is_no_lasting_difference() -> None:
    absolute, share = visible_difference("primary_heat_total_gj")
    assert max(absolute, share * 40_000) > 1000, "weeks of a fault"
    assert max(absolute, share * 40_000) < 40_000, "but a register begun anew shows"
