"""Data records of EN 13757-3 (M-Bus): cut apart here one by one, valued by the m-bus-parser library.

The library refuses all records of a telegram when one of them is unreadable, so each is handed to it alone; meters
mark a broken probe by digits that are none, and makers add records of their own. Real numbers, dates and what a VIFE
turns into something else it reads wrongly: those are valued here. What does not live here: dates
(`collector.decoders.meters.mbus_dates`), frames, headers and keys (`collector.decoders.meters.mbus_transport`).
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pymbusparser

from collector.decoders.meters.heat_meter import MeterField
from collector.decoders.meters.mbus_dates import carries_date, date_text
from heating.quality import Quality

__all__ = ["MeterRecords", "RawRecord", "cut_records", "read_records", "reads_clean"]

MAX_RECORDS: Final = 80
"""Records of one telegram that are looked at (a telegram holds 250 bytes)."""
MAX_EXTENSIONS: Final = 10
"""Longest chain of DIFE or VIFE bytes (EN 13757-3, 6.3)."""
FILLER: Final = 0x2F
MANUFACTURER_DATA: Final = (0x0F, 0x1F)
PLAIN_TEXT_VIF: Final = 0x7C
_DATA_BYTES: Final = (0, 1, 2, 3, 4, 4, 6, 8, 0, 1, 2, 3, 4, -1, 6, -2)
"""Data bytes by the low half byte of the DIF; -1: a length byte follows, -2: no data record."""
INTEGER_OF_4: Final = 0x04
REAL: Final = 0x05
EXTENSION_TABLES: Final = frozenset({0x7B, 0x7D, 0x6F})
"""VIFs (without extension bit) behind which the true VIF stands."""
MANUFACTURER_VIF: Final = 0x7F
"""VIFEs behind this one are the maker's own."""
_COUNTS: Final = frozenset({0x41, 0x49})
"""VIFEs that make a number of exceeds of the value."""
_DURATIONS: Final = ("s", "min", "h", "d")
"""Units of VIFEs that make a duration of the value, by their two low bits."""

_ROLES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "Energy": ("energy", "heat_total"),
        "Power": ("power", "heat_rate"),
        "Volume": ("volume", "volume_total"),
        "Volume flow": ("volume_flow", "flow"),
        "Mass flow": ("mass_flow", "flow"),
        "Flow temperature": ("flow_temperature", "supply_temp"),
        "Return temperature": ("return_temperature", "return_temp"),
        "Temperature difference": ("temperature_difference", "spread"),
        "External temperature": ("external_temperature", "external_temp"),
        "Relative humidity": ("relative_humidity", "humidity"),
        "Time point (date and time)": ("date_time", "date_time"),
        "Time point (date)": ("date", ""),
    }
)
"""Our name and role by the library's word for a quantity."""

_UNITS: Final[Mapping[str, tuple[str, Decimal]]] = MappingProxyType(
    {
        "W.h": ("kWh", Decimal("1e-3")),
        "J": ("MJ", Decimal("1e-6")),
        "cal": ("kJ", Decimal("4.1868e-3")),
        "J.h-1": ("W", Decimal(1) / Decimal(3600)),
        "m3": ("m³", Decimal(1)),
        "m3.h-1": ("m³/h", Decimal(1)),
        "m3.min-1": ("m³/h", Decimal(60)),
        "m3.s-1": ("m³/h", Decimal(3600)),
        "kg.h-1": ("t/h", Decimal("1e-3")),
        "Cel": ("°C", Decimal(1)),
    }
)
"""Our unit and factor by the library's (UCUM) unit; others stay as they are."""

_PLAIN_UNITS: Final = frozenset({"", "W", "K", "%", "h"})
"""Units that need no conversion; a quantity in any other (per pulse, say) has no role."""

_STATISTICS: Final[Mapping[str, str]] = MappingProxyType(
    {"Maximum value": "_max", "Minimum value": "_min", "Value during error state": "_error"}
)


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record, cut out."""

    header: bytes
    """DIF, DIFE, VIF, VIFE."""
    data: bytes
    """What follows, a length byte of its own included."""
    text_unit: str = ""
    """Unit in plain text (VIF 0x7C), empty otherwise."""


@dataclass(frozen=True, slots=True)
class MeterRecords:
    """What the records of a telegram say."""

    fields: list[MeterField] = field(default_factory=list)
    date_time: str | None = None
    """Meter's own clock as local ISO time without a zone."""
    notes: list[str] = field(default_factory=list)
    """Records that could not be read."""


def read_records(data: bytes) -> MeterRecords:
    """Read the records of a telegram; never raises, unreadable ones become notes."""
    found = MeterRecords()
    date_time: str | None = None
    for number, record in enumerate(cut_records(data, found.notes)):
        if number >= MAX_RECORDS:
            found.notes.append(f"more than {MAX_RECORDS} records, the rest is left out")
            break
        item = _read(record, found.notes)
        if item is None:
            continue
        if item.role == "date_time" and isinstance(item.value, str):
            date_time = date_time or item.value
        found.fields.append(item)
    return MeterRecords(found.fields, date_time, found.notes)


def cut_records(data: bytes, notes: list[str]) -> Iterator[RawRecord]:
    """Cut a telegram into records; what does not fit the standard ends it with a note."""
    at = 0
    while at < len(data):
        if data[at] == FILLER:
            at += 1
            continue
        if data[at] in MANUFACTURER_DATA:
            more = ", more records follow in the next telegram" if data[at] == 0x1F else ""
            if len(data) > at + 1:
                notes.append(f"manufacturer data {data[at + 1 :].hex()}{more}")
            return
        cut = _cut(data, at)
        if cut is None:
            notes.append(f"the record at byte {at} is cut short or unknown: {data[at : at + 12].hex()}")
            return
        record, at = cut
        yield record


def _cut(data: bytes, at: int) -> tuple[RawRecord, int] | None:
    size = _DATA_BYTES[data[at] & 0x0F]
    after_dif = _behind_chain(data, at)
    if size == -2 or after_dif is None or after_dif >= len(data):
        return None
    vif = data[after_dif]
    text = b""
    vife_at = after_dif
    behind: int | None
    if vif & 0x7F == PLAIN_TEXT_VIF:
        characters = data[after_dif + 1] if after_dif + 1 < len(data) else 255
        text = data[after_dif + 2 : after_dif + 2 + characters]
        vife_at = after_dif + 1 + characters
        behind = _behind_chain(data, vife_at + 1) if vif & 0x80 else vife_at + 1
    else:
        behind = _behind_chain(data, after_dif)
    if behind is None or behind > len(data):
        return None
    start = behind
    if size == -1:
        length = _variable_bytes(data[behind]) if behind < len(data) else None
        if length is None:
            return None
        size = 1 + length
    if start + size > len(data):
        return None
    header = data[at:behind]
    if text:
        header = data[at:after_dif] + bytes((vif,)) + data[vife_at + 1 : behind]
    record = RawRecord(header, data[start : start + size], text[::-1].decode("latin-1"))
    return record, start + size


def _behind_chain(data: bytes, at: int) -> int | None:
    """Return the place behind a byte and its extensions: each byte with bit 7 set has one more behind it."""
    for length in range(MAX_EXTENSIONS + 1):
        if at + length >= len(data):
            return None
        if not data[at + length] & 0x80:
            return at + length + 1
    return None


def _variable_bytes(length: int) -> int | None:
    """Return the data bytes behind a length byte (EN 13757-3, table of LVAR); None: reserved."""
    if length < 0xC0:
        return length
    if (
        length < 0xF0
    ):  # positive and negative BCD, binary; above 9 bytes reserved, their length is plain all the same
        return length & 0x0F
    if length <= 0xF4:
        return 4 * (length - 0xEC)
    return {0xF5: 48, 0xF6: 64}.get(length)


def reads_clean(data: bytes) -> bool:
    """Return whether bytes are plain records: cut without a rest, each readable, one at least a quantity of a meter.

    It tells records from other bytes. Of short encrypted payloads some pass it by chance: never ask it about those.
    """
    notes: list[str] = []
    records = list(cut_records(data, notes))[:MAX_RECORDS]
    fields = [_read(record, notes) for record in records if record.data]
    return not notes and bool(records) and None not in fields and any(item and item.role for item in fields)


def _parts(header: bytes) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """Return where the VIF begins, the VIF (an extension table and the VIF in it), and the standard's VIFEs."""
    start = _behind_chain(header, 0) or 1
    codes = [byte & 0x7F for byte in header[start:]]
    size = 2 if codes and codes[0] in EXTENSION_TABLES else 1
    extensions = codes[size:]
    if MANUFACTURER_VIF in extensions:
        extensions = extensions[: extensions.index(MANUFACTURER_VIF)]
    return start, tuple(codes[:size]), tuple(extensions)


def _read(record: RawRecord, notes: list[str]) -> MeterField | None:
    if record.text_unit:
        return _plain_text(record, notes)
    start, vif, extensions = _parts(record.header)
    if carries_date(vif, extensions, len(record.data)):
        return _date(record, notes)
    turned = _turned(extensions)
    if turned is not None and vif != (MANUFACTURER_VIF,):
        return _turned_field(record, start, turned, notes)
    if record.header[0] & 0x0F == REAL and len(record.data) == 4:
        return _real(record, notes)
    told = _library(record.header + record.data)
    if told is not None:
        return _field(told)
    blank = _library(record.header + bytes(len(record.data)))
    if blank is None:
        notes.append(f"a record could not be read: {record.header.hex()} {record.data.hex()}")
        return None
    empty = _field(blank)
    if empty is None:
        return None
    notes.append(f"{empty.name} holds no number: {record.data.hex()}")
    return MeterField(empty.name, None, empty.unit, empty.role, Quality.BAD_SENSOR_FAULT)


def _blank(header: bytes, size: int) -> MeterField | None:
    """Return name, unit and role of a record whatever its data."""
    told = _library(header + bytes(size))
    return None if told is None else _field(told)


def _date(record: RawRecord, notes: list[str]) -> MeterField:
    """Read a date or time: its type is told by its length."""
    named = _blank(record.header, len(record.data)) or MeterField("date_time")
    text = date_text(record.data)
    if text is None:
        notes.append(f"{named.name} shows no date: {record.data.hex()}")
        return replace(named, value=None, unit="", role="", quality=Quality.BAD)
    name = named.name.replace("date_time", "time") if len(record.data) == 3 else named.name
    role = named.role if "T" in text else ""
    return replace(named, name=name, value=text, unit="", role=role, quality=Quality.GOOD)


def _turned(extensions: Sequence[int]) -> str | None:
    """Return the unit of a number that a VIFE turns into a duration or a count; None: no VIFE does."""
    for code in extensions:
        if code in _COUNTS:
            return ""
        if 0x50 <= code <= 0x67:
            return _DURATIONS[code & 3]
    return None


def _turned_field(record: RawRecord, start: int, unit: str, notes: list[str]) -> MeterField | None:
    """Read a number that is of another kind than its VIF says: valued as one without a dimension."""
    named = _blank(record.header, len(record.data))
    told = _library(record.header[:start] + b"\xfd\x3a" + record.data)
    number = None if told is None else _field(told)
    if named is None or number is None:
        notes.append(f"a record could not be read: {record.header.hex()} {record.data.hex()}")
        return None
    return replace(named, value=number.value, unit=unit, role="", quality=number.quality)


def _real(record: RawRecord, notes: list[str]) -> MeterField | None:
    """Read a 32-bit real: the power of ten of its VIF is learned from whole numbers, where the library minds it."""
    header = bytes((record.header[0] & 0xF0 | INTEGER_OF_4,)) + record.header[1:]
    zero, one = (_library(header + number.to_bytes(4, "little")) for number in (0, 1))
    fields = [None if told is None else _field(told) for told in (zero, one)]
    base, step = (item.value if item is not None else None for item in fields)
    named = fields[0]
    if named is None or not isinstance(base, float) or not isinstance(step, float):
        notes.append(f"a record could not be read: {record.header.hex()} {record.data.hex()}")
        return None
    (number,) = struct.unpack("<f", record.data)
    if number != number or abs(number) == float("inf"):
        notes.append(f"{named.name} holds no number: {record.data.hex()}")
        return replace(named, value=None, quality=Quality.BAD_SENSOR_FAULT)
    shown = Decimal(str(np.float32(number)))  # the shortest digits that mean this real: 21.1, not 21.10000038
    value = float(shown * (Decimal(str(step)) - Decimal(str(base))) + Decimal(str(base)))
    return replace(named, value=value, quality=Quality.GOOD)


def _library(record: bytes) -> Mapping[str, Any] | None:
    """Return what the library makes of one record, None when it refuses it."""
    try:
        found = pymbusparser.parse_records(record)
    except pymbusparser.MbusParserError:
        return None
    return found[0] if len(found) == 1 and isinstance(found[0], dict) else None


def _field(told: Mapping[str, Any]) -> MeterField | None:
    quantities = [str(word) for word in told.get("quantities") or ()]
    if not quantities:
        return None
    name, role = _ROLES.get(quantities[0], (_snake(quantities[0]), ""))
    name += "".join(f"_{_snake(word)}" for word in quantities[1:])
    statistic = _STATISTICS.get(str(told.get("function")), "")
    name += statistic
    told_unit = str(told.get("unit") or "")
    plain = not statistic and len(quantities) == 1 and (told_unit in _UNITS or told_unit in _PLAIN_UNITS)
    if "ulse" in told_unit:
        name += "_per_pulse"
    for word in ("storage_number", "tariff", "subunit"):
        if told.get(word):
            name += f"_{word.removesuffix('_number')}_{told[word]}"
            plain = False
    value, unit = _value_and_unit(told)
    quality = Quality.BAD if value is None else Quality.GOOD
    return MeterField(name, value, unit, role if plain else "", quality)


def _value_and_unit(told: Mapping[str, Any]) -> tuple[float | str | None, str]:
    told_unit = str(told.get("unit") or "")
    unit, factor = _UNITS.get(told_unit, (told_unit, Decimal(1)))
    value = told.get("value")
    found = value.get("value") if isinstance(value, dict) else None
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind in ("decimal", "float"):
        try:
            number = float(Decimal(str(found)) * factor)
        except (InvalidOperation, OverflowError, ValueError):
            return None, unit
        return (number if abs(number) < float("inf") else None), unit
    if not isinstance(found, str):
        return None, unit
    return (found if found.isprintable() else found.encode("utf-8", "replace").hex()), unit


def _plain_text(record: RawRecord, notes: list[str]) -> MeterField | None:
    """Read a record whose unit is text: the number is valued as a dimensionless one, extensions may scale it."""
    dif_end = _behind_chain(record.header, 0) or 1
    told = _library(record.header[:dif_end] + b"\xfd\x3a" + record.data)
    base = None if told is None else _field(told)
    if base is None or not isinstance(base.value, float):
        notes.append(f"a record in {record.text_unit!r} could not be read: {record.data.hex()}")
        return None
    scale = 1.0
    for extension in record.header[dif_end + 1 :]:
        if 0x70 <= extension & 0x7F <= 0x77:
            scale = 10.0 ** ((extension & 0x07) - 6)
    unit = {"%RH": "%"}.get(record.text_unit, record.text_unit)
    suffix = base.name.removeprefix("dimensionless")
    humid = record.text_unit == "%RH"
    name = "relative_humidity" if humid else f"value_{_snake(record.text_unit) or 'of_text_unit'}"
    role = "humidity" if humid and not suffix else ""
    return MeterField(name + suffix, round(base.value * scale, 9), unit, role)


def _snake(words: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in words.lower()).split())
