"""The radio side of wireless M-Bus (EN 13757-4): frame formats A and B, check sums, extended link and authentication.

What does not live here: header and records of the meter (`collector.decoders.meters.mbus_transport`, `…mbus_records`).
"""

from dataclasses import dataclass
from typing import Final

from collector.decoders.meters.mbus_transport import MeterAddress, TransportFault, decrypt_counter
from collector.messages.decoded import Reason

__all__ = ["LinkFrame", "Opened", "crc16", "open_layers", "read_link"]

POLYNOMIAL: Final = 0x3D65
FIRST_BLOCK: Final = 10
NEXT_BLOCKS: Final = 16
SECOND_BLOCK_B: Final = 126
"""Bytes of the first two blocks of format B together, without their check sum."""
READING_CONTROLS: Final = frozenset({0x44, 0x46, 0x08, 0x18, 0x28, 0x38})
"""C field: unsolicited data (SND-NR), installation (SND-IR), answers (RSP-UD)."""
ELL_BYTES: Final = {0x8C: 2, 0x8D: 8, 0x8E: 10, 0x8F: 16}
"""Bytes of an extended link layer by its CI, check sum of the payload included."""
AUTHENTICATION: Final = 0x90
MAX_LAYERS: Final = 4


@dataclass(frozen=True, slots=True)
class LinkFrame:
    """A radio frame without its check sums."""

    control: int
    address: MeterAddress
    payload: bytes
    """From the first CI byte on."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What stands below the link layers."""

    ci: int
    data: bytes
    address: MeterAddress
    counter: bytes | None
    """Message counter of an authentication layer."""


def _table() -> tuple[int, ...]:
    entries = []
    for byte in range(256):
        crc = byte << 8
        for _bit in range(8):
            crc = crc << 1 ^ (POLYNOMIAL if crc & 0x8000 else 0)
        entries.append(crc & 0xFFFF)
    return tuple(entries)


_TABLE: Final = _table()


def crc16(data: bytes) -> int:
    """Return the check sum of EN 13757-4 (polynomial 0x3D65, inverted at the end)."""
    crc = 0
    for byte in data:
        crc = crc << 8 & 0xFFFF ^ _TABLE[crc >> 8 ^ byte]
    return crc ^ 0xFFFF


def read_link(frame: bytes) -> LinkFrame | TransportFault:
    """Read a frame of format A or B, with its check sums or with them taken off by the receiver."""
    if len(frame) < FIRST_BLOCK + 1:
        return TransportFault(Reason.WRONG_TYPE, f"{len(frame)} bytes are no wireless M-Bus frame")
    plain = _without_sums(frame)
    if isinstance(plain, str):
        return TransportFault(Reason.WRONG_TYPE, plain)
    if len(plain) <= FIRST_BLOCK:
        return TransportFault(
            Reason.WRONG_TYPE, f"length byte says {frame[0]}: no room for an address and a CI"
        )
    address = MeterAddress.of(plain[2:4], plain[4:8], plain[8], plain[9])
    if plain[1] not in READING_CONTROLS:
        return TransportFault(Reason.NOT_TELEMETRY, f"C field 0x{plain[1]:02X} carries no readings", address)
    return LinkFrame(plain[1], address, plain[FIRST_BLOCK:])


def _without_sums(frame: bytes) -> bytes | str:
    """Return a frame without check sums, or what is wrong with it."""
    length = frame[0] + 1
    blocks = 1 + -(-(length - FIRST_BLOCK) // NEXT_BLOCKS)
    first_sum = int.from_bytes(frame[FIRST_BLOCK : FIRST_BLOCK + 2], "big") == crc16(frame[:FIRST_BLOCK])
    if len(frame) >= length + 2 * blocks and first_sum:
        return _format_a(frame, length)
    if len(frame) < length:
        return f"length byte says {length - 1}, {len(frame) - 1} bytes came"
    return _format_b(frame[:length]) or frame[:length]


def _format_a(frame: bytes, length: int) -> bytes | str:
    plain, at, size = b"", 0, FIRST_BLOCK
    while len(plain) < length:
        size = min(size, length - len(plain))
        block, found = frame[at : at + size], frame[at + size : at + size + 2]
        if int.from_bytes(found, "big") != crc16(block):
            return f"check sum of the block at byte {at} is wrong"
        plain, at, size = plain + block, at + size + 2, NEXT_BLOCKS
    return plain


def _format_b(frame: bytes) -> bytes | None:
    """Return a frame of format B without its check sums; None when its check sums are not there."""
    head, rest = frame[: SECOND_BLOCK_B + 2], frame[SECOND_BLOCK_B + 2 :]
    plain = b""
    for block in (head, rest):
        if not block:
            continue
        if len(block) < 3 or int.from_bytes(block[-2:], "big") != crc16(block[:-2]):
            return None
        plain += block[:-2]
    return plain if len(plain) > FIRST_BLOCK else None


def open_layers(link: LinkFrame, key: bytes | None) -> Opened | TransportFault:
    """Take off extended link and authentication layers, decrypting where they say so."""
    ci, data, address = link.payload[0], link.payload[1:], link.address
    counter: bytes | None = None
    for _layer in range(MAX_LAYERS):
        if ci in ELL_BYTES:
            opened = _extended_link(ci, data, address, key)
            if isinstance(opened, TransportFault):
                return opened
            data, address = opened
        elif ci == AUTHENTICATION:
            if not data or len(data) <= data[0] + 1:
                return TransportFault(Reason.WRONG_TYPE, "the authentication layer is cut short", address)
            counter = _message_counter(data[1 : data[0] + 1])
            data = data[data[0] + 1 :]
        else:
            break
        if not data:
            return TransportFault(Reason.NOT_TELEMETRY, "nothing behind the link layer", address)
        ci, data = data[0], data[1:]
    return Opened(ci, data, address, counter)


def _extended_link(
    ci: int, data: bytes, address: MeterAddress, key: bytes | None
) -> tuple[bytes, MeterAddress] | TransportFault:
    size = ELL_BYTES[ci]
    if len(data) < size:
        return TransportFault(Reason.WRONG_TYPE, "the extended link layer is cut short", address)
    if ci in (0x8E, 0x8F):
        address = MeterAddress.of(data[2:4], data[4:8], data[8], data[9])
    if ci in (0x8C, 0x8E):
        return data[size:], address
    session = data[size - 6 : size - 2]
    body = data[size - 2 :]
    encryption = session[3] >> 5
    if int.from_bytes(body[:2], "little") == crc16(body[2:]):
        return body[2:], address  # plain, or decrypted already by a receiver that holds the key
    if encryption > 1:
        return TransportFault(Reason.WRONG_TYPE, f"link encryption {encryption} is not supported", address)
    if encryption == 1:
        if key is None or len(key) != 16:
            return TransportFault(
                Reason.WRONG_TYPE, f"encrypted (link layer), no key for the meter {address.number}", address
            )
        body = decrypt_counter(key, address.raw + data[:1] + session + bytes(3), body)
    if int.from_bytes(body[:2], "little") != crc16(body[2:]):
        why = "the key does not fit" if encryption else "the check sum of the payload is wrong"
        return TransportFault(Reason.WRONG_TYPE, f"{why} (meter {address.number})", address)
    return body[2:], address


def _message_counter(layer: bytes) -> bytes | None:
    """Return the message counter of an authentication layer; None when it carries none (OMS 4.0, volume 2, 7.2)."""
    if len(layer) < 2:
        return None
    flags = int.from_bytes(layer[:2], "little")
    at = 2 + (1 if flags & 0x2000 else 0) + (2 if flags & 0x0200 else 0)
    if not flags & 0x0800 or len(layer) < at + 4:
        return None
    return layer[at : at + 4]
