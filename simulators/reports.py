"""Reports: what devices send at a moment, as a matrix, with the two forms it can leave the simulator in.

What lives here: the report, its conversion to a `SampleBatch` (history) and to MQTT messages in the native format, and
the timetable of devices. What does not: what the values are (`simulators.devices.station_instruments`,
`simulators.devices.room_sensors`), other payload families (`simulators.devices.senders`).
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import orjson
from numpy.typing import NDArray

from heating.points import POINT_INDEX, POINTS, PointKind, point_named
from heating.points import Measurement as Kind
from heating.quality import Quality
from heating.samples import ObjectRef, SampleBatch

__all__ = ["Delivery", "Fleet", "Message", "Report", "Timetable", "batch_of"]

_NEVER_MS = 2**62
_ON_THE_WAY_MS = 700
"""Time between sending and arriving in history files [ms]."""
_LOWEST = np.array([point.minimum for point in POINTS], np.float64)
_HIGHEST = np.array([point.maximum for point in POINTS], np.float64)


@dataclass(frozen=True)
class Fleet:
    """Devices of one kind and the points that they send."""

    measurement: Kind
    ids: tuple[str, ...]
    areas: tuple[str, ...]
    """The ``{area}`` of each device's topic."""
    points: tuple[str, ...]

    def topic(self, place: int, leaf: str = "telemetry") -> str:
        """Return the topic of a device."""
        return f"heat/{self.areas[place]}/{self.measurement.value}/{self.ids[place]}/{leaf}"

    def point_indices(self) -> NDArray[np.int16]:
        """Return the places of the points in `heating.points.POINTS`."""
        return np.array([POINT_INDEX[self.measurement, name] for name in self.points], np.int16)

    @cached_property
    def flag_columns(self) -> tuple[bool, ...]:
        """Return which points are flags, sent as true and false."""
        return tuple(point_named(self.measurement, name).kind is PointKind.FLAG for name in self.points)


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message."""

    topic: str
    payload: bytes
    retained: bool = False


@dataclass(frozen=True)
class Delivery:
    """How readings travel that do not leave one by one at the moment of measuring; arrays have shape ``(k,)``.

    Rows of one message stand together, newest first: they have the same device and `sent_ms`.
    """

    sent_ms: NDArray[np.int64]
    """When the message leaves [epoch ms]."""
    copies: NDArray[np.int8]
    """How often it arrives, 1 or 2."""
    clockless: NDArray[np.bool_]
    """The device has no time: arrival stands in for the moment of measuring."""

    def select(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "Delivery":
        """Return the delivery of some rows."""
        return Delivery(self.sent_ms[rows], self.copies[rows], self.clockless[rows])


@dataclass(frozen=True)
class Report:
    """Readings of devices of a fleet, `k` rows."""

    fleet: Fleet
    places: NDArray[np.int64]
    """(k,) places of the devices in the fleet."""
    measured_ms: NDArray[np.int64]
    """(k,) when they measured [epoch ms]."""
    values: NDArray[np.float64]
    """(k, n_points) values in canonical units; NaN is not sent."""
    delivery: Delivery | None = None
    """How the rows travel; None: each at once, in a message of its own."""

    def select(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "Report":
        """Return some rows."""
        delivery = None if self.delivery is None else self.delivery.select(rows)
        return Report(self.fleet, self.places[rows], self.measured_ms[rows], self.values[rows], delivery)

    def starts(self) -> NDArray[np.int64]:
        """Return the first row of each message, with the number of rows behind the last, shape ``(n_messages + 1,)``."""
        k = len(self.places)
        if self.delivery is None or not k:
            return np.arange(k + 1)
        sent = self.delivery.sent_ms
        new = (np.diff(self.places) != 0) | (np.diff(sent) != 0)
        return np.concatenate([[0], np.flatnonzero(new) + 1, [k]])

    def messages(self) -> Iterator[Message]:
        """Yield the messages in the native format; a message that arrives twice is yielded twice."""
        names, flags, places = self.fleet.points, self.fleet.flag_columns, self.places.tolist()
        moments, rows, starts = self.measured_ms.tolist(), self.values.tolist(), self.starts().tolist()
        copies = [1] * len(places) if self.delivery is None else self.delivery.copies.tolist()
        clockless = [False] * len(places) if self.delivery is None else self.delivery.clockless.tolist()
        for first, end in itertools.pairwise(starts):
            readings = []
            for row in range(first, end):
                values = {
                    name: bool(value) if flag else value
                    for name, flag, value in zip(names, flags, rows[row], strict=True)
                    if value == value
                }
                readings.append({"v": values} if clockless[row] else {"t": moments[row], "v": values})
            body = readings[0] if len(readings) == 1 else {"batch": readings}
            message = Message(self.fleet.topic(places[first]), orjson.dumps(body))
            for _ in range(copies[first]):
                yield message


class Timetable:
    """When each device of a fleet reports next: every interval, each at a second of its own.

    Parameters
    ----------
    interval_ms : ndarray
        (n,) time between two reports [ms].
    phase : ndarray
        (n,) in [0, 1): share of the interval by which a device is late against the full interval.
    start_ms : int
        No report is due before this moment [epoch ms].
    """

    def __init__(self, *, interval_ms: NDArray[np.int64], phase: NDArray[np.float64], start_ms: int) -> None:
        self._phase_ms = (phase * interval_ms).astype(np.int64) // 1000 * 1000
        self._interval_ms = interval_ms
        self._next_ms = np.zeros_like(interval_ms)
        self.restart(interval_ms=interval_ms, start_ms=start_ms)

    def restart(self, *, interval_ms: NDArray[np.int64], start_ms: int) -> None:
        """Change the intervals; the next reports are the first ones after `start_ms` on the new rhythm."""
        self._interval_ms = interval_ms
        shift = self._phase_ms % interval_ms
        rounds = -((shift - start_ms) // interval_ms)
        self._next_ms = rounds * interval_ms + shift
        self._next_ms += np.where(self._next_ms <= start_ms, interval_ms, 0)
        self._soonest_ms = int(self._next_ms.min(initial=_NEVER_MS))

    def due(self, now_ms: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield places and moments of all reports due up to `now_ms`, each device's in order of time."""
        while self._soonest_ms <= now_ms:
            places = np.flatnonzero(self._next_ms <= now_ms)
            moments = self._next_ms[places]
            self._next_ms[places] = moments + self._interval_ms[places]
            self._soonest_ms = int(self._next_ms.min())
            yield places, moments


def batch_of(reports: Sequence[Report]) -> SampleBatch:
    """Join reports to one batch, ordered as given, as a product would have stored it.

    NaN values are left out, repeated messages are stored once, a device without a clock gets the time of arrival,
    what cannot be true of a working device gets the quality bad_range.
    """
    if not reports:
        return SampleBatch.empty()
    offsets: dict[int, int] = {}
    objects: list[ObjectRef] = []
    parts: list[tuple[NDArray[np.generic], ...]] = []
    for report in reports:
        fleet = report.fleet
        if id(fleet) not in offsets:
            offsets[id(fleet)] = len(objects)
            objects.extend(ObjectRef(fleet.measurement, object_id) for object_id in fleet.ids)
        width = len(fleet.points)
        sent = ~np.isnan(report.values)
        index = np.broadcast_to((report.places + offsets[id(fleet)])[:, None], sent.shape)[sent]
        points = np.broadcast_to(fleet.point_indices(), (len(report.places), width))[sent]
        measured, received, doubtful = (
            np.broadcast_to(column[:, None], sent.shape)[sent] for column in _times(report)
        )
        parts.append((index.astype(np.int32), points, measured, received, doubtful, report.values[sent]))
    index, point, measured, received, doubtful, value = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    impossible = (value < _LOWEST[point]) | (value > _HIGHEST[point])
    quality = np.where(
        impossible, Quality.BAD_RANGE, np.where(doubtful, Quality.UNCERTAIN_TIME, Quality.GOOD)
    )
    return SampleBatch(
        objects=tuple(objects),
        object_index=index.astype(np.int32),
        point=point.astype(np.int16),
        measured_ms=measured.astype(np.int64),
        received_ms=received.astype(np.int64),
        value=value.astype(np.float64),
        quality=quality.astype(np.uint8),
    )


def _times(report: Report) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return when each row counts as measured, when it arrives [epoch ms], and whether its time is in doubt, ``(k,)``."""
    delivery = report.delivery
    if delivery is None:
        moments = report.measured_ms
        return moments, moments + _ON_THE_WAY_MS, np.zeros(len(moments), np.bool_)
    received = delivery.sent_ms + _ON_THE_WAY_MS
    moments = report.measured_ms
    if delivery.clockless.any():  # the newest sample of a message counts as measured on arrival
        starts = report.starts()
        newest = np.repeat(moments[starts[:-1]], np.diff(starts))
        moments = np.where(delivery.clockless, moments + received - newest, moments)
    return moments, received, delivery.clockless
