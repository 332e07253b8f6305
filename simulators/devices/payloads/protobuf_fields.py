"""Fields of protocol buffers on the wire, as many as Sparkplug B needs.

What lives here: the encoding of single fields. What does not: messages (`simulators.devices.payloads.sparkplug_b`).
Source: Protocol Buffers documentation, encoding.
"""

import struct

__all__ = ["bytes_field", "double_field", "float_field", "number_field", "text_field"]

_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _key(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def number_field(field: int, number: int) -> bytes:
    """Return a whole number that is not negative, or a truth value."""
    return _key(field, _VARINT) + _varint(int(number))


def float_field(field: int, number: float) -> bytes:
    """Return a number of 32 bits."""
    return _key(field, _FOUR_BYTES) + struct.pack("<f", number)


def double_field(field: int, number: float) -> bytes:
    """Return a number of 64 bits."""
    return _key(field, _EIGHT_BYTES) + struct.pack("<d", number)


def bytes_field(field: int, data: bytes) -> bytes:
    """Return bytes, or a message within the message."""
    return _key(field, _LENGTH) + _varint(len(data)) + data


def text_field(field: int, text: str) -> bytes:
    """Return text as UTF-8."""
    return bytes_field(field, text.encode())
