"""The last day of many stations as short lines for a list: few values each, kept for some minutes.

A list shows what is kept and asks for the rest after it was painted. All stations of a list come from one read of the
roll-ups; readings are read, station by station, only of those that have no roll-up in most of the day.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from heating.clock import Clock
from heating.intervals import Interval, from_epoch_ms
from heating.points import Measurement
from heating.protocols import RollupName, TimeSeriesStore
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
_COVERED_SLOTS = 44
"""A station with roll-ups in so many of the half hours is drawn from them alone."""
MOST_OBJECTS = 2_000
"""Stations of one read of the roll-ups."""


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
    measurement : Measurement
        Stations, or circuits of those that have several.
    """

    def __init__(
        self,
        *,
        store: TimeSeriesStore,
        clock: Clock,
        measurement: Measurement = Measurement.STATION,
    ) -> None:
        self._store = store
        self._measurement = measurement
        self._rollup = RollupName(f"{measurement.value}_5m")
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
        wanted = [name for name in station_ids if name not in sparks]
        for start in range(0, len(wanted), MOST_OBJECTS):
            sparks |= self._read_rolled_up(wanted[start : start + MOST_OBJECTS])
        for name in wanted:
            if name not in sparks:
                sparks[name] = self._read_raw(name)
        self._keep({name: sparks[name] for name in wanted})
        return sparks

    def _read_rolled_up(self, station_ids: Sequence[str]) -> dict[str, Spark]:
        """Return the lines of stations whose roll-ups cover the day; the last half hour has some in any case."""
        now_ms = self._clock.now_ms()
        first_ms = now_ms - SLOTS * _SLOT_MS
        step_ms = self._rollup.step // timedelta(milliseconds=1)
        window = Interval(from_epoch_ms(first_ms - first_ms % step_ms), from_epoch_ms(now_ms))
        rows = self._store.read_rollup(self._rollup, SPARK_POINT, station_ids, window)
        counted = rows.count > 0
        place = {name: number for number, name in enumerate(station_ids)}
        number = np.array([place[name] for name in rows.object_ids], np.int64)[counted]
        middle_ms = rows.bucket_ms[counted] + step_ms // 2
        slots = np.clip(SLOTS - 1 - (now_ms - middle_ms) // _SLOT_MS, 0, SLOTS - 1)
        cells, shape = number * SLOTS + slots, len(station_ids) * SLOTS
        sums = np.bincount(cells, (rows.mean * rows.count)[counted], shape).reshape(-1, SLOTS)
        counts = np.bincount(cells, rows.count[counted], shape).reshape(-1, SLOTS)
        found: dict[str, Spark] = {}
        for name, of_slot, n in zip(station_ids, sums, counts, strict=True):
            if np.count_nonzero(n) >= _COVERED_SLOTS:
                means = [float(s / k) if k else None for s, k in zip(of_slot, n, strict=True)]
                found[name] = Spark(now_ms, means)
        return found

    def _read_raw(self, station_id: str) -> Spark:
        now_ms = self._clock.now_ms()
        window = Interval.last(timedelta(hours=24), now=self._clock.now())
        series = self._store.series(
            ObjectRef(self._measurement, station_id), [SPARK_POINT], window, max_points=4 * SLOTS
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
        return Spark(now_ms, means)

    def _keep(self, sparks: Mapping[str, Spark]) -> None:
        with self._lock:
            for name, spark in sparks.items():
                self._kept[name] = spark
                self._kept.move_to_end(name)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
