"""Waiting with a deadline."""

import pytest

from tests.support.waiting import wait_until


def test_the_first_truthy_value_is_returned() -> None:
    answers = iter([0, None, "", "there", "later"])
    assert wait_until(lambda: next(answers), timeout_s=5, interval_s=0.001) == "there"


def test_the_predicate_is_asked_once_even_without_time() -> None:
    assert wait_until(lambda: 7, timeout_s=0) == 7


def test_too_late_names_what_was_awaited_and_the_last_value() -> None:
    with pytest.raises(AssertionError, match=r"0\.01 s: the alarm; last value \[\]"):
        wait_until(list, timeout_s=0.01, interval_s=0.001, what="the alarm")


def test_an_error_of_the_predicate_is_not_hidden() -> None:
    def broken() -> bool:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        wait_until(broken, timeout_s=5)
