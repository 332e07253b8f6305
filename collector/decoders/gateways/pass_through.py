"""Frames that operator platforms pass through: hex or base64 text around a 0x68 frame of a room collector or meter.

What does not live here: the frames (`collector.decoders.meters.nb_0x68`, `collector.decoders.meters.cjt188_heat_meter`) and the
envelopes of the platforms.
"""

from typing import Final

from collector.decoders.bcd import frame_bytes, frames_or_words, meter_frame_size
from collector.decoders.foreign import FamilyOptions, ForeignRows
from collector.decoders.meters.cjt188_heat_meter import parse_reply
from collector.decoders.meters.heat_meter import as_fields
from collector.decoders.meters.nb_0x68 import add_packet, parse_packet
from heating.points import Measurement
from heating.protocols import RawMessage

__all__ = ["add_frame", "passed_frame", "passed_words"]

START: Final = b"\x68"
END: Final = b"\x16"
HEAT_TYPES: Final = range(0x20, 0x2A)
METER_DATA: Final = 46
"""Data bytes of a heat meter's reply: tells it from a room collector's packet."""


def passed_frame(value: object) -> bytes | None:
    """Return the frame in a passed-through text, also behind words of a DTU; None when there is none."""
    if not isinstance(value, str) or len(value) < 26 or not value.isascii():
        return None
    found = frames_or_words(value.encode(), meter_frame_size)
    frame = found[0].lstrip(b"\xfe") if isinstance(found, list) else b""
    return frame if frame.startswith(START) and frame.endswith(END) else None


def passed_words(value: object) -> str | None:
    """Return the words of a DTU in passed-through bytes: it registered itself, or shows that it lives."""
    if not isinstance(value, str) or not value.isascii():
        return None
    found = frames_or_words(frame_bytes(value.encode()), meter_frame_size)
    return found if isinstance(found, str) else None


def add_frame(
    rows: ForeignRows, place: int, message: RawMessage, device: str, frame: bytes, options: FamilyOptions
) -> None:
    """Take a frame that a platform passed through for a device.

    The platform's id (IMEI, say) is the device; where the device map knows the address in the frame instead, that is.
    """
    if len(frame) > 11 and frame[1] in HEAT_TYPES and frame[10] == METER_DATA:
        _add_meter(rows, place, message, device, frame, options)
        return
    packet = parse_packet(frame, options.zone, near_ms=message.received_ms)
    if isinstance(packet, tuple):
        rows.reject(place, *packet)
        return
    device = _known_of(device, packet.address, options)
    target = options.devices.target(device)
    codec = options.hints.codec or (target.codec if target is not None else None)
    add_packet(rows, place, message, device, packet, codec=codec)


def _add_meter(
    rows: ForeignRows, place: int, message: RawMessage, device: str, frame: bytes, options: FamilyOptions
) -> None:
    reply = parse_reply(frame, options.zone)
    if isinstance(reply, tuple):
        rows.reject(place, *reply)
        return
    device = _known_of(device, reply.address, options)
    known = options.devices.target(device)
    measurement = Measurement.ROOM if known is None else known.ref.measurement
    rows.add(place, message, device, as_fields(reply.fields, measurement), measured_ms=reply.clock_ms)


def _known_of(device: str, address: str, options: FamilyOptions) -> str:
    if options.devices.target(device) is None and options.devices.target(address) is not None:
        return address
    return device
