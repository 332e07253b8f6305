"""Milesight: channel, type, value …, little-endian, read by the table of the model (`milesight_models`)."""

import struct
from collections.abc import Sequence
from functools import partial

from collector.decoders.device_times import epoch_ms_of
from collector.decoders.foreign import Field
from collector.decoders.indoor_names import humidity_quality, temperature_quality
from collector.decoders.lorawan.frame import Codec, FrameError, FrameReading, Uplink, take, uint_le
from collector.decoders.lorawan.milesight_models import MODELS, UNNAMED, Item, Model
from heating.quality import Quality

__all__ = ["milesight_codec", "unnamed_milesight"]

_DEVICE_FACTS: dict[int, int] = {
    0x01: 1, 0x09: 2, 0x0A: 2, 0xFF: 2, 0x16: 8, 0x08: 6, 0x0F: 1, 0xFE: 1, 0x0B: 1, 0x18: 1,
}  # fmt: skip
"""Types of channel 0xFF (versions, serial number, class …) → bytes that follow."""
_FLAGS = frozenset({"sensor_moved"})


def milesight_codec(model: str) -> Codec:
    """Return the codec of a model of `MODELS`.

    Raises
    ------
    KeyError
        When the model is not known.
    """
    return partial(_read, MODELS[model])


def unnamed_milesight(data: bytes, f_port: int | None) -> Uplink:
    """Read an uplink of an unnamed model; see `frame.Codec`.

    Air temperature beside relative humidity is told the same way by every indoor model. A temperature alone is a pipe's
    in one model and a room's in another, and any other channel means other things in other models.
    """
    try:
        uplink = _read(UNNAMED, data, f_port)
    except FrameError as error:
        raise FrameError(f"{error}; {_hint()}") from error
    points = {item.point for reading in uplink.readings for item in reading.fields}
    if uplink.unread or not points <= {"battery_pct"} | {"room_temp_c", "room_humidity_pct", None}:
        raise FrameError(f"{uplink.unread} means other things in other models: {_hint()}")
    if "room_temp_c" in points and "room_humidity_pct" not in points:
        raise FrameError(f"a temperature that may be a room's, a pipe's or the soil's: {_hint()}")
    return uplink


def _hint() -> str:
    return f"name the Milesight model in the device map; known: {', '.join(MODELS)}"


def _size(items: Sequence[Item]) -> int:
    return sum(struct.calcsize(f"<{item.code}") for item in items)


def _fields(items: Sequence[Item], data: bytes, at: int) -> list[Field]:
    raw = iter(struct.unpack_from("<" + "".join(item.code for item in items), data, at))
    return [_field(item, next(raw)) for item in items if item.code != "x"]


def _field(item: Item, raw: float) -> Field:
    if item.mask:
        raw = int(raw) >> item.shift & item.mask
    value = round(raw * item.scale + item.offset, 6)
    if item.point in _FLAGS:
        return Field(item.name, bool(raw), "", item.point)
    quality = int(Quality.GOOD)
    if item.unit == "°C":
        quality = temperature_quality(value)
    elif item.point == "room_humidity_pct":
        quality = humidity_quality(value)
    return Field(item.name, value, item.unit, item.point, quality)


def _read(model: Model, data: bytes, f_port: int | None) -> Uplink:
    """Read an uplink by the table of its model; see `collector.decoders.lorawan.frame.Codec`."""
    del f_port
    fields: list[Field] = []
    stored: list[FrameReading] = []
    facts, unread, at = 0, "", 0
    while at < len(data):
        channel, kind = take(data, at, 2)
        key, start = (channel, kind), at
        at += 2
        if key in model.channels:
            items = model.channels[key]
            take(data, at, _size(items))
            fields += _fields(items, data, at)
            at += _size(items)
        elif key in model.stored:
            items = model.stored[key]
            take(data, at, 4 + _size(items))
            stored.append(
                FrameReading(_fields(items, data, at + 4), epoch_ms_of(uint_le(data, at, 4)), backfilled=True)
            )
            at += 4 + _size(items)
        elif channel == 0xFF and kind in _DEVICE_FACTS:
            take(data, at, _DEVICE_FACTS[kind])
            facts += 1
            at += _DEVICE_FACTS[kind]
        else:
            unread = f"channel 0x{channel:02x} type 0x{kind:02x} at byte {start}"
            break
    if unread and not fields and not stored and not facts:
        raise FrameError(f"{unread} is no channel of the Milesight model")
    readings = ([FrameReading(fields)] if fields else []) + stored
    silent = "" if readings or not facts else "Milesight device information"
    return Uplink(readings, unread=unread, silent=silent)
