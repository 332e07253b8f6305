"""What a family of signals is: names, units, scope and meaning of its signals, and how their columns are computed.

A signal is NaN («unknown») when its value never came, is bad, or is older than rules judge by: a gap must not look like
the last value. Not here: the families themselves (one module each) and their list (`alerting.judging.signals.registry`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerting.judging.layout import Layout
from alerting.judging.object_table import ObjectTable
from alerting.judging.windows import Windows
from config.rules.scopes import Scope
from heating.assets import Circuit, Station
from heating.diagnosis.freshness import JUDGED, STALE_INTERVALS
from heating.points import Measurement

__all__ = ["CALM", "WATCH_WORDS", "Basis", "Column", "Columns", "Family", "Moment", "Signal", "WatchFigures"]

Column = NDArray[np.float64]
_SOURCE_MS = 600_000.0
"""Values of sources are judged by up to this age: they report every minute to every five [ms]."""
Columns = Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Signal:
    """One named column."""

    name: str
    unit: str
    """Unit word as in the limits of rules; empty for flags and shares."""
    meaning: str
    point: str = ""
    """Point that it is the newest value of; empty: the family computes it."""


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


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What stays the same from step to step, until the registry changes."""

    layout: Layout
    standard_c: float
    """Indoor standard of the site [°C]."""
    watching_since_ms: int
    """Objects never heard of are silent since then [epoch ms]."""
    zone: ZoneInfo
    """Site time: cold nights count less than cold days."""
    of: Measurement = Measurement.STATION
    """Whose water is looked at: that of the stations, or of the circuits of those that have several."""

    @property
    def plants(self) -> Sequence[Station | Circuit]:
        """The stations or circuits, by row."""
        layout = self.layout
        return layout.stations if self.of is Measurement.STATION else layout.circuits

    @cached_property
    def interval_s(self) -> Column:
        """Expected time between messages of each of them [s]; a circuit reports as often as its station."""
        interval_s = self.layout.station_interval_s
        return interval_s if self.of is Measurement.STATION else interval_s[self.layout.circuit_station]


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What a family computes its columns from."""

    basis: Basis
    windows: Windows
    now_ms: int
    watch: WatchFigures

    def silent_s(self, measurement: Measurement) -> Column:
        """Return for how long each object has not been heard [s]; unknown while it had no time to speak to us.

        After a restart everything was last heard before it, however well it is: an object that has not spoken since is
        taken for silent only after `STALE_INTERVALS` of its own intervals of listening.
        """
        heard_ms = self.windows.heard_ms(measurement)
        since_ms = self.windows.listening_since_ms
        silent_s = (self.now_ms - np.where(heard_ms > 0, heard_ms, self.basis.watching_since_ms)) / 1000.0
        listened_s = (self.now_ms - since_ms) / 1000.0
        unheard = (heard_ms < since_ms) & (listened_s <= STALE_INTERVALS * self._interval_s(measurement))
        return np.where(unheard, np.nan, silent_s)

    def _interval_s(self, measurement: Measurement) -> Column:
        layout = self.basis.layout
        if measurement is Measurement.ROOM:
            return layout.sensor_interval_s
        of_stations = layout.station_interval_s
        return of_stations[layout.circuit_station] if measurement is Measurement.CIRCUIT else of_stations

    def point(self, point: str) -> Column:
        """Return a point of each plant of the basis, NaN while it is unknown."""
        column: Column = self.points_now[self._point_rows[point]]
        return column

    @cached_property
    def _point_rows(self) -> Mapping[str, int]:
        return self.plants.points

    @cached_property
    def points_now(self) -> NDArray[np.float64]:
        """All points of the plants of the basis, NaN while unknown, shape ``(n_points, n_plants)``."""
        known = self.plants.all_current(oldest_ms=self._oldest_ms)
        return np.where(self.gateway_down == 1.0, np.nan, known)

    def source_point(self, point: str) -> Column:
        """Return a point of each source, NaN while it is unknown."""
        column: Column = self._sources_now[self.windows.newest(Measurement.SOURCE).points[point]]
        return column

    @cached_property
    def _sources_now(self) -> NDArray[np.float64]:
        table = self.windows.newest(Measurement.SOURCE)
        return table.all_current(oldest_ms=np.full(len(table.ids), self.now_ms - _SOURCE_MS))

    @property
    def plants(self) -> ObjectTable:
        """Newest values of the plants of the basis."""
        return self.windows.newest(self.basis.of)

    @cached_property
    def gateway_down(self) -> Column:
        """1 where the gateway's last will said offline and no telemetry came since; a circuit has that of its station."""
        down = self._said_offline(self.basis.of)
        if self.basis.of is Measurement.CIRCUIT:
            down |= self._said_offline(Measurement.STATION)[self.basis.layout.circuit_station]
        return np.where(down, 1.0, 0.0)

    def _said_offline(self, measurement: Measurement) -> NDArray[np.bool_]:
        table = self.windows.newest(measurement)
        row = table.points["gateway_online"]
        spoke_since = self.windows.heard_ms(measurement) > table.received_ms[row]
        offline: NDArray[np.bool_] = (table.value[row] == 0.0) & ~spoke_since
        return offline

    @cached_property
    def _oldest_ms(self) -> Column:
        return self.now_ms - 1000.0 * JUDGED[self.basis.of].age_s(self.basis.interval_s)


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
    of_circuits: bool = False
    """Of a family of stations: what it computes is each circuit's own where a station has several."""
