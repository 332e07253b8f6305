"""What pages and the JSON interface show of new devices, of clocks, and of homes to choose."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.web.values import Bilingual

__all__ = ["ClockRow", "HomeChoice", "NewDevice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A device that the registry does not know."""

    device_id: str
    topic: str
    family: str
    """Guess of the payload family."""
    kind: str
    """Guess: room, station, building, source, weather, heat_meter or unknown."""
    messages: int
    first_seen: datetime
    last_seen: datetime
    last_message: str
    """The beginning of the last message; bytes that are not text are shown in hexadecimal."""
    household_id: str | None
    """Home it was assigned to."""
    assigned_at: datetime | None
    replayed_at: datetime | None
    """When its kept messages had been stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """A device whose clock is off."""

    measurement: str
    object_id: str
    skew_s: float
    """Median of received minus measured [s]; positive: the clock is behind."""
    readings: int
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeChoice:
    """One home to choose."""

    household_id: str
    address: Bilingual
    contract: str
    """heating, suspended or vacant."""
    sensor_id: str | None
    """Sensor that measures it now."""
