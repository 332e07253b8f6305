"""The windows of the running house, for any thread: takes batches from the collector, answers pages and rules.

Not here: what windows are (`alerting.judging.windows`) and how they are filled at a start (`alerting.serving.warm_start`).
Reads no clock.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import numpy as np
import structlog
from numpy.typing import NDArray

from alerting.judging.layout import Layout
from alerting.judging.windows import Windows
from heating.assets import Site
from heating.heat_tree import HeatTree
from heating.points import Measurement
from heating.protocols import LatestValue
from heating.samples import ObjectRef, SampleBatch

__all__ = ["LiveState"]

_log = structlog.get_logger()


class LiveState:
    """Newest values; a `BatchSink` and a `LatestValues`, safe to use from any thread.

    Parameters
    ----------
    site : Site
        The registry.
    tree : HeatTree
        Its heat-supply tree.
    now : datetime, optional
        Which sensor measures which home at this moment; without it assignments that have ended are left out.
    """

    def __init__(self, site: Site, tree: HeatTree, *, now: datetime | None = None) -> None:
        self._lock = threading.RLock()
        self._windows = Windows(Layout(site, tree, now=now))
        self.unknown_rows = 0
        """Rows of objects that the registry does not know."""
        self.former_home_rows = 0
        """Rows that a sensor measured before it came to its present home: kept in the store, not shown here."""

    @property
    def layout(self) -> Layout:
        """Objects and rows of now."""
        return self._windows.layout

    @property
    def past_is_missing(self) -> bool:
        """Whether the hours before the start are still to be read; who gives up waiting for them says so here."""
        return self._windows.past_is_missing

    @past_is_missing.setter
    def past_is_missing(self, missing: bool) -> None:
        self._windows.past_is_missing = missing

    @contextmanager
    def held(self) -> Iterator[Windows]:
        """Hold the windows still while several columns of one moment are read."""
        with self._lock:
            yield self._windows

    def rebuild(self, site: Site, tree: HeatTree, *, now: datetime | None = None) -> None:
        """Follow a changed registry; values of objects that stay are kept, but not those of a sensor's former home."""
        layout = Layout(site, tree, now=now)
        with self._lock:
            self._windows = self._windows.carried_to(layout)

    def accept(self, batch: SampleBatch) -> None:
        """Take a batch; never raises. Rows not newer than what is known change nothing."""
        self._take(batch, past=False)

    def accept_past(self, batch: SampleBatch) -> None:
        """Take readings of the past: as `accept`, and they fill the gaps of the rooms' windows."""
        self._take(batch, past=True)

    def _take(self, batch: SampleBatch, *, past: bool) -> None:
        try:
            with self._lock:
                left_out = self._windows.take(batch, past=past)
                self.unknown_rows += left_out.unknown
                self.former_home_rows += left_out.of_former_home
        except (ValueError, IndexError, KeyError, TypeError, OverflowError):
            _log.exception("alerting.batch_not_taken", rows=len(batch))

    def fill_hours(
        self, sensor_ids: Sequence[str], hour: NDArray[np.int64], mean_c: NDArray[np.float64]
    ) -> None:
        """Take means of whole past hours, as `Windows.fill_hours`."""
        with self._lock:
            self._windows.fill_hours(sensor_ids, hour, mean_c)

    def anyone_unheard(self, measurement: Measurement) -> bool:
        """Return whether some object of a measurement was never heard."""
        with self._lock:
            return not self._windows.newest(measurement).heard_ms.all()

    def of_object(self, ref: ObjectRef) -> Mapping[str, LatestValue]:
        """Return the newest usable value of each point that ever came, with the quality of the newest row."""
        with self._lock:
            table = self._windows.newest(ref.measurement)
            place = table.index.get(ref.object_id)
            if place is None:
                return {}
            return {
                name: LatestValue(
                    value=float(table.value[row, place]),
                    quality=int(table.quality[row, place]),
                    measured_ms=int(table.measured_ms[row, place]),
                    received_ms=int(table.received_ms[row, place]),
                )
                for name, row in table.points.items()
                if table.measured_ms[row, place] > 0
            }

    def column(
        self, measurement: Measurement, point: str, object_ids: Sequence[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.uint8]]:
        """Return value (NaN: never came), measured_ms (0: never) and quality, each of shape (len(object_ids),)."""
        with self._lock:
            table = self._windows.newest(measurement)
            row = table.points[point]
            places = table.places_of(object_ids)
            known = places >= 0
            value = np.full(len(places), np.nan)
            measured_ms = np.zeros(len(places), np.int64)
            quality = np.zeros(len(places), np.uint8)
            value[known] = table.value[row, places[known]]
            measured_ms[known] = table.measured_ms[row, places[known]]
            quality[known] = table.quality[row, places[known]]
            return value, measured_ms, quality

    def last_received_ms(self, ref: ObjectRef) -> int:
        """Return when telemetry of an object last arrived [epoch ms], 0 when never."""
        with self._lock:
            table = self._windows.newest(ref.measurement)
            place = table.index.get(ref.object_id)
            return 0 if place is None else int(table.heard_ms[place])
