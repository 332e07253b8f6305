"""Wireless M-Bus (EN 13757-4, OMS): radio telegrams of meters, encrypted by a key of each meter's own.

Compact telegrams name their records by the check sum of a full one sent before; the decoder remembers those. What
does not live here: radio frames (`collector.decoders.meters.wmbus_link`), header and decryption
(`collector.decoders.meters.mbus_transport`), records (`collector.decoders.meters.mbus_records`).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from collector.decoders.bcd import frame_bytes
from collector.decoders.foreign import FamilyOptions, ForeignRows
from collector.decoders.meters.mbus_meter import add_meter, reject_fault
from collector.decoders.meters.mbus_records import RawRecord, cut_records
from collector.decoders.meters.mbus_transport import NO_HEADER, Transport, TransportFault, read_transport
from collector.decoders.meters.wmbus_link import Opened, crc16, open_layers, read_link
from collector.messages.decoded import Decoded, Reason
from config.equipment.meter_keys import MeterKeys
from heating.points import Measurement
from heating.protocols import RawMessage

__all__ = ["WmbusDecoder"]

FAMILY: Final = "wmbus"
COMPACT: Final = 0x79
REMEMBERED_FORMATS: Final = 10_000
"""Formats of full telegrams that are remembered."""


class WmbusDecoder:
    """Decodes wireless M-Bus telegrams, as bytes, hex or base64, with or without the radio's check sums.

    A heat meter in no device map is taken for a station's.

    Parameters
    ----------
    options
        Device map and limits of the route; a key given there goes before `keys`.
    keys
        AES keys of the meters.
    """

    def __init__(self, options: FamilyOptions, *, keys: MeterKeys | None = None) -> None:
        self._options = options
        self._keys = keys or MeterKeys()
        self._formats: dict[int, tuple[RawRecord, ...]] = {}

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        rows = ForeignRows(FAMILY, self._options, default=Measurement.STATION)
        for place, message in enumerate(messages):
            if len(message.payload) > self._options.max_payload_bytes:
                rows.reject(place, Reason.TOO_BIG, f"{len(message.payload)} bytes")
                continue
            transport = self._open(frame_bytes(message.payload))
            if isinstance(transport, TransportFault):
                reject_fault(rows, place, transport)
            else:
                add_meter(rows, place, message, transport, self._options)
        return rows.finish()

    def _open(self, frame: bytes) -> Transport | TransportFault:
        link = read_link(frame)
        if isinstance(link, TransportFault):
            return link
        opened = open_layers(link, self._key(link.address.number))
        if isinstance(opened, TransportFault):
            return opened
        if opened.ci == COMPACT:
            return self._compact(opened)
        number = opened.address.number
        if opened.ci == 0x72 and len(opened.data) >= 4:
            number = opened.data[3::-1].hex()
        transport = read_transport(
            opened.ci, opened.data, link=opened.address, key=self._key(number), counter=opened.counter
        )
        if isinstance(transport, Transport) and opened.ci == NO_HEADER:
            self._remember(transport.records)
        return transport

    def _key(self, number: str) -> bytes | None:
        return self._options.hints.key or self._keys.of(number)

    def _remember(self, data: bytes) -> None:
        """Keep the headers of a full telegram under their check sum."""
        records = tuple(cut_records(data, []))
        signature = crc16(b"".join(record.header for record in records))
        if len(self._formats) >= REMEMBERED_FORMATS:
            self._formats.clear()
        self._formats[signature] = tuple(replace(record, data=bytes(len(record.data))) for record in records)
        kept = [[record.header.hex(), len(record.data)] for record in records]
        if not any(record.text_unit for record in records):
            self._options.memory.put(FAMILY, f"{signature:04X}", kept)

    def _format(self, signature: int) -> tuple[RawRecord, ...] | None:
        """Return the records of a format that a full telegram showed, also before a restart."""
        known = self._formats.get(signature)
        kept = self._options.memory.get(FAMILY, f"{signature:04X}") if known is None else None
        if not isinstance(kept, list):
            return known
        known = tuple(RawRecord(bytes.fromhex(header), bytes(size)) for header, size in kept)
        self._formats[signature] = known
        return known

    def _compact(self, opened: Opened) -> Transport | TransportFault:
        """Put the headers of the remembered full telegram before the data of a compact one."""
        signature = int.from_bytes(opened.data[:2], "little")
        known = self._format(signature) if len(opened.data) >= 4 else None
        if known is None:
            detail = f"a reading that cannot be read yet: compact, of format {signature:04X}, and no full one came before"
            return TransportFault(Reason.WRONG_TYPE, detail, opened.address)
        at, full = 4, b""
        for record in known:
            full += record.header + opened.data[at : at + len(record.data)]
            at += len(record.data)
        if crc16(full) != int.from_bytes(opened.data[2:4], "little"):
            detail = f"check sum of the compact telegram of {opened.address.number} is wrong"
            return TransportFault(Reason.WRONG_TYPE, detail, opened.address)
        return Transport(opened.address, None, None, 0, full)
