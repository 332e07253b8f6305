"""The small values every view is made of: a reading with its age, a ratio with its denominator, columns of a trend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import sqrt

__all__ = ["Bilingual", "PointValue", "Ratio", "Sum", "TrendColumns"]

_WHOLE = 0.9
"""Share of what could count from which a sum stands for the whole (own)."""
_Z_95 = 1.959964
"""Two-sided 95 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A text in both languages of the house."""

    zh: str
    en: str

    def in_locale(self, locale: str) -> str:
        """Return the text for ``zh_CN`` or ``en``; each stands in for the other when that one is empty."""
        return (self.en or self.zh) if locale.startswith("en") else (self.zh or self.en)


@dataclass(frozen=True, slots=True, kw_only=True)
class PointValue:
    """The newest value of a point, with all that is needed not to be misled by it."""

    point: str
    """Canonical name."""
    unit: str
    """Canonical unit, for example ``°C``; empty for flags."""
    label: Bilingual
    value: float | None
    """None: missing, or the device sent null."""
    t: datetime | None
    """When it was measured; None: never."""
    age_s: float | None
    """Time since it was measured [s], not below 0."""
    quality: str
    """Word of `heating.quality.quality_label`, or ``missing``."""
    stale: bool
    """Older than twice its interval: shown hatched, left out of averages."""
    symbol: str = ""

    @property
    def usable(self) -> bool:
        """Whether it may stand in an average: there, fresh, not bad."""
        return self.value is not None and not self.stale and not self.quality.startswith("bad")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A share with its denominator."""

    numerator: int
    denominator: int
    """What was counted; 0 makes the share unknown."""
    total: int = 0
    """What could have been counted (all homes, all stations)."""
    excluded: int = 0
    """Left out because stale or bad."""

    pct: float | None = None
    """The share [%]; None when nothing was counted. Always computed, whatever is given."""
    interval_pct: tuple[float, float] | None = None
    """The 95 % interval of the share by Wilson's score [%]; None when nothing was counted. Always computed."""

    def __post_init__(self) -> None:
        n = self.denominator
        object.__setattr__(self, "pct", 100.0 * self.numerator / n if n else None)
        object.__setattr__(self, "interval_pct", _wilson_pct(self.numerator, n) if n else None)


def _wilson_pct(hits: int, n: int) -> tuple[float, float]:
    share, z2 = hits / n, _Z_95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z_95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return 100.0 * max(0.0, centre - half), 100.0 * min(1.0, centre + half)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A total over what is fresh."""

    value: float | None
    """None when nothing counts."""
    unit: str
    counted: int
    total: int
    partial: bool = False
    """Whether it is there and so much is missing that it says little of the whole. Always computed."""

    def __post_init__(self) -> None:
        missing = self.counted < _WHOLE * self.total
        object.__setattr__(self, "partial", self.value is not None and missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendColumns:
    """Series of one object, ready for a chart and its table."""

    object_id: str
    start: datetime
    end: datetime
    time_ms: Sequence[int]
    """(n,) measured time [epoch ms UTC], rising."""
    columns: Mapping[str, Sequence[float | None]]
    """(n,) a point; None: no value of that point at that time."""
    units: Mapping[str, str]
    labels: Mapping[str, Bilingual]
    gap_ms: int
    """Neighbours further apart are not to be joined by a line [ms]."""
    thinned: bool = False
    """Whether rows were left out (minimum and maximum of each bucket are kept)."""
    quality: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """(n,) quality code a point, given only for points with anything but good."""
    resolution: str = "raw"
    """What the rows were made of: ``raw`` readings, or smallest and largest values of ``5m`` or ``1h`` roll-ups; what
    the roll-ups do not have yet is raw in any case."""
