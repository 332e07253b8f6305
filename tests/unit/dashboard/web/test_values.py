"""Ratios with their denominators, texts in two languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.web.values import Bilingual, Ratio


def test_a_ratio_of_nothing_is_unknown_and_not_zero() -> None:
    nothing = Ratio(numerator=0, denominator=0, total=10)
    assert nothing.pct is None
    assert nothing.interval_pct is None


def test_wilsons_interval_gives_the_textbook_figures() -> None:
    # 81 of 263: Newcombe 1998, table I, score interval without continuity correction: 0.2553 to 0.3662.
    interval = Ratio(numerator=81, denominator=263).interval_pct
    assert interval == pytest.approx((25.53, 36.62), abs=0.01)


@given(st.integers(1, 500), st.data())
def test_the_interval_holds_the_share_and_stays_between_0_and_100(n: int, data: st.DataObject) -> None:
    ratio = Ratio(numerator=data.draw(st.integers(0, n)), denominator=n)
    assert ratio.interval_pct is not None and ratio.pct is not None
    low, high = ratio.interval_pct
    assert 0.0 <= low <= ratio.pct + 1e-9
    assert ratio.pct - 1e-9 <= high <= 100.0


def test_a_text_without_a_translation_is_shown_in_the_other_language() -> None:
    assert Bilingual("东站", "").in_locale("en") == "东站"
    assert Bilingual("", "East").in_locale("zh_CN") == "East"
    assert Bilingual("东站", "East").in_locale("zh_CN") == "东站"
