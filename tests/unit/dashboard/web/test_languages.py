"""Language, time zone and numbers of the pages."""

from datetime import UTC, datetime
from functools import cache
from math import nan
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from dashboard.web.languages import MISSING, choose_locale, localiser_for, translations_for

ROOT = Path(__file__).parents[4]
CATALOGUE = ROOT / "dashboard" / "locales" / "en" / "LC_MESSAGES" / "messages.po"
CHINESE = localiser_for("zh_CN", "Asia/Shanghai")
ENGLISH = localiser_for("en", "Asia/Shanghai")
NOON = datetime(2026, 1, 14, 16, 30, tzinfo=UTC)


@cache
def source_texts() -> frozenset[str]:
    """Every text that code and templates show, as pybabel finds it."""
    methods = [("**.py", "python"), ("**.html", "jinja2")]
    options = {"**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}
    keywords = {"_": None, "N_": None, "text": None, "gettext": None}
    found = extract_from_dir(ROOT / "dashboard", methods, options, keywords)
    return frozenset(message if isinstance(message, str) else message[0] for _, _, message, _, _ in found)


def catalogue() -> dict[str, str]:
    with CATALOGUE.open("rb") as source:
        return {str(message.id): str(message.string) for message in read_po(source) if message.id}


def test_every_text_has_an_english_translation_and_none_is_left_over() -> None:
    assert source_texts() == set(catalogue())
    assert len(source_texts()) > 300


def test_no_translation_is_empty_or_doubtful_or_chinese() -> None:
    with CATALOGUE.open("rb") as source:
        assert not [message.id for message in read_po(source) if message.fuzzy]
    for source_text, english in catalogue().items():
        assert english.strip(), source_text
        assert not any("\u4e00" <= character <= "\u9fff" for character in english), english


def test_a_translation_has_the_places_of_its_source() -> None:
    wrong = {
        text: said for text, said in catalogue().items() if sorted(_places(text)) != sorted(_places(said))
    }
    assert not wrong
    assert _places("%(n)s / {age}") == ["age", "n"]


def _places(text: str) -> list[str]:
    braces = [name for _, name, _, _ in Formatter().parse(text.replace("%(", "«")) if name]
    return braces + [part.split(")s")[0] for part in text.split("%(")[1:]]


def test_times_are_shown_in_the_zone_of_the_site_and_not_of_the_machine() -> None:
    assert CHINESE.time(NOON) == "00:30"
    assert CHINESE.full(NOON) == "2026-01-15 00:30:00"
    assert CHINESE.moment(NOON, now=NOON) == "00:30"
    assert CHINESE.moment(NOON, now=datetime(2026, 1, 14, 12, tzinfo=UTC)) == "01-15 00:30"


def test_what_is_missing_is_a_dash_and_never_a_zero() -> None:
    assert [CHINESE.number(None), CHINESE.number(nan), CHINESE.duration(None), CHINESE.time(None)] == [
        MISSING
    ] * 4
    assert CHINESE.number(0.0) == "0.0"


def test_a_small_negative_number_is_not_minus_zero() -> None:
    assert CHINESE.number(-0.04) == "0.0"
    assert CHINESE.number(-24.6) == "−24.6"


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [
        (12.4, "12 秒", "12 s"),
        (119, "1 分钟", "1 min"),
        (3600, "1 小时", "1 h"),
        (5400, "1 小时 30 分钟", "1 h 30 min"),
        (47 * 3600, "47 小时", "47 h"),
        (3 * 86400, "3 天", "3 d"),
    ],
)
def test_a_length_of_time_is_said_in_its_fitting_unit(seconds: float, chinese: str, english: str) -> None:
    assert CHINESE.duration(seconds) == chinese
    assert ENGLISH.duration(seconds) == english


@given(st.floats(min_value=0, max_value=1e8))
def test_every_length_of_time_can_be_said(seconds: float) -> None:
    assert CHINESE.duration(seconds)[0].isdigit()


def test_a_person_s_choice_goes_before_the_site_s_default() -> None:
    assert choose_locale("en", default="zh_CN") == "en"
    assert choose_locale(None, default="zh_CN") == "zh_CN"
    assert choose_locale("../../etc", default="zh_CN") == "zh_CN"


def test_a_language_without_catalogue_is_an_error_and_not_silence() -> None:
    with pytest.raises(FileNotFoundError):
        translations_for("xx")
