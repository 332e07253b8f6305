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
from collector.decoders.named_points import NamedValue, fields_of, flat_values
from collector.messages.decoded import Reason
from heating.points import Measurement
from heating.protocols import RawMessage

__all__ = ["OnenetDecoder"]

DATA_POINT: Final = 1
"""`type` of a push that carries a reading; 2 is going on or off line, 7 the result of a command."""
ON_OR_OFF_LINE: Final = 2
MAX_MESSAGES: Final = 200
"""Readings of one push that are looked at."""
_GLOBAL_IDS: Final = ("imei", "dev_id", "deviceId")
"""Ids that no two devices of the platform share."""
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
        device = self._device(part, message.topic)
        if fault is not None:
            if part.get("type") == ON_OR_OFF_LINE:
                rows.target(place, device)  # a device that only joins is told as new too
            rows.reject(place, Reason.NOT_TELEMETRY, fault)
            return
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

    def _device(self, part: Mapping[str, object], topic: str) -> str:
        """Return the id of a device: names are unique inside a product only, so the product goes before them.

        A map, or the registry, that knows the bare name goes before that.
        """
        told, product = _told_id(part, topic), _product(part, topic)
        if not product or any(isinstance(part.get(name), str | int) for name in _GLOBAL_IDS):
            return told
        whole, options = f"{product}/{told}", self._options
        recorded = options.recorded is not None and options.recorded.family_of(told) == self.family
        mapped = options.devices.target(whole) is None and options.devices.target(told) is not None
        return told if mapped or recorded else whole


def _product(part: Mapping[str, object], topic: str) -> str:
    value = next((part[name] for name in ("productId", "product_id", "pid") if name in part), None)
    if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
        return str(value)
    levels = topic.split("/")
    return levels[1] if levels[0] == "$sys" and len(levels) > 3 else ""


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


def _told_id(part: Mapping[str, object], topic: str) -> str:
    """Return the IMEI, name or number of a device, else the level of the topic that is its name."""
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
        for item in flat_values(value if isinstance(value, Mapping) else alone):
            yield _Stamped(item, at)
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
