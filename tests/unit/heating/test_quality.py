"""Quality codes are stored for years: their numbers, their words and their three bands stay."""

import numpy as np
import pytest

from heating.quality import Quality, is_bad, is_good, is_judgeable, is_usable, quality_label

STORED = {
    "good": 0,
    "uncertain": 64,
    "uncertain_time": 65,
    "uncertain_moved": 66,
    "uncertain_inconsistent": 68,
    "uncertain_unconfirmed": 70,
    "bad": 128,
    "bad_range": 129,
    "bad_sensor_fault": 130,
    "bad_sentinel": 131,
    "bad_device_dead": 133,
}


def test_the_number_and_the_word_of_a_code_never_change() -> None:
    assert {quality_label(code): int(code) for code in Quality} == STORED


@pytest.mark.parametrize(("code", "band"), [(1, "uncertain"), (127, "uncertain"), (132, "bad"), (255, "bad")])
def test_a_code_of_a_later_version_is_read_by_its_band(code: int, band: str) -> None:
    assert quality_label(code) == band


def test_the_bands_meet_without_a_gap() -> None:
    codes = np.array([0, 1, 64, 127, 128, 255], np.uint8)
    assert is_good(codes).tolist() == [True, False, False, False, False, False]
    assert is_usable(codes).tolist() == [True, True, True, True, False, False]
    assert is_bad(codes).tolist() == [False, False, False, False, True, True]


def test_a_rule_judges_what_is_usable_but_no_value_that_nothing_confirmed() -> None:
    codes = np.array([0, 68, 70, 127, 128], np.uint8)
    assert is_judgeable(codes).tolist() == [True, True, False, True, False]
    assert is_usable(codes).tolist() == [True, True, True, True, False]
