"""Devices as values: sightings of unknown ones, what is known of them, clocks of known ones."""

from dataclasses import dataclass
from datetime import datetime

from heating.errors import HeatingError
from heating.samples import ObjectRef

__all__ = [
    "AssignmentConflictError",
    "DeviceClock",
    "UnknownDevice",
    "UnknownDeviceError",
    "UnknownSighting",
]


class UnknownDeviceError(HeatingError):
    """There is no such device, neither in the list of new ones nor among the sensors."""


class AssignmentConflictError(HeatingError):
    """The new assignment would change what was already measured; the message says what stands in the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownSighting:
    """Messages of one device that the registry does not know, since the last report."""

    device_id: str
    """The id that the device names itself by; the id of its sensor once it is assigned."""
    topic: str
    """Topic of the last message."""
    family: str
    """Guess of the payload family, for example ``native``."""
    kind: str
    """Guess of what it is: room, station, building, heat_meter, source, weather or unknown."""
    claimed_area: str
    """Area that the topic names; empty when it names none."""
    messages: int
    first_seen: datetime
    last_seen: datetime
    last_payload: bytes
    """The beginning of the last message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownDevice(UnknownSighting):
    """A device of the list, with what became of it."""

    household_id: str | None = None
    """Home it was assigned to."""
    assigned_at: datetime | None = None
    assigned_by: str | None = None
    replayed_at: datetime | None = None
    """When its kept messages had been given to the collector again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceClock:
    """How far a device's clock is off."""

    ref: ObjectRef
    skew_ms: int
    """Median of received minus measured [ms]; positive: the clock is behind, or its messages are slow."""
    readings: int
    """Readings behind the estimate."""
    updated_at: datetime
