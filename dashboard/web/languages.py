"""Languages of the pages: which one a person reads, their catalogue, and how times and numbers are written.

Chinese is the source language: the texts in code and templates are Chinese, and the English catalogue
``locales/en/LC_MESSAGES/messages.po`` translates them. The catalogue is read as text at start, so no compiled copy
can drift from it. What does not live here: alarm texts (rule files, `config.rules.alarm_texts`) and labels of points
(`heating.points`).
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from math import isfinite
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

__all__ = [
    "DEFAULT_LOCALE",
    "LOCALES",
    "LOCALE_COOKIE",
    "MISSING",
    "N_",
    "Localiser",
    "choose_locale",
    "localiser_for",
    "translations_for",
]

DEFAULT_LOCALE = "zh_CN"
"""Language of the source texts."""
LOCALES = ("zh_CN", "en")
"""Languages that pages can be read in."""
LOCALE_COOKIE = "nuanliu_locale"
"""Cookie that keeps a person's choice."""
MISSING = "—"
"""Shown where there is no value; never 0 and never an empty cell."""

_LOCALES_FOLDER = Path(__file__).parents[1] / "locales"


def N_(text: str) -> str:  # the name that gettext tools look for
    """Return a text unchanged: marks it for the catalogue where it is only translated later."""
    return text


def choose_locale(cookie: str | None, *, default: str = DEFAULT_LOCALE) -> str:
    """Return the language of a request: the person's choice, else the site's default.

    The browser's language list is not asked: the site decides the first impression, people switch on any page.
    """
    return cookie if cookie in LOCALES else default


@lru_cache(maxsize=len(LOCALES))
def translations_for(locale: str) -> NullTranslations:
    """Return the catalogue of a language, compiled in memory from its ``.po`` file.

    Raises
    ------
    FileNotFoundError
        When a language other than the source language has no catalogue.
    """
    if locale == DEFAULT_LOCALE:
        return NullTranslations()
    path = _LOCALES_FOLDER / locale / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as source:
        catalogue = read_po(source, locale=locale)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(fp=compiled)


@dataclass(frozen=True, slots=True)
class Localiser:
    """One language and one time zone: every text, time and number of a page goes through it."""

    locale: str
    """``zh_CN`` or ``en``."""
    zone: ZoneInfo
    """Zone in which times are shown."""

    @property
    def html_lang(self) -> str:
        """Value of the ``lang`` attribute."""
        return "zh-CN" if self.locale == DEFAULT_LOCALE else self.locale

    @property
    def other(self) -> str:
        """The language the switch leads to."""
        return LOCALES[1 - LOCALES.index(self.locale)]

    def text(self, source: str, **values: object) -> str:
        """Translate a source text and fill in ``%(name)s`` fields."""
        translated = translations_for(self.locale).gettext(source)
        return translated % values if values else translated

    def pick(self, chinese: str, english: str) -> str:
        """Return the name in this language; the Chinese one where no English one is kept."""
        return chinese if self.locale == DEFAULT_LOCALE or not english else english

    def number(self, value: float | None, digits: int = 1) -> str:
        """Return a number with fixed decimals and a true minus sign; `MISSING` for None and NaN."""
        if value is None or not isfinite(value):
            return MISSING
        rounded = round(float(value), digits) + 0.0
        return f"{rounded:,.{digits}f}".replace("-", "\N{MINUS SIGN}")

    def time(self, moment: datetime | None) -> str:
        """Return hours and minutes of an aware time in the site's zone; `MISSING` for None."""
        return MISSING if moment is None else self._local(moment).strftime("%H:%M")

    def moment(self, moment: datetime | None, *, now: datetime | None = None) -> str:
        """Return date and time in the site's zone, without the date when it is that of `now`."""
        if moment is None:
            return MISSING
        local = self._local(moment)
        if now is not None and local.date() == self._local(now).date():
            return local.strftime("%H:%M")
        return local.strftime("%m-%d %H:%M")

    def full(self, moment: datetime | None) -> str:
        """Return year, date, time with seconds in the site's zone."""
        return MISSING if moment is None else self._local(moment).strftime("%Y-%m-%d %H:%M:%S")

    def duration(self, seconds: float | None) -> str:
        """Return a length of time in its largest fitting unit, for example «12 分钟»; `MISSING` for None and NaN."""
        if seconds is None or not isfinite(seconds):
            return MISSING
        whole = max(0, round(seconds))
        if whole < 60:
            return self.text(N_("%(n)s 秒"), n=whole)
        if whole < 3600:
            return self.text(N_("%(n)s 分钟"), n=whole // 60)
        if whole < 48 * 3600:
            hours, minutes = divmod(whole // 60, 60)
            if minutes == 0 or hours >= 10:
                return self.text(N_("%(n)s 小时"), n=hours)
            return self.text(N_("%(h)s 小时 %(m)s 分钟"), h=hours, m=minutes)
        return self.text(N_("%(n)s 天"), n=whole // 86400)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)


@lru_cache(maxsize=8)
def localiser_for(locale: str, time_zone: str) -> Localiser:
    """Return the localiser of a language and a zone name."""
    return Localiser(locale=locale, zone=ZoneInfo(time_zone))
