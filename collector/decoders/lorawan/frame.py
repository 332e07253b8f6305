"""What a codec returns, and reading of numbers out of an uplink."""

from collections.abc import Callable
from dataclasses import dataclass, field

from collector.decoders.foreign import Field
from collector.decoders.indoor_names import temperature_quality
from heating.errors import HeatingError

__all__ = [
    "Codec",
    "FrameError",
    "FrameReading",
    "Uplink",
    "int16_be",
    "int16_le",
    "temperature",
    "uint_be",
    "uint_le",
]


class FrameError(HeatingError):
    """The bytes are no frame of this codec; stays inside the decoders."""


@dataclass(frozen=True, slots=True)
class FrameReading:
    """Fields of one moment."""

    fields: list[Field]
    """In the order of the frame."""
    t_ms: int | None = None
    """Time the device names [epoch ms UTC]; None: it names none, or its clock was never set."""
    backfilled: bool = False
    """Whether the device sends it as history."""


@dataclass(frozen=True, slots=True)
class Uplink:
    """One decoded uplink."""

    readings: list[FrameReading] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Remarks for people."""
    unread: str = ""
    """What was left unread of a frame whose beginning was good; empty: nothing."""
    silent: str = ""
    """Why a good frame carries no readings (status, answer to a command); empty: it should carry some."""


Codec = Callable[[bytes, int | None], Uplink]
"""Takes the application payload and the port (None: not known).

Raises
------
FrameError
    When the bytes are no frame of this codec.
"""


def take(data: bytes, offset: int, length: int) -> bytes:
    """Return `length` bytes at `offset`.

    Raises
    ------
    FrameError
        When the frame ends before.
    """
    if offset + length > len(data):
        raise FrameError(f"the frame ends at byte {len(data)}, {offset + length} are needed")
    return data[offset : offset + length]


def uint_be(data: bytes, offset: int, length: int = 2) -> int:
    """Return an unsigned big-endian number; raises `FrameError` past the end."""
    return int.from_bytes(take(data, offset, length), "big")


def uint_le(data: bytes, offset: int, length: int = 2) -> int:
    """Return an unsigned little-endian number; raises `FrameError` past the end."""
    return int.from_bytes(take(data, offset, length), "little")


def int16_be(data: bytes, offset: int) -> int:
    """Return a two's-complement big-endian number; raises `FrameError` past the end."""
    return int.from_bytes(take(data, offset, 2), "big", signed=True)


def int16_le(data: bytes, offset: int) -> int:
    """Return a two's-complement little-endian number; raises `FrameError` past the end."""
    return int.from_bytes(take(data, offset, 2), "little", signed=True)


def temperature(name: str, value: float, point: str | None = "room_temp_c") -> Field:
    """Return a temperature field [°C]; «probe absent» values get quality bad_sentinel."""
    value = round(value, 6)
    return Field(name, value, "°C", point, temperature_quality(value))
