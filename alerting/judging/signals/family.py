"""What a family of signals is: names, units, scope and meaning of its signals, and how their columns are computed.

A signal is NaN («unknown») when its value never came, is bad, or is older than rules judge by: a gap must not look like
the last value. Not here: the families themselves (one module each) and their list (`alerting.judging.signals.registry`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerting.judging.layout import Layout
from alerting.judging.object_table import ObjectTable
from alerting.judging.windows import Windows
from config.rules.scopes import Scope
from heating.diagnosis.freshness import JUDGED
from heating.points import Measurement

__all__ = ["CALM", "WATCH_WORDS", "Basis", "Column", "Columns", "Family", "Moment", "Signal", "WatchFigures"]

Column = NDArray[np.float64]
Columns = Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Signal:
    """One named column."""

    name: str
    unit: str
    """Unit word as in the limits of rules; empty for flags and shares."""
    meaning: str
    point: str = ""
    """Station point that it is the newest value of; empty: the family computes it."""


@dataclass(frozen=True, slots=True)
class WatchFigures:
    """What the watch knows of itself."""

    blind_s: float = 0.0
    """Time between this judging of the rules and the one before [s]."""
    feed_down_s: float = 0.0
    """Time since readings could last come in [s]."""
    clock_jump_s: float = 0.0
    """How far the machine's clock jumped since the judging before [s]; negative: back."""
    lost_s: float = 0.0
    """Length of the span in which readings were lost before a collector took them [s]; 0: none lately."""
    lost_messages: float = 0.0
    """Messages in it, as far as they were counted."""
    lost_from_s: float = 0.0
    """Start of the span [epoch s]."""
    lost_until_s: float = 0.0
    """Its end [epoch s]."""
    throttled_messages: float = 0.0
    """Messages of senders above their share, kept aside; 0: none is above it."""
    refused_values: float = 0.0
    """Values that the store refuses because it has their field with another type; 0: none lately."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Words for the texts of alarms: those of `WATCH_WORDS` that are known."""


WATCH_WORDS = ("throttled_senders", "refused_measurement", "refused_field", "refused_there_type")
"""Words that texts of the watch's rules may name beside signals: who is throttled, which field is refused."""

CALM = WatchFigures()
"""Nothing was missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What stays the same from step to step, until the registry changes."""

    layout: Layout
    standard_c: float
    """Indoor standard of the site [°C]."""
    watching_since_ms: int
    """Objects never heard of are silent since then [epoch ms]."""
    zone: ZoneInfo
    """Site time: cold nights count less than cold days."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What a family computes its columns from."""

    basis: Basis
    windows: Windows
    now_ms: int
    watch: WatchFigures

    def silent_s(self, measurement: Measurement) -> Column:
        """Return for how long each object has not been heard [s]."""
        heard_ms = self.windows.newest(measurement).heard_ms
        return (self.now_ms - np.where(heard_ms > 0, heard_ms, self.basis.watching_since_ms)) / 1000.0

    def station_point(self, point: str) -> Column:
        """Return a point of each station, NaN while it is unknown."""
        known = self.stations.current(point, oldest_ms=self._oldest_station_ms)
        return np.where(self.gateway_down == 1.0, np.nan, known)

    @property
    def stations(self) -> ObjectTable:
        """Newest values of the stations."""
        return self.windows.newest(Measurement.STATION)

    @cached_property
    def gateway_down(self) -> Column:
        """1 where the gateway's last will said offline and no telemetry came since."""
        table = self.stations
        row = table.points["gateway_online"]
        spoke_since = table.heard_ms > table.received_ms[row]
        return np.where((table.value[row] == 0.0) & ~spoke_since, 1.0, 0.0)

    @cached_property
    def _oldest_station_ms(self) -> Column:
        interval_s = self.basis.layout.station_interval_s
        return self.now_ms - 1000.0 * JUDGED[Measurement.STATION].age_s(interval_s)


def _none(_: object) -> Columns:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Signals that belong together."""

    scope: Scope
    """Whose signals they are; a column has one row an object of it, in tree order."""
    signals: tuple[Signal, ...]
    columns: Callable[[Moment], Columns] = field(default=_none)
    """Computes the signals of a moment, save those that are points and those of `constants`."""
    constants: Callable[[Basis], Columns] = field(default=_none)
    """Computes the signals that follow from the registry alone, once."""
