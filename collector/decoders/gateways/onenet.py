"""OneNET (China Mobile): pushes of data streams and of thing models, and the MQTT topics of devices.

What does not live here: what a stream's name means (`collector.decoders.named_points`), frames that are passed
through (`collector.decoders.gateways.pass_through`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from collector.decoders.civil_time import loose_time_ms
from collector.decoders.foreign import MAX_FIELDS, ForeignRows
from collector.decoders.gateways.json_family import JsonFamily
from collector.decoders.gateways.pass_through import add_frame, passed_frame
from collector.decoders.json_payload import first_items, json_inside
from collector.decoders.named_points import NamedValue, fields_of
from collector.messages.decoded import Reason
from heating.points import Measurement
from heating.protocols import RawMessage

__all__ = ["OnenetDecoder"]

DATA_POINT: Final = 1
"""`type` of a push that carries a reading; 2 is going on or off line, 7 the result of a command."""
MAX_MESSAGES: Final = 200
"""Readings of one push that are looked at."""
_ID_NAMES: Final = ("imei", "deviceName", "device_name", "dev_name", "dev_id", "deviceId")


@dataclass(frozen=True, slots=True)
class _Stamped:
    """One named value with its own time."""

    value: NamedValue
    at: object


class OnenetDecoder(JsonFamily):
    """Decodes OneNET envelopes; the device is its IMEI, name or number, in this order.

    Options and maps are those of every `JsonFamily`.
    """

    family = "onenet"
    default = Measurement.ROOM

    def _message(
        self, rows: ForeignRows, place: int, message: RawMessage, document: Mapping[str, object]
    ) -> None:
        body = document.get("msg", document)
        if isinstance(body, str):
            body = json_inside(body)
        parts = body if isinstance(body, list) else [body]
        if len(parts) > MAX_MESSAGES:
            rows.reject(place, Reason.TOO_BIG, f"{len(parts) - MAX_MESSAGES} readings beyond {MAX_MESSAGES}")
        if not parts:
            rows.reject(place, Reason.NOT_TELEMETRY, "an empty list")
        for part in parts[:MAX_MESSAGES]:
            if isinstance(part, Mapping):
                self._part(rows, place, message, part)
            else:
                rows.reject(place, Reason.WRONG_TYPE, "msg is no object")

    def _part(self, rows: ForeignRows, place: int, message: RawMessage, part: Mapping[str, object]) -> None:
        fault = _no_reading(part)
        if fault is not None:
            rows.reject(place, Reason.NOT_TELEMETRY, fault)
            return
        device = _device(part, message.topic)
        target = rows.target(place, device)
        if target is None:
            return
        frame = passed_frame(part.get("value"))
        if frame is not None:
            add_frame(rows, place, message, device, frame, self._options)
            return
        stamped = list(_stamped(part))
        if not stamped:
            rows.reject(place, Reason.WRONG_TYPE, "neither a value, params nor data streams")
        by_time: dict[int | None, list[NamedValue]] = {}
        for item in stamped:
            frame = passed_frame(item.value.raw)
            if frame is not None:
                add_frame(rows, place, message, device, frame, self._options)
                continue
            by_time.setdefault(loose_time_ms(item.at, self._options.zone), []).append(item.value)
        for measured_ms, values in by_time.items():
            fields = fields_of(values, target, self._maps)
            rows.add(place, message, device, fields, measured_ms=measured_ms)


def _no_reading(part: Mapping[str, object]) -> str | None:
    """Return why a push carries no reading, None when it does."""
    kind = part.get("type")
    if isinstance(kind, int) and kind != DATA_POINT and "ds_id" not in part:
        word = {2: "the device went on or off line", 7: "the result of a command"}.get(kind, f"type {kind}")
        return word
    notify = part.get("notifyType")
    if isinstance(notify, str) and notify != "property":
        return f"notification {notify[:40]!r}"
    if "code" in part and "params" not in part and "data" not in part:
        return "the platform's answer"
    return None


def _device(part: Mapping[str, object], topic: str) -> str:
    for name in _ID_NAMES:
        value = part.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    levels = topic.split("/")
    return levels[2] if levels[0] == "$sys" and len(levels) > 3 else levels[-1]


def _stamped(part: Mapping[str, object]) -> Iterator[_Stamped]:
    """Return the values of every shape: one data stream, a thing model's params, data points by stream."""
    at = part.get("at")
    if "ds_id" in part or "value" in part:
        value = part.get("value")
        alone = {str(part.get("ds_id", "value")): value}
        for name, raw in first_items(value if isinstance(value, Mapping) else alone, MAX_FIELDS + 1):
            yield _Stamped(NamedValue(str(name), raw), at)
    data = part.get("data")
    params = data.get("params") if isinstance(data, Mapping) else part.get("params")
    if isinstance(params, Mapping):
        for name, value in first_items(params, MAX_FIELDS + 1):
            wrapped = value if isinstance(value, Mapping) else {"value": value}
            yield _Stamped(NamedValue(str(name), wrapped.get("value")), wrapped.get("time", at))
    streams = part.get("dp")
    if isinstance(streams, Mapping):
        yield from _streams(streams, at)


def _streams(streams: Mapping[str, object], at: object) -> Iterator[_Stamped]:
    for name, points in first_items(streams, MAX_FIELDS):
        for point in points[:MAX_MESSAGES] if isinstance(points, list) else ():
            if isinstance(point, Mapping):
                yield _Stamped(NamedValue(str(name), point.get("v")), point.get("t", at))
