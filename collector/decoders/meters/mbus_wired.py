"""Wired M-Bus (EN 13757-2): long frames of answering meters, as a level converter or gateway hands them on.

What does not live here: header and records (`collector.decoders.meters.mbus_transport`, `…mbus_records`).
"""

from collections.abc import Sequence
from typing import Final

from collector.decoders.bcd import byte_sum, frames_or_words
from collector.decoders.foreign import FamilyOptions, ForeignRows
from collector.decoders.meters.mbus_meter import add_meter, reject_fault
from collector.decoders.meters.mbus_transport import TransportFault, read_transport
from collector.messages.decoded import Decoded, Reason
from config.equipment.meter_keys import MeterKeys
from heating.points import Measurement
from heating.protocols import RawMessage

__all__ = ["MbusWiredDecoder", "long_frame"]

START: Final = 0x68
SHORT_START: Final = 0x10
END: Final = 0x16
ACKNOWLEDGE: Final = b"\xe5"
ANSWER: Final = 0x08
"""Low half byte of the control field of RSP_UD."""


def _size_at(data: bytes, at: int) -> int | None:
    """Return the bytes of the long frame that begins at a place; None: there is none."""
    head = data[at : at + 4]
    return head[1] + 6 if len(head) == 4 and head[3] == START and head[1] == head[2] else None


def long_frame(frame: bytes) -> bytes | tuple[Reason, str]:
    """Return what stands between address and check sum of a long frame (CI first), or why there is nothing."""
    if frame[:1] == bytes((SHORT_START,)) and len(frame) == 5:
        return Reason.NOT_TELEMETRY, "a short frame is a request"
    if len(frame) < 9 or frame[0] != START or frame[3] != START or frame[1] != frame[2]:
        return Reason.WRONG_TYPE, "no long frame: 68 L L 68 is not there"
    if len(frame) != frame[1] + 6:
        return Reason.WRONG_TYPE, f"length byte says {frame[1]}, {len(frame) - 6} bytes came"
    if frame[-1] != END:
        return Reason.WRONG_TYPE, f"the frame ends with 0x{frame[-1]:02X}, not with 0x16"
    if byte_sum(frame[4:-2]) != frame[-2]:
        return Reason.WRONG_TYPE, f"check sum 0x{frame[-2]:02X}, computed 0x{byte_sum(frame[4:-2]):02X}"
    if frame[4] & 0x4F != ANSWER:
        return Reason.NOT_TELEMETRY, f"control 0x{frame[4]:02X} is a request, not an answer"
    return frame[6:-2]


def _of_words(payload: bytes, words: str) -> tuple[Reason, str]:
    if payload == ACKNOWLEDGE:
        return Reason.NOT_TELEMETRY, "an acknowledgement"
    return Reason.NOT_TELEMETRY, f"words of a DTU, no frame: {words}"


class MbusWiredDecoder:
    """Decodes long frames of M-Bus meters, as bytes, hex or base64.

    A heat meter in no device map is taken for a station's.

    Parameters
    ----------
    options
        Device map and limits of the route.
    keys
        AES keys of the meters.
    """

    def __init__(self, options: FamilyOptions, *, keys: MeterKeys | None = None) -> None:
        self._options = options
        self._keys = keys or MeterKeys()

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        rows = ForeignRows("mbus_wired", self._options, default=Measurement.STATION)
        for place, message in enumerate(messages):
            if len(message.payload) > self._options.max_payload_bytes:
                rows.reject(place, Reason.TOO_BIG, f"{len(message.payload)} bytes")
                continue
            frames = frames_or_words(message.payload, _size_at, summed=4)
            if isinstance(frames, str):
                rows.reject(place, *_of_words(message.payload, frames))
                continue
            for frame in frames:
                found = long_frame(frame)
                if isinstance(found, tuple):
                    rows.reject(place, *found)
                else:
                    self._telegram(rows, place, message, found)
        return rows.finish()

    def _telegram(self, rows: ForeignRows, place: int, message: RawMessage, data: bytes) -> None:
        key = self._options.hints.key
        if key is None and data[0] == 0x72 and len(data) > 4:
            key = self._keys.of(data[4:0:-1].hex())
        told = read_transport(data[0], data[1:], link=None, key=key, wired=True)
        if isinstance(told, TransportFault):
            reject_fault(rows, place, told)
        else:
            add_meter(rows, place, message, told, self._options)
