"""The transport layer of EN 13757-7 below the records: who the meter is, its status, and decryption of its payload.

Modes: 0 (plain), 5 (AES-128 CBC, IV from address and access number), 7 (AES-128 CBC with a key derived from the
message counter); any other when the receiver holds the key and has decrypted it already. What does not live here: link layers (`collector.decoders.meters.mbus_wired`,
`collector.decoders.meters.wmbus_link`) and records (`collector.decoders.meters.mbus_records`).
"""

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from collector.decoders.bcd import bcd_digits
from collector.decoders.meters.mbus_records import reads_clean
from collector.messages.decoded import Reason

__all__ = [
    "HEAT_DEVICE_TYPES",
    "MeterAddress",
    "Transport",
    "TransportFault",
    "decrypt_counter",
    "read_transport",
]

HEAT_DEVICE_TYPES: Final = frozenset({0x04, 0x0A, 0x0B, 0x0C, 0x0D})
"""Device types of heat, cooling and combined meters (EN 13757-3, table of device types)."""
LONG_HEADER: Final = 0x72
LONG_HEADER_HIGH_FIRST: Final = 0x76
SHORT_HEADER: Final = 0x7A
NO_HEADER: Final = 0x78
FIXED_STRUCTURE: Final = (0x73, 0x77)
BLOCK: Final = 16
AES_IDLE: Final = b"\x2f\x2f"
"""The first two plain bytes behind an encryption: a wrong key does not give them."""
EXTENSION_BYTES: Final = 3
"""Most bytes of a configuration field's extension; modes above 5 have some, mode 7 has one."""


@dataclass(frozen=True, slots=True)
class MeterAddress:
    """Who a meter is."""

    manufacturer: str
    """Three letters."""
    number: str
    """Eight digits (hex letters where the meter sends no BCD)."""
    version: int
    device_type: int
    raw: bytes
    """Eight bytes as sent: maker, number, version, type."""

    @classmethod
    def of(cls, maker: bytes, number: bytes, version: int, device_type: int) -> "MeterAddress":
        """Build an address from its parts, low byte first."""
        word = int.from_bytes(maker, "little")
        letters = "".join(chr(64 + (word >> shift & 0x1F)) for shift in (10, 5, 0))
        digits = bcd_digits(number[::-1]) or number[::-1].hex()
        return cls(letters, digits, version, device_type, maker + number + bytes((version, device_type)))


@dataclass(frozen=True, slots=True)
class Transport:
    """What stands below the records."""

    address: MeterAddress | None
    """None: neither this layer nor the link layer names the meter."""
    status: int | None
    """Status byte; None: there is no header."""
    access_number: int | None
    mode: int
    """Security mode, 0 for plain."""
    records: bytes
    """Plain records."""


@dataclass(frozen=True, slots=True)
class TransportFault:
    """Why there are no records."""

    reason: Reason
    detail: str
    address: MeterAddress | None = None


def read_transport(
    ci: int,
    data: bytes,
    *,
    link: MeterAddress | None,
    key: bytes | None,
    counter: bytes | None = None,
    wired: bool = False,
) -> Transport | TransportFault:
    """Read the header behind a CI byte and decrypt what follows.

    Parameters
    ----------
    ci
        Control information byte.
    data
        What follows it.
    link
        Address of the link layer, used where the header names none.
    key
        AES key of the meter.
    counter
        Message counter of an authentication layer (4 bytes), for mode 7.
    wired
        Whether it came over a wire. Before EN 13757-3 of 2004 the configuration word was a signature that wired
        meters fill at will: plain records behind a mode that does not exist there are taken for what they are.
    """
    if ci == NO_HEADER:
        return Transport(link, None, None, 0, data)
    if ci in FIXED_STRUCTURE:
        return TransportFault(Reason.WRONG_TYPE, "the fixed data structure is not supported", link)
    if ci not in (LONG_HEADER, LONG_HEADER_HIGH_FIRST, SHORT_HEADER):
        return TransportFault(Reason.NOT_TELEMETRY, f"CI 0x{ci:02X} carries no records", link)
    size = 4 if ci == SHORT_HEADER else 12
    if len(data) < size:
        return TransportFault(Reason.WRONG_TYPE, f"header of {len(data)} bytes, {size} are needed", link)
    address = link if size == 4 else _address(ci, data)
    access, status = data[size - 4], data[size - 3]
    word = int.from_bytes(data[size - 2 : size], "little")
    mode = word >> 8 & 0x1F
    if mode == 0:
        return Transport(address, status, access, 0, data[size:])
    signature = wired and mode not in (5, 7) and reads_clean(data[size:])
    plain = data[size:] if signature else _opened_before(mode, data[size:])
    told = plain or _decrypted(mode, word, data[size:], access, address, key, counter)
    if isinstance(told, str):
        return TransportFault(Reason.WRONG_TYPE, told, address)
    return Transport(address, status, access, mode, told)


def _address(ci: int, data: bytes) -> MeterAddress:
    """Return the address in a long header."""
    turned = -1 if ci == LONG_HEADER_HIGH_FIRST else 1
    return MeterAddress.of(data[4:6][::turned], data[:4][::turned], data[6], data[7])


def _opened_before(mode: int, data: bytes) -> bytes | None:
    """Return the records of a payload that a receiver with the key has decrypted; None: it is encrypted still.

    The two bytes that stand first behind an encryption show it; before them, and never encrypted, are the extension
    bytes of the configuration field, which some receivers hand on and some do not.
    """
    for at in range(1 + (EXTENSION_BYTES if mode != 5 else 0)):
        if data[at : at + 2] == AES_IDLE:
            return data[at:]
    return None


def _decrypted(
    mode: int,
    word: int,
    data: bytes,
    access: int,
    address: MeterAddress | None,
    key: bytes | None,
    counter: bytes | None,
) -> bytes | str:
    """Return the plain records, or what is wrong."""
    if mode not in (5, 7):
        return f"security mode {mode} is not supported"
    if address is None or key is None or len(key) != BLOCK:
        number = "" if address is None else f" {address.number}"
        return f"encrypted (mode {mode}), no key for the meter{number}"
    iv = address.raw + bytes((access,)) * 8
    if mode == 7:
        if counter is None:
            return "security mode 7 without a message counter"
        data, iv = data[1:], bytes(BLOCK)
        key = _derived(key, counter, address)
    size = (word >> 4 & 0x0F) * BLOCK or len(data) - len(data) % BLOCK
    if len(data) < size or size == 0:
        return f"{size} encrypted bytes are told, {len(data)} came"
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    plain = decryptor.update(data[:size]) + decryptor.finalize()
    if not plain.startswith(AES_IDLE):
        return f"the key of the meter {address.number} does not fit (mode {mode})"
    return plain + data[size:]


def _derived(key: bytes, counter: bytes, address: MeterAddress) -> bytes:
    """Return the encryption key of one message (OMS specification 4.0, volume 2, 9.5)."""
    mac = CMAC(algorithms.AES(key))
    mac.update(b"\x00" + counter + address.raw[2:6] + b"\x07" * 7)
    return mac.finalize()


def decrypt_counter(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Return the payload of an extended link layer with AES-128 in counter mode (EN 13757-4, annex)."""
    decryptor = Cipher(algorithms.AES(key), modes.CTR(iv)).decryptor()
    return decryptor.update(data) + decryptor.finalize()
