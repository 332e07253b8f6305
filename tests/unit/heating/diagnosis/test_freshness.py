"""One place says how old a value may be, and the shipped rules of silence agree with it."""

import numpy as np
import pytest

from config.rules.reading import load_rules
from config.settings.tree import RulesSettings
from heating.diagnosis.freshness import JUDGED, SILENT, STALE_INTERVALS, AgeLimit
from heating.points import Measurement


def test_an_age_is_some_intervals_and_never_below_its_floor() -> None:
    limit = AgeLimit(5.0, 300.0)
    assert limit.age_s(np.array([10.0, 60.0, 61.0])).tolist() == [300.0, 300.0, 305.0]


@pytest.mark.parametrize("measurement", [Measurement.STATION, Measurement.ROOM])
@pytest.mark.parametrize("interval_s", [10.0, 300.0, 3600.0])
def test_a_value_is_stale_before_rules_forget_it_and_forgotten_before_its_object_is_silent(
    measurement: Measurement, interval_s: float
) -> None:
    interval = np.array([interval_s])
    judged_s, silent_s = JUDGED[measurement].age_s(interval)[0], SILENT[measurement].age_s(interval)[0]
    assert STALE_INTERVALS * interval_s < judged_s <= silent_s


@pytest.mark.parametrize(
    ("rule_id", "measurement"), [("DQ-01", Measurement.ROOM), ("DQ-08", Measurement.STATION)]
)
def test_the_shipped_rules_of_silence_have_the_same_limits(rule_id: str, measurement: Measurement) -> None:
    limits = load_rules(RulesSettings()).rule(rule_id).limits
    found = AgeLimit(limits["intervals"].value, limits["shortest_s"].value)
    assert found == SILENT[measurement]


def test_rules_judge_a_station_for_five_minutes_and_a_room_for_half_an_hour_however_often_they_report() -> (
    None
):
    ages_s = {measurement: limit.age_s(np.array([1.0])).tolist() for measurement, limit in JUDGED.items()}
    assert ages_s == {
        Measurement.STATION: [300.0],
        Measurement.CIRCUIT: [300.0],
        Measurement.ROOM: [1800.0],
    }
