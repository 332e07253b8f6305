"""Reports: what devices send at a moment, as a matrix, with the two forms it can leave the simulator in.

What lives here: the report, its conversion to a `SampleBatch` (history) and to MQTT messages (live), and the timetable
of devices. What does not: what the values are (`simulators.stations.station_readings`, `simulators.devices.room_sensors`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
from numpy.typing import NDArray

from heating.points import POINT_INDEX, PointKind, point_named
from heating.points import Measurement as Kind
from heating.samples import ObjectRef, SampleBatch

__all__ = ["Fleet", "Message", "Report", "Timetable", "batch_of"]

_NEVER_MS = 2**62
_ON_THE_WAY_MS = 700
"""Time between measuring and arriving in history files [ms]."""


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
class Report:
    """What `k` devices of a fleet send."""

    fleet: Fleet
    places: NDArray[np.int64]
    """(k,) places of the devices in the fleet."""
    measured_ms: NDArray[np.int64]
    """(k,) when they measured [epoch ms]."""
    values: NDArray[np.float64]
    """(k, n_points) values in canonical units; NaN is not sent."""

    def messages(self) -> Iterator[Message]:
        """Yield one message a device, in the native format."""
        names, flags = self.fleet.points, self.fleet.flag_columns()
        for place, measured_ms, row in zip(
            self.places.tolist(), self.measured_ms.tolist(), self.values.tolist(), strict=True
        ):
            values = {
                name: bool(value) if flag else value
                for name, flag, value in zip(names, flags, row, strict=True)
                if value == value
            }
            yield Message(self.fleet.topic(place), orjson.dumps({"t": measured_ms, "v": values}))


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
    """Join reports to one batch, ordered as given; NaN values are left out."""
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
        measured = np.broadcast_to(report.measured_ms[:, None], sent.shape)[sent]
        parts.append((index.astype(np.int32), points, measured, report.values[sent]))
    index, point, measured, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    return SampleBatch(
        objects=tuple(objects),
        object_index=index.astype(np.int32),
        point=point.astype(np.int16),
        measured_ms=measured.astype(np.int64),
        received_ms=measured.astype(np.int64) + _ON_THE_WAY_MS,
        value=value.astype(np.float64),
        quality=np.zeros(len(value), np.uint8),
    )
