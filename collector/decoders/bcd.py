"""Binary-coded decimal numbers and frames carried as text: what the frame formats of meters share.

What lives here: BCD digits, check sums over bytes, frames out of hex or base64 text. What does not: any frame layout.
"""

import base64
import binascii
import re
from typing import Final

__all__ = ["bcd_digits", "bcd_number", "byte_sum", "frame_bytes"]

_HEX: Final = re.compile(rb"[0-9A-Fa-f\s:-]+")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_\s-]+={0,2}\s*")
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

    Anything longer than `MAX_FRAME_BYTES` after decoding is cut there, so that its check sum fails.
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
    except (ValueError, binascii.Error):
        pass
    return payload[:MAX_FRAME_BYTES]
