"""The 0x68 frame of NB-IoT room collectors (payloads.md): several samples a packet, stamped backwards.

What lives here: the frame and its meaning. What does not: the platform envelopes that carry it
(`collector.decoders.gateways.onenet`, `collector.decoders.gateways.ctwing_aep`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from collector.decoders.bcd import bcd_digits, byte_sum
from collector.decoders.civil_time import civil_ms
from collector.decoders.foreign import FamilyOptions, Field, ForeignRows
from collector.decoders.meters.framed import frames_of
from collector.messages.decoded import Decoded, Reason
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.quality import Quality

__all__ = ["Nb0x68Decoder", "RoomPacket", "RoomSample", "add_packet", "parse_packet"]

START: Final = 0x68
END: Final = 0x16
REPLY: Final = 0x81
REQUEST: Final = 0x01
DI_LIVE: Final = 0x1F90
DI_LIVE_SIM: Final = 0x1F91
RECORD_BYTES: Final = 5
SIM_BYTES: Final = 10
HEAD_BYTES: Final = 27
"""Bytes from DI to the number of records, both included, when the offset takes one byte."""
TAIL_BYTES: Final = 7
"""Bytes behind the records: dials, dial s, transceive s, history flag, downlink time (2), resend threshold."""
ABSENT_TEMPERATURES: Final = frozenset({0x7FFF, -0x8000})
"""Raw temperatures that say «no probe»."""
ABSENT_HUMIDITY: Final = 0xFF
OLDEST_FIRST: Final = "oldest_first"
"""Codec word of a device map for makers that send the oldest sample first."""


@dataclass(frozen=True, slots=True)
class RoomSample:
    """One record of a packet."""

    temperature_c: float
    """[°C]; meaningless when the probe is absent."""
    probe_absent: bool
    """The temperature is one of the numbers that say «no probe»."""
    humidity_pct: float | None
    """[%]; None: no humidity sensor."""
    low_battery: bool
    moved: bool
    corrected: bool
    """The temperature had the offset added."""
    fault: bool


@dataclass(frozen=True, slots=True)
class RoomPacket:
    """One packet of a room collector."""

    address: str
    """14 digits, or hex letters where a maker fills unused places: an id."""
    sent_ms: int | None
    """Package time [epoch ms UTC]; None: the clock was never set or shows no date."""
    clock_set: bool
    """False when the package time is all zero."""
    record_interval_min: int
    csq: int
    history: bool
    samples: tuple[RoomSample, ...]
    told: tuple[tuple[str, float | str, str], ...]
    """What else it says: name, value, unit."""


def parse_packet(frame: bytes, zone: ZoneInfo, *, near_ms: int) -> RoomPacket | tuple[Reason, str]:
    """Read a frame.

    Parameters
    ----------
    frame
        The bytes; 0xFE in front is skipped.
    zone
        Zone of the device clock.
    near_ms
        Arrival [epoch ms UTC]; decides whether the package time is binary or BCD where it reads as both.

    Returns
    -------
    RoomPacket or (Reason, detail)
        The packet, or why it is none.
    """
    frame = frame.lstrip(b"\xfe")
    fault = _frame_fault(frame)
    if fault is not None:
        return fault
    data = frame[11:-2]
    di = int.from_bytes(data[:2], "big")
    if di not in (DI_LIVE, DI_LIVE_SIM):
        return Reason.NOT_TELEMETRY, f"data identifier 0x{di:04X} carries no samples"
    sim = SIM_BYTES if di == DI_LIVE_SIM else 0
    for wide in (0, 1):
        head = HEAD_BYTES + wide
        if len(data) >= head and len(data) == head + RECORD_BYTES * data[head - 1] + TAIL_BYTES + sim:
            if not 1 <= data[head - 1] <= 6:
                return Reason.WRONG_TYPE, f"{data[head - 1]} records, 1 to 6 are allowed"
            return _packet(frame, data, head, sim, zone, near_ms)
    return Reason.WRONG_TYPE, f"{len(data)} data bytes do not fit the number of records"


def _frame_fault(frame: bytes) -> tuple[Reason, str] | None:
    if len(frame) < 13 or frame[0] != START:
        return Reason.WRONG_TYPE, "no frame: it does not begin with 0x68 or is too short"
    if len(frame) != 13 + frame[10]:
        return Reason.WRONG_TYPE, f"length byte says {frame[10]}, {len(frame) - 13} data bytes came"
    if frame[-1] != END:
        return Reason.WRONG_TYPE, f"the frame ends with 0x{frame[-1]:02X}, not with 0x16"
    if byte_sum(frame[:-2]) != frame[-2]:
        return Reason.WRONG_TYPE, f"check sum 0x{frame[-2]:02X}, computed 0x{byte_sum(frame[:-2]):02X}"
    if frame[9] != REPLY:
        what = "a request" if frame[9] == REQUEST else f"control 0x{frame[9]:02X}"
        return Reason.NOT_TELEMETRY, f"{what} is no reading"
    return None


def _packet(frame: bytes, data: bytes, head: int, sim: int, zone: ZoneInfo, near_ms: int) -> RoomPacket:
    count = data[head - 1]
    tail = data[head + RECORD_BYTES * count :]
    clock = data[3:9]
    offset = int.from_bytes(data[25 : head - 1], "big", signed=True)
    told: list[tuple[str, float | str, str]] = [
        ("device_type", float(frame[1]), ""),
        ("sequence", float(data[2]), ""),
        ("software_version", data[9:11].hex(), ""),
        ("protocol_version", data[11:17].hex(), ""),
        ("vendor", float(data[17]), ""),
        ("send_interval_min", float(int.from_bytes(data[18:20], "big")), "min"),
        ("display_on", float(data[20]), ""),
        ("record_interval_min", float(int.from_bytes(data[21:23], "big")), "min"),
        ("csq", float(data[23]), ""),
        ("last_error", float(data[24]), ""),
        ("temperature_offset", offset / 10, "K"),
        ("dial_count", float(tail[0]), ""),
        ("dial_time_s", float(tail[1]), "s"),
        ("transceive_time_s", float(tail[2]), "s"),
        ("downlink_time", float(int.from_bytes(tail[4:6], "big")), ""),
        ("resend_threshold", float(tail[6]), ""),
    ]
    if sim:
        told.append(("sim", tail[7:].hex(), ""))
    return RoomPacket(
        address=frame[2:9].hex(),
        sent_ms=_clock_ms(clock, zone, near_ms),
        clock_set=any(clock),
        record_interval_min=int.from_bytes(data[21:23], "big"),
        csq=data[23],
        history=tail[3] == 1,
        samples=tuple(_sample(data[head + RECORD_BYTES * i :][:RECORD_BYTES]) for i in range(count)),
        told=tuple(told),
    )


def _sample(record: bytes) -> RoomSample:
    raw = int.from_bytes(record[2:4], "big", signed=True)
    return RoomSample(
        temperature_c=raw / 10,
        probe_absent=raw in ABSENT_TEMPERATURES,
        humidity_pct=None if record[4] == ABSENT_HUMIDITY else float(record[4]),
        low_battery=bool(record[0] & 1),
        moved=bool(record[0] & 2),
        corrected=bool(record[1] & 1),
        fault=bool(record[1] & 2),
    )


def _clock_ms(clock: bytes, zone: ZoneInfo, near_ms: int) -> int | None:
    """Return the package time; makers send the six bytes in binary or BCD, the reading nearer to arrival is meant."""
    if not any(clock):
        return None
    ways = [tuple(clock)]
    digits = bcd_digits(clock)
    if digits is not None:
        ways.append(tuple(int(digits[i : i + 2]) for i in range(0, 12, 2)))
    times: list[int] = []
    for year, month, day, hour, minute, second in ways:
        found = civil_ms((2000 + year, month, day, hour, minute, second), zone)
        if found is not None:
            times.append(found)
    return min(times, key=lambda moment: abs(moment - near_ms), default=None)


def add_packet(
    rows: ForeignRows,
    place: int,
    message: RawMessage,
    device: str,
    packet: RoomPacket,
    *,
    codec: str | None = None,
) -> None:
    """Take the samples of a packet: the first is of the package time, each next one record interval older.

    Parameters
    ----------
    codec
        ``oldest_first`` turns the order round.
    """
    newest_ms = message.received_ms if packet.sent_ms is None else packet.sent_ms
    doubt = Quality.UNCERTAIN_TIME if packet.sent_ms is None else Quality.GOOD
    if packet.sent_ms is None:
        why = "shows no date" if packet.clock_set else "was never set"
        rows.note(f"{packet.address}: the clock {why}, arrival time stands in")
    ordered = packet.samples[::-1] if codec == OLDEST_FIRST else packet.samples
    if packet.record_interval_min == 0 and len(ordered) > 1:
        rows.reject(place, Reason.WRONG_TYPE, "record interval 0: only the newest sample can be dated")
        ordered = ordered[:1]
    for age, sample in enumerate(ordered):
        fields = _fields_of(sample, doubt)
        if age == 0:
            fields += _packet_fields(packet, doubt)
        measured_ms = newest_ms - age * packet.record_interval_min * 60_000 if age else packet.sent_ms
        rows.add(place, message, device, fields, measured_ms=measured_ms, backfilled=packet.history)


def _fields_of(sample: RoomSample, doubt: int) -> list[Field]:
    sentinel = Quality.BAD_SENTINEL if sample.probe_absent else doubt
    fields = [Field("temperature", sample.temperature_c, "°C", "room_temp_c", sentinel)]
    if sample.humidity_pct is not None:
        fields.append(Field("humidity", sample.humidity_pct, "%", "room_humidity_pct", doubt))
    fields += [
        Field("low_battery", sample.low_battery, "", "low_battery", doubt),
        Field("moved", sample.moved, "", "sensor_moved", doubt),
        Field("sensor_fault", sample.fault, "", "sensor_fault", doubt),
        Field("corrected", sample.corrected, "", None, doubt),
    ]
    return fields


def _packet_fields(packet: RoomPacket, doubt: int) -> list[Field]:
    fields = [Field(name, value, unit, None, doubt) for name, value, unit in packet.told]
    if packet.csq <= 31:
        fields.append(Field("rssi", 2.0 * packet.csq - 113.0, "dBm", "signal_rssi_dbm", doubt))
    return fields


class Nb0x68Decoder:
    """Decodes 0x68 frames of NB-IoT room collectors, as bytes, hex or base64.

    Parameters
    ----------
    options
        Device map and limits of the route.
    """

    def __init__(self, options: FamilyOptions) -> None:
        self._options = options

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        rows = ForeignRows("nb_0x68", self._options, default=Measurement.ROOM)
        for place, message, frame in frames_of(rows, messages, max_bytes=self._options.max_payload_bytes):
            self._frame(rows, place, message, frame)
        return rows.finish()

    def _frame(self, rows: ForeignRows, place: int, message: RawMessage, frame: bytes) -> None:
        packet = parse_packet(frame, self._options.zone, near_ms=message.received_ms)
        if isinstance(packet, tuple):
            rows.reject(place, *packet)
            return
        target = self._options.devices.target(packet.address)
        codec = self._options.hints.codec or (target.codec if target is not None else None)
        add_packet(rows, place, message, packet.address, packet, codec=codec)
