"""What a decoder returns: rows of samples that remember their message, rejections with a reason, notes.

A decoder never raises on bad input. Times and ranges are not its business: `collector.messages.validation` judges them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from heating.protocols import RawMessage
from heating.samples import ObjectRef, SampleBatch

__all__ = [
    "CommandingDecoder",
    "Decoded",
    "Decoder",
    "DeviceCommand",
    "ExtraValue",
    "NamedDevice",
    "Reason",
    "Rejection",
    "SampleRows",
    "numbers_of",
    "untimed_of",
]

DETAIL_CHARACTERS = 500
"""Longest detail of a rejection that is kept [characters]."""


class Reason(StrEnum):
    """Why a message, or a part of it, is not stored. The words are kept in the spool: never rename one."""

    BAD_UTF8 = "bad_utf8"
    """The payload is no UTF-8 text."""
    BAD_JSON = "bad_json"
    """The payload does not parse."""
    TOO_BIG = "too_big"
    """The payload is longer than the policy allows; only its beginning is kept."""
    WRONG_TYPE = "wrong_type"
    """It parses, but a part is not what the format says (text for a number, a time without a zone)."""
    NOT_TELEMETRY = "not_telemetry"
    """A command, an echo or an event that carries no readings."""
    SIMULATED = "simulated"
    """Sent by a person from a console, not by the device."""
    BAD_TOPIC = "bad_topic"
    """The topic names no object, or no route covers it."""
    UNKNOWN_DEVICE = "unknown_device"
    """The registry does not know the object; kept for the list of new devices."""
    UNKNOWN_POINT = "unknown_point"
    """A name that is no canonical point of the measurement; the other points are stored."""
    TOPIC_MISMATCH = "topic_mismatch"
    """Topic, payload and registry disagree about who speaks."""
    RANGE = "range"
    """A value outside the plausible range; stored with quality bad_range too."""
    FUTURE_TIME = "future_time"
    """Measured too far ahead of its arrival: quarantined."""
    TOO_LATE = "too_late"
    """Measured longer ago than late data are accepted."""
    CONFLICT = "conflict"
    """Another value of the same point and time came first."""
    THROTTLED = "throttled"
    """The sender publishes more than its share; kept, and the first to go when rejections are capped."""
    STORE_REJECTED = "store_rejected"
    """The store refused these rows for good."""


class NamedDevice(NamedTuple):
    """A device that a message names and the registry does not know."""

    family: str
    """Payload family it speaks; empty: not known."""
    device_id: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """One reason why (a part of) a message is not stored."""

    message: int
    """Place of the message in the batch that was decoded."""
    reason: Reason
    """The word."""
    detail: str = ""
    """What exactly, for people; at most `DETAIL_CHARACTERS`."""
    devices: tuple[NamedDevice, ...] = ()
    """The unknown devices."""
    ahead_ms: int | None = None
    """How far the measured time lies ahead of the arrival, where that is the reason [ms]."""


@dataclass(frozen=True, slots=True)
class ExtraValue:
    """A field that no canonical point covers, under its own name; shown by `nuanliu decode`, never stored."""

    message: int
    """Place of the message in the batch that was decoded."""
    device: str
    """Object id the device stands for, or the foreign id of a device in no device map."""
    name: str
    """The device's own name of the field."""
    t_ms: int
    """When it was measured [epoch ms UTC]."""
    value: float | bool | str | None
    """In `unit`; None: the device sent null."""
    unit: str
    """Unit as the device or its specification names it; empty: none, or unknown."""
    quality: int = 0
    """Code of `heating.quality.Quality`."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The result of decoding a batch of messages."""

    samples: SampleBatch
    """Rows, those of one reading side by side."""
    message: NDArray[np.int32]
    """(n,) place of the message that a row came from."""
    reading: NDArray[np.int32]
    """(n,) number of the reading a row belongs to, rising: rows of one object and one time sent together."""
    areas: tuple[str | None, ...]
    """Area that the sender claims, by place in `samples.objects`; None: no claim."""
    rejections: list[Rejection] = field(default_factory=list)
    """What is not stored, and why."""
    notes: list[str] = field(default_factory=list)
    """Remarks for people (`nuanliu decode`)."""
    extras: list[ExtraValue] = field(default_factory=list)
    """Fields that no canonical point covers."""
    untimed: NDArray[np.bool_] | None = None
    """(n,) rows that came without a time of their own: their arrival stands in; None: no such row."""
    numbers: NDArray[np.int64] | None = None
    """(n,) what a device counts its readings by, -1 where it does not; None: no row has one."""

    def where(self, kept: NDArray[np.bool_]) -> "Decoded":
        """Return the chosen rows, shape (n,); objects, rejections and notes stay whole."""
        return replace(
            self,
            samples=self.samples.select(kept),
            message=self.message[kept],
            reading=self.reading[kept],
            untimed=None if self.untimed is None else self.untimed[kept],
            numbers=None if self.numbers is None else self.numbers[kept],
        )


def untimed_of(parts: Sequence[Decoded]) -> NDArray[np.bool_] | None:
    """Return which rows of parts put together came without a time of their own."""
    if all(part.untimed is None for part in parts):
        return None
    masks = [
        np.zeros(len(part.samples), np.bool_) if part.untimed is None else part.untimed for part in parts
    ]
    return np.concatenate(masks)


def numbers_of(parts: Sequence[Decoded]) -> NDArray[np.int64] | None:
    """Return the devices' own numbers of the rows of parts put together."""
    if all(part.numbers is None for part in parts):
        return None
    return np.concatenate(
        [np.full(len(part.samples), -1) if part.numbers is None else part.numbers for part in parts]
    )


class Decoder(Protocol):
    """One payload family."""

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; never raises on bad input, malformed input ends within 10 ms a message."""
        ...


@dataclass(frozen=True, slots=True)
class DeviceCommand:
    """A message that a decoder wants sent to a device, so that it understands the next ones."""

    topic: str
    payload: bytes
    reason: str
    """Why, for the log."""


@runtime_checkable
class CommandingDecoder(Protocol):
    """A decoder whose devices must be asked for something now and then."""

    def take_commands(self) -> list[DeviceCommand]:
        """Return the commands wanted since the last call."""
        ...


class SampleRows:
    """Grows the columns of a `Decoded`; one per call of a decoder."""

    __slots__ = (
        "_areas",
        "_message",
        "_objects",
        "_places",
        "_readings",
        "extras",
        "point",
        "quality",
        "rejections",
        "value",
    )

    def __init__(self) -> None:
        self.point: list[int] = []
        self.value: list[float | bool | None] = []
        self.quality: dict[int, int] = {}
        """Row → quality code, only where it is not good."""
        self.rejections: list[Rejection] = []
        self.extras: list[ExtraValue] = []
        """Fields that no canonical point covers."""
        self._objects: list[ObjectRef] = []
        self._areas: list[str | None] = []
        self._places: dict[tuple[ObjectRef, str | None], int] = {}
        self._readings: list[tuple[int, int, int, int, int, bool, int]] = []

    def place_of(self, ref: ObjectRef, area: str | None) -> int:
        """Return the place of an object (with the area claimed for it) in this batch."""
        place = self._places.get((ref, area))
        if place is None:
            place = self._places[ref, area] = len(self._objects)
            self._objects.append(ref)
            self._areas.append(area)
        return place

    def close_reading(
        self,
        message: int,
        place: int,
        measured_ms: int | None,
        received_ms: int,
        rows: int,
        *,
        number: int = -1,
    ) -> None:
        """Say whose the last `rows` rows are, and when they were measured; None: the arrival stands in.

        `number` is what the device counts its readings by, -1: it does not.
        """
        untimed = measured_ms is None
        time_ms = received_ms if measured_ms is None else measured_ms
        self._readings.append((message, place, time_ms, received_ms, rows, untimed, number))

    def reject(
        self, message: int, reason: Reason, detail: str = "", *, devices: tuple[NamedDevice, ...] = ()
    ) -> None:
        """Note a rejection; the same one again right after says nothing new."""
        item = Rejection(message, reason, detail[:DETAIL_CHARACTERS], devices)
        if not self.rejections or self.rejections[-1] != item:
            self.rejections.append(item)

    @property
    def readings(self) -> int:
        """How many readings have been closed."""
        return len(self._readings)

    def fold(self, message: int, first: int) -> None:
        """Tell the rejections from place `first` on, all of one message, as one with their number and reasons."""
        rest = self.rejections[first:]
        if len(rest) > 1:
            reasons = ", ".join(sorted({item.reason for item in rest}))
            del self.rejections[first:]
            self.reject(
                message, Reason.TOO_BIG, f"{len(rest)} more rejections ({reasons}); {rest[-1].detail}"
            )

    def finish(self, notes: Sequence[str] = ()) -> Decoded:
        """Return the columns; None becomes NaN."""
        table = np.array(self._readings, np.int64).reshape(-1, 7)
        count = table[:, 4]
        message, place, measured, received = (np.repeat(table[:, column], count) for column in range(4))
        quality = np.zeros(len(self.value), np.uint8)
        if self.quality:
            quality[np.fromiter(self.quality, np.int64, len(self.quality))] = np.fromiter(
                self.quality.values(), np.uint8, len(self.quality)
            )
        samples = SampleBatch(
            objects=tuple(self._objects),
            object_index=place.astype(np.int32),
            point=np.array(self.point, np.int16),
            measured_ms=measured,
            received_ms=received,
            value=np.array(self.value, np.float64),
            quality=quality,
        )
        return Decoded(
            samples=samples,
            message=message.astype(np.int32),
            reading=np.repeat(np.arange(len(table), dtype=np.int32), count),
            areas=tuple(self._areas),
            rejections=self.rejections,
            notes=list(notes),
            extras=self.extras,
            untimed=np.repeat(table[:, 5] != 0, count) if table[:, 5].any() else None,
            numbers=np.repeat(table[:, 6], count) if (table[:, 6] >= 0).any() else None,
        )
