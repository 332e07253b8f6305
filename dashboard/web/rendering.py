"""From view models to HTML: the template environments, what every page knows, and small things templates call.

One environment per language, made once. What does not live here: which page shows what (route modules), words of
codes (`dashboard.web.vocabulary`), files for the browser (`dashboard.web.assets`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from dashboard.web import navigation
from dashboard.web.assets import asset_url
from dashboard.web.languages import N_, Localiser, translations_for
from dashboard.web.security.viewer import CLERKS, STAFF, Role
from dashboard.web.values import Bilingual, PointValue
from dashboard.web.vocabulary import source_word
from heating.points import POINTS, PointKind

__all__ = ["PageContext", "Words", "environment_for", "register_sentences", "render_template"]

_TEMPLATES = Path(__file__).parents[1]

_FLAGS = frozenset(point.name for point in POINTS if point.kind is PointKind.FLAG)
_DIGITS = {"°C": 1, "K": 1, "MPa": 3, "m³/h": 1, "GJ/h": 2, "%": 0, "Hz": 1, "m": 2, "kPa": 1, "": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext:
    """What every page knows: who reads it, in which language, and when."""

    localiser: Localiser
    now: datetime
    site_name: str
    path: str
    """Path with query, for the language switch and the current entry of the navigation."""
    username: str = ""
    """Empty before log-in."""
    roles: frozenset[str] = frozenset()
    csrf_token: str = ""
    large_text: bool = False
    """Large-text mode of the resident's page."""

    @property
    def may_stream(self) -> bool:
        """Whether the event stream has anything for this reader."""
        return not self.roles.isdisjoint((*STAFF, Role.RESIDENT))

    @property
    def is_staff(self) -> bool:
        """Whether single stations and alarms are for this reader; others see totals only."""
        return not self.roles.isdisjoint(STAFF)

    @property
    def is_clerk(self) -> bool:
        """Whether homes and their tickets are for this reader to look up and handle."""
        return not self.roles.isdisjoint(CLERKS)

    @property
    def search_page(self) -> str:
        """Where a search begins for this reader; empty where there is none."""
        return "/hotline" if self.is_clerk else "/stations" if self.is_staff else ""

    @property
    def language_url(self) -> str:
        """Address that switches to the other language and returns here."""
        return f"/language/{self.localiser.other}?{urlencode({'next': self.path})}"


@dataclass(frozen=True, slots=True)
class Words:
    """What templates call to write codes, values and times in one language; named ``say`` there."""

    localiser: Localiser

    def word(self, kind: str, code: object, **values: object) -> str:
        """Return the word of a code in the reader's language."""
        return self.localiser.text(source_word(kind, code), **values)

    def both(self, text: Bilingual | None) -> str:
        """Return a bilingual text in the reader's language."""
        return "" if text is None else text.in_locale(self.localiser.locale)

    def figure(self, value: float | None, unit: str) -> str:
        """Return a number with the decimals of its unit."""
        return self.localiser.number(value, _DIGITS.get(unit, 1))

    def shown(self, point: PointValue) -> str:
        """Return the value of a point as people read it: flags as yes and no."""
        if point.value is not None and point.point == "control_mode":
            return self.word("control_mode", f"{point.value:g}")
        if point.value is not None and self.is_flag(point):
            return self.localiser.text(N_("是") if point.value else N_("否"))
        return self.figure(point.value, point.unit)

    def is_flag(self, point: PointValue) -> bool:
        """Return whether a point is 0 or 1."""
        return point.point in _FLAGS

    def digits(self, unit: str) -> int:
        """Return how many decimals values of a unit are shown with."""
        return _DIGITS.get(unit, 1)

    def state(self, point: PointValue) -> str:
        """Return how a value is drawn: missing, bad, stale, uncertain or good."""
        if point.value is None:
            return "missing"
        if point.quality.startswith("bad"):
            return "bad"
        if point.stale:
            return "stale"
        return "uncertain" if point.quality.startswith("uncertain") else "good"

    def why(self, point: PointValue) -> str:
        """Return why a value is not plain, with its age; empty for a good fresh one."""
        state = self.state(point)
        if state == "good":
            return ""
        if state == "missing" and point.t is None:
            return self.word("quality", "missing")
        age = self.localiser.duration(point.age_s)
        if state == "stale":
            return self.localiser.text("陈旧，%(age)s前测得", age=age)
        quality = self.word("quality", point.quality)
        return self.localiser.text("%(quality)s，%(age)s前测得", quality=quality, age=age)

    def sorted_priorities(self, counts: Mapping[str, int]) -> Iterable[tuple[str, int]]:
        """Return counts as («1», n) … («4», n)."""
        return [(str(n), counts.get(f"P{n}", 0)) for n in (1, 2, 3, 4)]


Sentence = Callable[[Localiser, str, Mapping[str, object]], str]
"""Writes the sentence of a code with its parameters for a reader."""
_SENTENCES: dict[str, Sentence] = {}


def register_sentences(**sentences: Sentence) -> None:
    """Let templates call ``name(code, parameters)``: a subject has its own sentences. Before the first page."""
    _SENTENCES.update(sentences)


@lru_cache(maxsize=8)
def environment_for(localiser: Localiser) -> Environment:
    """Return the template environment of a language and zone."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    catalogue = translations_for(localiser.locale)
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(
        asset=asset_url, at=localiser, say=Words(localiser), query=_query_string, nav=navigation.entries_for
    )
    environment.globals.update({name: partial(write, localiser) for name, write in _SENTENCES.items()})
    return environment


def _query_string(**values: object) -> Markup:
    """Return ``?a=b&c=d`` of the values that are not empty, escaped for an attribute."""
    kept = {name: str(value) for name, value in values.items() if value not in (None, "")}
    return Markup("?") + urlencode(kept) if kept else Markup("")


def render_template(page: PageContext, name: str, **values: object) -> str:
    """Return a template filled for one reader.

    Raises
    ------
    jinja2.TemplateError
        When the template is broken or asks for what it was not given.
    """
    return environment_for(page.localiser).get_template(name).render(page=page, **values)
