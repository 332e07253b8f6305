"""CJ/T 188 replies of Chinese heat meters: BCD fields with unit bytes between 0x68 and 0x16.

What lives here: the frame, its units and its fields. What does not: what a heat meter's fields mean to us
(`collector.decoders.meters.heat_meter`). Source: CJ/T 188-2004, chapters 6 and 7 and appendix; payloads.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from collector.decoders.bcd import bcd_digits, bcd_number, byte_sum
from collector.decoders.civil_time import civil_ms
from collector.decoders.foreign import FamilyOptions, ForeignRows
from collector.decoders.meters.framed import frames_of
from collector.decoders.meters.heat_meter import MeterField, as_fields
from collector.messages.decoded import Decoded, Reason
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.quality import Quality

__all__ = ["Cjt188HeatMeterDecoder", "HeatMeterReply", "parse_reply"]

START: Final = 0x68
END: Final = 0x16
HEAT_TYPES: Final = range(0x20, 0x2A)
"""Meter types of heat and cold meters."""
REPLY: Final = 0x81
FAULTY_REPLY: Final = 0xC1
READ: Final = 0x01
EARLIEST_YEAR: Final = 2010
"""A meter clock before this was never set."""
DATA_BYTES: Final = 46
"""Bytes of a heat meter's reply behind the length: DI, serial and the fields."""

_UNITS: Final[Mapping[int, tuple[str, str, float]]] = MappingProxyType(
    {
        0x05: ("energy", "kWh", 1.0),
        0x08: ("energy", "MWh", 1.0),
        0x0A: ("energy", "MWh", 100.0),
        0x01: ("energy", "J", 1.0),
        0x0B: ("energy", "kJ", 1.0),
        0x0E: ("energy", "MJ", 1.0),
        0x11: ("energy", "GJ", 1.0),
        0x13: ("energy", "GJ", 100.0),
        0x14: ("power", "W", 1.0),
        0x17: ("power", "kW", 1.0),
        0x1A: ("power", "MW", 1.0),
        0x29: ("volume", "L", 1.0),
        0x2C: ("volume", "m³", 1.0),
        0x32: ("flow", "L/h", 1.0),
        0x35: ("flow", "m³/h", 1.0),
    }
)
"""Unit byte: kind, unit, factor (CJ/T 188, table of units)."""

_FIELDS: Final = (
    ("settlement_heat", "energy", "", 2),
    ("heat_total", "energy", "heat_total", 2),
    ("heat_rate", "power", "heat_rate", 2),
    ("flow", "flow", "flow", 4),
    ("volume_total", "volume", "volume_total", 2),
)
"""Name, kind of unit, role and decimals of the five fields with a unit byte, in their order."""


@dataclass(frozen=True, slots=True)
class HeatMeterReply:
    """What a heat meter answered."""

    address: str
    """14 digits, high digits first: maker's code and number. An id: makers fill unused places with F."""
    meter_type: int
    serial: int
    fields: tuple[MeterField, ...]
    clock_ms: int | None
    """Meter clock [epoch ms UTC]; None: it shows no date."""
    status: int
    """Two status bytes, first one low."""


def parse_reply(frame: bytes, zone: ZoneInfo) -> HeatMeterReply | tuple[Reason, str]:
    """Read a frame; 0xFE in front is skipped.

    Returns
    -------
    HeatMeterReply or (Reason, detail)
        The reply, or why it is none.
    """
    frame = frame.lstrip(b"\xfe")
    fault = _frame_fault(frame) or _content_fault(frame)
    if fault is not None:
        return fault
    data = frame[11:-2]
    values = _valued(data[3:28])
    if values is None:
        return Reason.WRONG_TYPE, f"unit bytes of {data[3:28].hex()} are none of CJ/T 188"
    supply, back, hours = data[28:31], data[31:34], bcd_number(data[34:37])
    status = int.from_bytes(data[44:46], "little")
    values += [
        _temperature("supply_temp", supply),
        _temperature("return_temp", back),
        MeterField("operating_hours", hours, "h", quality=Quality.GOOD if hours is not None else Quality.BAD),
        MeterField("low_battery", bool(status & 0x04), role="low_battery"),
        MeterField("status", float(status)),
    ]
    return HeatMeterReply(
        address=frame[2:9][::-1].hex(),
        meter_type=frame[1],
        serial=data[2],
        fields=tuple(values),
        clock_ms=_clock_ms(data[37:44], zone),
        status=status,
    )


def _frame_fault(frame: bytes) -> tuple[Reason, str] | None:
    if len(frame) < 13 or frame[0] != START:
        return Reason.WRONG_TYPE, "no frame: it does not begin with 0x68 or is too short"
    if len(frame) != 13 + frame[10]:
        return Reason.WRONG_TYPE, f"length byte says {frame[10]}, {len(frame) - 13} data bytes came"
    if frame[-1] != END:
        return Reason.WRONG_TYPE, f"the frame ends with 0x{frame[-1]:02X}, not with 0x16"
    if byte_sum(frame[:-2]) != frame[-2]:
        return Reason.WRONG_TYPE, f"check sum 0x{frame[-2]:02X}, computed 0x{byte_sum(frame[:-2]):02X}"
    return None


def _content_fault(frame: bytes) -> tuple[Reason, str] | None:
    if frame[1] not in HEAT_TYPES:
        return Reason.NOT_TELEMETRY, f"meter type 0x{frame[1]:02X} is no heat meter (0x20 to 0x29)"
    if frame[9] == FAULTY_REPLY:
        return Reason.NOT_TELEMETRY, "the meter answers with an error (control 0xC1)"
    if frame[9] != REPLY:
        what = "a read request" if frame[9] == READ else f"control 0x{frame[9]:02X}"
        return Reason.NOT_TELEMETRY, f"{what} is no reading"
    if len(frame) < 16 or frame[11:13] not in (b"\x90\x1f", b"\x1f\x90"):
        return Reason.NOT_TELEMETRY, f"data identifier {frame[11:13].hex()} is not 1F90 (live data)"
    if len(frame) != 13 + DATA_BYTES:
        return Reason.WRONG_TYPE, f"{frame[10]} data bytes, a heat meter sends {DATA_BYTES}"
    return None


def _valued(block: bytes) -> list[MeterField] | None:
    """Return the five fields of four digits bytes and a unit byte; some makers put the unit byte first."""
    parts = [block[5 * i : 5 * i + 5] for i in range(5)]
    for unit_at, digits in ((4, slice(0, 4)), (0, slice(1, 5))):
        units = [_UNITS.get(part[unit_at], ("", "", 0.0)) for part in parts]
        if all(unit[0] == wanted[1] for unit, wanted in zip(units, _FIELDS, strict=True)):
            return [
                _field(name, role, part[digits], decimals, unit)
                for part, unit, (name, _kind, role, decimals) in zip(parts, units, _FIELDS, strict=True)
            ]
    return None


def _field(name: str, role: str, digits: bytes, decimals: int, unit: tuple[str, str, float]) -> MeterField:
    number = bcd_number(digits)
    if number is None:
        return MeterField(name, None, unit[1], role, Quality.BAD_SENSOR_FAULT)
    return MeterField(name, number * unit[2] / 10**decimals, unit[1], role)


def _temperature(role: str, digits: bytes) -> MeterField:
    """Return a temperature of three bytes in 0.01 °C; a set top bit means below zero, no BCD means a broken probe."""
    number, sign = bcd_number(digits), 1
    if number is None or digits[2] & 0x80:
        number, sign = bcd_number(bytes((digits[0], digits[1], digits[2] & 0x7F))), -1
        if digits[2] & 0x70 or not digits[2] & 0x80:
            number = None
    if number is None:
        return MeterField(role, None, "°C", role, Quality.BAD_SENSOR_FAULT)
    return MeterField(role, sign * number / 100, "°C", role)


def _clock_ms(clock: bytes, zone: ZoneInfo) -> int | None:
    """Return the meter clock: ss mm hh DD MM YY YY by the standard; some makers send it the other way round."""
    for ordered in (clock[::-1], clock):
        digits = bcd_digits(ordered)
        if digits is None or not EARLIEST_YEAR <= int(digits[:4]) < 2100:
            continue
        month, day, hour, minute, second = (int(digits[i : i + 2]) for i in range(4, 14, 2))
        found = civil_ms((int(digits[:4]), month, day, hour, minute, second), zone)
        if found is not None:
            return found
    return None


class Cjt188HeatMeterDecoder:
    """Decodes CJ/T 188 replies of heat meters, as bytes, hex or base64.

    A meter in no device map is taken for a station's.

    Parameters
    ----------
    options
        Device map and limits of the route.
    """

    def __init__(self, options: FamilyOptions) -> None:
        self._options = options

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        rows = ForeignRows("cjt188_heat_meter", self._options, default=Measurement.STATION)
        for place, message, frame in frames_of(rows, messages, max_bytes=self._options.max_payload_bytes):
            self._frame(rows, place, message, frame)
        return rows.finish()

    def _frame(self, rows: ForeignRows, place: int, message: RawMessage, frame: bytes) -> None:
        reply = parse_reply(frame, self._options.zone)
        if isinstance(reply, tuple):
            rows.reject(place, *reply)
            return
        target = rows.target(place, reply.address)
        if target is None:
            return
        if reply.clock_ms is None:
            rows.note(f"{reply.address}: the meter clock shows no date, arrival time stands in")
        fields = as_fields(reply.fields, target.ref.measurement)
        rows.add(place, message, reply.address, fields, measured_ms=reply.clock_ms)
