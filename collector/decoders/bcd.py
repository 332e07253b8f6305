"""Binary-coded decimal numbers and frames carried as text: what the frame formats of meters share.

What lives here: BCD digits, check sums over bytes, frames out of hex or base64 text and from among the texts by which
a DTU registers itself and shows that it lives. What does not: any frame layout.
"""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final

__all__ = [
    "bcd_digits",
    "bcd_number",
    "byte_sum",
    "frame_bytes",
    "frames_or_words",
    "meter_frame_size",
]

_HEX: Final = re.compile(rb"[0-9A-Fa-f\s:-]+")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_\s-]+={0,2}\s*")
_HEX_RUN: Final = re.compile(rb"(?:[0-9A-Fa-f]{2}[ :-]?){13,}")
"""Hex text long enough to hold a frame."""
START: Final = 0x68
END: Final = 0x16
MAX_DTU_BYTES: Final = 128
"""Longest text by which a DTU registers itself [bytes]."""
_TEXT: Final = bytes({*range(0x20, 0x7F), 0x09, 0x0A, 0x0D})
MAX_FRAME_BYTES = 4096
"""Longer frames exist in none of the formats [bytes]."""


def bcd_digits(data: bytes) -> str | None:
    """Return the digits of bytes in the order given, None when a half byte is no digit."""
    text = data.hex()
    return text if text.isdecimal() or not text else None


def bcd_number(data: bytes) -> int | None:
    """Return the number of BCD bytes, low byte first; None when a half byte is no digit or there are no bytes."""
    digits = bcd_digits(data[::-1])
    return int(digits) if digits else None


def byte_sum(data: bytes) -> int:
    """Return the low byte of the sum, the check sum of CJ/T 188, M-Bus and their kin."""
    return sum(data) & 0xFF


def frame_bytes(payload: bytes) -> bytes:
    """Return a frame out of its bytes, its hex text or its base64 text; other text is returned as it is.

    Anything longer than `MAX_FRAME_BYTES` after decoding is cut there, so that its check sum fails. Hex text behind
    words is found too.
    """
    head = payload[: 4 * MAX_FRAME_BYTES].strip()
    if not head or head.translate(None, _TEXT):
        return payload[:MAX_FRAME_BYTES]
    try:
        if _HEX.fullmatch(head):
            return bytes.fromhex(re.sub(rb"[\s:-]", b"", head).decode())[:MAX_FRAME_BYTES]
        if _BASE64.fullmatch(head):
            plain = re.sub(rb"\s", b"", head).replace(b"-", b"+").replace(b"_", b"/")
            return base64.b64decode(plain, validate=True)[:MAX_FRAME_BYTES]
        run = max(_HEX_RUN.findall(head), key=len, default=b"")
        if run:
            return bytes.fromhex(re.sub(rb"[ :-]", b"", run).decode())[:MAX_FRAME_BYTES]
    except (ValueError, binascii.Error):
        pass
    return payload[:MAX_FRAME_BYTES]


def meter_frame_size(data: bytes, at: int) -> int | None:
    """Return the bytes of the frame of CJ/T 188, or of a room collector, that begins at a place; None: too short."""
    return 13 + data[at + 10] if at + 10 < len(data) else None


def frames_or_words(
    payload: bytes, size_at: Callable[[bytes, int], int | None], *, summed: int = 0
) -> list[bytes] | str:
    """Return the whole frames of a payload, or the words of a DTU that holds none.

    A frame begins with 0x68, ends with 0x16 and its check sum is right; wake-up bytes, words and other frames may
    stand around it. When there is neither a frame nor words, the bytes are returned as they are, so that whoever reads
    them can say what is wrong with them.

    Parameters
    ----------
    size_at
        Gives the size of a frame that begins at a place.
    summed
        Bytes at the beginning of a frame that its check sum leaves out.
    """
    data = frame_bytes(payload)
    found: list[bytes] = []
    at = data.find(START)
    while at >= 0:
        size = size_at(data, at)
        frame = data[at : at + size] if size is not None else b""
        whole = size is not None and len(frame) == size and frame[-1] == END
        if whole and byte_sum(frame[summed:-2]) == frame[-2]:
            found.append(frame)
            at = data.find(START, at + len(frame))
        else:
            at = data.find(START, at + 1)
    return found or _words(payload) or [data]


def _words(payload: bytes) -> str | None:
    """Return the words by which a DTU registers itself or shows that it lives; None when it is anything else.

    A single byte is such a word too; a damaged frame in hex text and JSON are not.
    """
    text = payload.strip()
    if len(payload) == 1:
        return payload.hex()
    if not text or len(text) > MAX_DTU_BYTES or text.translate(None, _TEXT):
        return None
    if text[:1] in (b"{", b"[", b"<") or frame_bytes(payload)[:1] in (bytes((START,)), b"\xfe"):
        return None
    return text.decode("ascii", "replace")
