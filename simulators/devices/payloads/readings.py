"""What encoders get: the packet of a room sensor, the reading of a station.

What lives here: the values in canonical units. What does not: how a family writes them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulators.reports import Message

__all__ = ["RoomEncoder", "RoomPacket", "RoomSample", "StationEncoder", "StationReading"]


@dataclass(frozen=True, slots=True)
class RoomSample:
    """One sample of a room sensor."""

    measured_ms: int
    """By the clock of the device [epoch ms]."""
    temp_c: float
    """[°C]; `simulators.devices.sensor_traits.SENTINEL_C` when the probe does not answer."""
    humidity_pct: float
    """[%]."""


@dataclass(frozen=True, slots=True)
class RoomPacket:
    """What a room sensor sends at once."""

    device: str
    """Its id in the family."""
    sent_ms: int
    """When it leaves [epoch ms]."""
    samples: tuple[RoomSample, ...]
    """Newest first, at least one."""
    battery_v: float
    """[V]; NaN where the family does not tell."""
    battery_pct: float
    """[%]; NaN where the family does not tell."""
    rssi_dbm: float
    """[dBm]; NaN where the family does not tell."""
    low_battery: bool
    moved: bool
    stored: bool
    """History that the device held back."""
    clock_set: bool
    """False: the device has no time."""

    @property
    def newest(self) -> RoomSample:
        """The latest sample."""
        return self.samples[0]


@dataclass(frozen=True, slots=True)
class StationReading:
    """What a station sends at once."""

    device: str
    """Id of its gateway or meter in the family."""
    measured_ms: int
    """[epoch ms]."""
    values: Mapping[str, float]
    """Value by canonical point; flags as 0 and 1."""


RoomEncoder = Callable[[RoomPacket], Message]
StationEncoder = Callable[[StationReading], Message]
