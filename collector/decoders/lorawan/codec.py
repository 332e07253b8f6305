"""LoRaWAN application payloads: from the codec's fields to rows; and the family `lorawan_codec`, bare payloads.

A message of this family is the application payload itself (bytes, or hex or base64 text) on a topic of which one
level is the device id, such as ``lorawan/{devEUI}/up/{port}``. The codec comes from the device map, or from the maker's
block of device ids; `nuanliu decode` may name maker, codec and port.
"""

import base64
import binascii
import re
from collections.abc import Sequence

from collector.decoders.foreign import FamilyOptions, Field, ForeignRows
from collector.decoders.lorawan.choice import codec_named, codec_of_eui
from collector.decoders.lorawan.frame import Codec, FrameError
from collector.messages.decoded import Decoded, Reason
from heating.protocols import RawMessage

__all__ = ["MAX_FRAME_BYTES", "LorawanCodecDecoder", "add_uplink", "codec_for"]

MAX_FRAME_BYTES = 1024
"""Longest application payload that is looked at (LoRaWAN allows 242) [bytes]."""
_EUI = re.compile(r"[0-9a-fA-F]{16}|(?:[0-9a-fA-F]{2}[-:]){7}[0-9a-fA-F]{2}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}\s*)+")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")


def codec_for(options: FamilyOptions, device: str, *names: str | None) -> Codec | None:
    """Return the codec of a device: as given beside the payload, by its map, by its profile, by its maker."""
    hints = options.hints
    target = options.devices.target(device)
    mapped = target.codec if target is not None else None
    return (
        codec_named(hints.vendor, hints.codec)
        or codec_named(mapped)
        or codec_named(*names)
        or codec_of_eui(device)
    )


def add_uplink(
    rows: ForeignRows,
    place: int,
    message: RawMessage,
    device: str,
    data: bytes,
    *,
    codec: Codec | None,
    f_port: int | None,
    measured_ms: int | None,
    link: Sequence[Field] = (),
) -> None:
    """Decode an application payload and take its readings.

    Parameters
    ----------
    rows
        Takes the readings.
    place
        Place of the message in the batch.
    message
        The message.
    device
        Foreign id.
    data
        Application payload.
    codec
        How to read it; None is a rejection.
    f_port
        LoRaWAN port; None: not known.
    measured_ms
        Time of the network server [epoch ms]; None: the time in the frame, or the arrival.
    link
        Signal strength and the like, added to the live reading.
    """
    if len(data) > MAX_FRAME_BYTES:
        rows.reject(place, Reason.TOO_BIG, f"an application payload of {len(data)} bytes")
        return
    if rows.target(place, device) is None:  # asked first: a new device needs an assignment before a codec
        return
    if codec is None:
        rows.reject(
            place, Reason.WRONG_TYPE, f"no codec is known for {device[:40]}: name it in the device map"
        )
        return
    try:
        uplink = codec(data, f_port)
    except FrameError as error:
        rows.reject(place, Reason.WRONG_TYPE, str(error))
        return
    for reading in uplink.readings:
        live = None if reading.backfilled else measured_ms
        fields = reading.fields if reading.backfilled else [*reading.fields, *link]
        rows.add(
            place,
            message,
            device,
            fields,
            measured_ms=live if live is not None else reading.t_ms,
            backfilled=reading.backfilled,
        )
    for note in uplink.notes:
        rows.note(note)
    if uplink.unread:
        rows.reject(place, Reason.UNKNOWN_POINT, f"left unread: {uplink.unread}")
    if not uplink.readings:
        rows.reject(place, Reason.NOT_TELEMETRY, uplink.silent or "a payload without readings")


class LorawanCodecDecoder:
    """Decodes bare application payloads.

    Parameters
    ----------
    options
        Device map, limits and hints.
    """

    def __init__(self, options: FamilyOptions) -> None:
        self._options = options

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        rows = ForeignRows("lorawan_codec", self._options)
        for place, message in enumerate(messages):
            if len(message.payload) > self._options.max_payload_bytes:
                rows.reject(place, Reason.TOO_BIG, f"{len(message.payload)} bytes")
            else:
                self._one(rows, place, message)
        return rows.finish()

    def _one(self, rows: ForeignRows, place: int, message: RawMessage) -> None:
        device, port = _device_and_port(message.topic)
        hinted = self._options.hints.f_port
        add_uplink(
            rows,
            place,
            message,
            device,
            _bare(message.payload[: 4 * MAX_FRAME_BYTES]),
            codec=codec_for(self._options, device),
            f_port=port if hinted is None else hinted,
            measured_ms=None,
        )


def _device_and_port(topic: str) -> tuple[str, int | None]:
    """Return the level that is a device id (else the whole topic), and the port when the last level is one."""
    levels = topic.split("/")
    device = next((level for level in levels if _EUI.fullmatch(level)), topic)
    last = levels[-1]
    port = int(last) if len(levels) > 1 and last.isascii() and last.isdigit() and len(last) <= 3 else None
    return device, port


def _bare(payload: bytes) -> bytes:
    """Return the bytes that a payload is, or that it spells in hex or base64."""
    text = payload.strip()
    if _HEX.fullmatch(text):
        return bytes.fromhex(text.decode())
    if len(text) >= 8 and len(text) % 4 == 0 and _BASE64.fullmatch(text):
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            return payload
    return payload
