"""SenML packs in JSON and CBOR (RFC 8428): from bytes to samples.

A device is the resolved name without its last segment (``urn:dev:ow:10e2…/temperature``), or what stands before the
component of a device URN (``urn:dev:mac:0024…_temperature``, RFC 9039) or before the path of an IPSO object
(``…/3303/0/5700``); a name whose last segment is an identifier is a device by itself. What a record means is in `collector.decoders.envelopes.senml_records`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import cbor2

from collector.decoders.device_times import LATEST_MS, possible_ms
from collector.decoders.envelopes.senml_records import MAX_RECORDS, PackError, Resolved, resolve_pack
from collector.decoders.foreign import FamilyOptions, Field, ForeignRows
from collector.decoders.indoor_names import indoor_field, indoor_point
from collector.decoders.json_payload import json_value
from collector.decoders.numbers import finite_number
from collector.messages.decoded import Decoded, Reason
from config.equipment.point_names import plain_unit
from heating.protocols import RawMessage

__all__ = ["SenmlDecoder"]

RELATIVE_BELOW_S = 2**28
"""Times below this are offsets from now (RFC 8428 section 4.5.3) [s]."""
MAX_DEPTH = 8
"""Levels of nesting a CBOR pack may have."""

_IDENTIFIER = re.compile(r"[0-9a-fA-F]{6,}|\d+")
_IPSO = re.compile(r"(.*?)[/:_]?(?<![0-9])(3\d{3})/(\d{1,5})/(\d{4,5})")
"""Path of an IPSO smart object: object, instance, resource."""
_IPSO_NAMES: Final = {"3303": "temperature", "3304": "humidity", "3316": "voltage"}
"""IPSO object → what it measures. Source: OMA registry of objects."""
IPSO_VALUE: Final = "5700"
"""IPSO resource that is the sensor's value; others are its limits and extremes."""
_JOINTS: Final = ":/_"
_NAMES_BY_UNIT: Final = {
    "°C": "temperature",
    "K": "temperature",
    "%RH": "humidity",
    "%EL": "battery",
    "dBm": "rssi",
}
"""Unit → name of a value that has none."""
_POINTS: Final = {
    "Cel": "room_temp_c", "K": "room_temp_c", "%RH": "room_humidity_pct", "%EL": "battery_pct",
}  # fmt: skip
"""Unit that leaves no doubt about the point of a value without a name."""


def _refuse(*_arguments: Any) -> Any:
    raise ValueError("a CBOR tag that SenML does not use")


MAX_CBOR_BYTES: Final = 65_536
"""Longer packs in CBOR are not read [bytes]: 500 records need less, and one byte may cost as much as a whole record."""
_TAGS: Final = dict.fromkeys(
    (0, 1, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 43001), _refuse
)
"""Tags that the library would turn into objects (patterns, addresses, shared values …); only numbers are wanted."""


class SenmlDecoder:
    """Decodes SenML packs.

    Parameters
    ----------
    options
        Device map and limits.
    """

    def __init__(self, options: FamilyOptions) -> None:
        self._options = options

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        rows = ForeignRows("senml", self._options)
        for place, message in enumerate(messages):
            parsed, pack = self._parse(rows, place, message.payload)
            if not parsed:
                continue
            try:
                records, wrong = resolve_pack(pack)
            except PackError as error:
                rows.reject(place, error.reason, str(error))
                continue
            if wrong:
                rows.reject(place, Reason.WRONG_TYPE, "; ".join(wrong[:10]))
            if len(records) > MAX_RECORDS:
                rows.reject(
                    place, Reason.TOO_BIG, f"{len(records) - MAX_RECORDS} records beyond {MAX_RECORDS}"
                )
            if not records and not wrong:
                rows.reject(place, Reason.NOT_TELEMETRY, "a pack without values")
            _take(rows, place, message, records[:MAX_RECORDS])
        return rows.finish()

    def _parse(self, rows: ForeignRows, place: int, payload: bytes) -> tuple[bool, object]:
        """Parse JSON or, when the first byte is a CBOR array or the self-describing tag, CBOR."""
        if not payload or not (0x80 <= payload[0] <= 0x9F or payload[0] == 0xD9):
            return json_value(rows, place, payload, limit=self._options.max_payload_bytes)
        if len(payload) > min(self._options.max_payload_bytes, MAX_CBOR_BYTES):
            rows.reject(place, Reason.TOO_BIG, f"{len(payload)} bytes")
            return False, None
        try:
            return True, cbor2.loads(payload, max_depth=MAX_DEPTH, semantic_decoders=_TAGS)
        except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError) as error:
            rows.reject(place, Reason.BAD_JSON, f"CBOR: {error}")
        return False, None


def _take(rows: ForeignRows, place: int, message: RawMessage, records: Sequence[Resolved]) -> None:
    """Take the records, those of one device and one time as one reading."""
    readings: dict[tuple[str, int | None], list[Field]] = {}
    for record in records:
        device, name = _device_and_name(record.name, record.base, message.topic)
        readings.setdefault((device, _time_ms(record.time_s, message.received_ms)), []).append(
            _field(name, record)
        )
    for (device, measured_ms), fields in readings.items():
        rows.add(place, message, device, fields, measured_ms=measured_ms)


def _time_ms(time_s: float, received_ms: int) -> int | None:
    """Return the time of a record; zero is «now», which is the arrival."""
    if time_s == 0 or abs(time_s) > LATEST_MS:
        return None
    if time_s < RELATIVE_BELOW_S:
        return possible_ms(received_ms + round(time_s * 1000))
    return possible_ms(round(time_s * 1000))


def _device_and_name(full: str, base: str, topic: str) -> tuple[str, str]:
    """Split a resolved name; the device falls back to the last level of the topic."""
    path = _IPSO.fullmatch(full)
    if path is not None and path[1]:
        return path[1].rstrip(_JOINTS), full[len(path[1]) :].lstrip(_JOINTS)
    own = full.removeprefix(base).strip(_JOINTS) if base else ""
    if own and not set(own) & set("/:") and not _IDENTIFIER.fullmatch(own):
        joined = base[-1] in _JOINTS or full[len(base)] in _JOINTS
        if joined or indoor_point(own) is not None:
            return base.rstrip(_JOINTS), own
    cut = max(full.rfind("/"), full.rfind(":"))
    last = full[cut + 1 :]
    if _IDENTIFIER.fullmatch(last):
        return full, ""
    head, joint, component = last.partition("_")
    if joint and full.lower().startswith("urn:dev:") and (_IDENTIFIER.fullmatch(head) or "-" in head):
        return full[: cut + 1] + head, component
    device = full[:cut].rstrip("/:") if cut > 0 else ""
    return device or topic.rsplit("/", 1)[-1], last


def _field(name: str, record: Resolved) -> Field:
    ours, value = plain_unit(record.unit), record.value
    if record.unit == "/" and isinstance(value, float):
        value, ours = value * 100, "%"
    if not name:
        name = _NAMES_BY_UNIT.get(record.unit, _NAMES_BY_UNIT.get(ours, "value"))
    if finite_number(value) is None and isinstance(value, float):
        return Field(name, None, ours)
    path = _IPSO.fullmatch(name)
    if path is not None:
        meant = _IPSO_NAMES.get(path[2]) if path[4] == IPSO_VALUE else None
        found = indoor_field(meant or name, value, ours or None)
        return replace(found, name=name) if meant else replace(found, point=None)
    if record.unit == "%EL":
        return Field(name, value, ours, "battery_pct")
    found = indoor_field(name, value, ours or None)
    if found.point is None and record.unit in _POINTS and name.lower() in ("t", "h", "b", "value"):
        return Field(name, value, ours, _POINTS[record.unit])
    return found
