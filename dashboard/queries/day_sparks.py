"""The last day of many stations as short lines for a list: few values each, kept for some minutes.

History is read station by station, so a list shows what is kept and asks for the rest after it was painted.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from heating.clock import Clock
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import TimeSeriesStore
from heating.quality import is_usable
from heating.samples import ObjectRef

__all__ = ["SLOTS", "SPARK_POINT", "DaySparks", "Spark"]

SPARK_POINT = "secondary_supply_temp_c"
"""The point that the line shows."""
SLOTS = 48
"""Half hours of a day."""
_SLOT_MS = 1_800_000
_FRESH_MS = 600_000
_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Spark:
    """One station's last 24 h."""

    read_ms: int
    values: Sequence[float | None]
    """(48,) mean of each half hour [°C], oldest first; None: nothing usable came."""


class DaySparks:
    """Reads and keeps the lines.

    Parameters
    ----------
    store : TimeSeriesStore
        History.
    clock : Clock
        The time data are judged by.
    """

    def __init__(self, *, store: TimeSeriesStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Spark] = OrderedDict()

    def kept(self, station_ids: Iterable[str]) -> dict[str, Spark]:
        """Return the lines that are kept and young enough."""
        oldest_ms = self._clock.now_ms() - _FRESH_MS
        with self._lock:
            found = {name: self._kept[name] for name in station_ids if name in self._kept}
        return {name: spark for name, spark in found.items() if spark.read_ms >= oldest_ms}

    def read(self, station_ids: Sequence[str]) -> dict[str, Spark]:
        """Return the lines of these stations; those not kept are read from the store."""
        sparks = self.kept(station_ids)
        for name in station_ids:
            if name not in sparks:
                sparks[name] = self._read(name)
        return sparks

    def _read(self, station_id: str) -> Spark:
        now_ms = self._clock.now_ms()
        window = Interval.last(timedelta(hours=24), now=self._clock.now())
        series = self._store.series(
            ObjectRef(Measurement.STATION, station_id), [SPARK_POINT], window, max_points=4 * SLOTS
        )
        values = np.asarray(series.values.get(SPARK_POINT, np.full(len(series.time_ms), np.nan)))
        codes = series.quality.get(SPARK_POINT)
        counted = np.isfinite(values)
        if codes is not None:
            counted &= is_usable(np.asarray(codes, np.uint8))
        slots = np.clip(SLOTS - 1 - (now_ms - series.time_ms[counted]) // _SLOT_MS, 0, SLOTS - 1)
        sums = np.bincount(slots, values[counted], SLOTS)
        counts = np.bincount(slots, minlength=SLOTS)
        means = [float(s / n) if n else None for s, n in zip(sums, counts, strict=True)]
        spark = Spark(now_ms, means)
        with self._lock:
            self._kept[station_id] = spark
            self._kept.move_to_end(station_id)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return spark
