"""Homie 4: one value a topic, ``homie/{device}/{node}/{property}``; its ``$datatype`` and ``$unit`` on topics of their own.

The decoder remembers datatypes and units, also over a restart, and reads a value by its shape while they are unknown; a
temperature that may be one in °F waits for its unit. A device map may name a device or one of its nodes (``device/node``).
Source: Homie convention 4.0.0.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from collector.decoders.foreign import FamilyOptions, Field, ForeignRows
from collector.decoders.indoor_names import indoor_field, is_inside_device
from collector.messages.decoded import Decoded, Reason
from heating.protocols import RawMessage

__all__ = ["Homie4Decoder"]

MAX_REMEMBERED = 200_000
"""Properties whose datatype and unit are remembered; beyond it the memory starts again."""
FAMILY: Final = "homie4"
MAX_HELD: Final = 10_000
"""Values that wait for their unit."""
WARMEST_C: Final = 40.0
HOTTEST_F: Final = 120.0
"""A room's temperature without a unit between these is held back: as °C no room has it, as °F every one."""
MAX_VALUE_BYTES = 4096
"""Longest value that is looked at [bytes]."""

_ONLINE: Final = {
    b"ready": True, b"alert": True, b"sleeping": True, b"lost": False, b"disconnected": False,
}  # fmt: skip
"""$state → whether the device is in touch; ``init`` says neither."""
_STATISTICS: Final = {
    "battery": "%",
    "signal": "%",
    "cputemp": "°C",
    "cpuload": "%",
    "supply": "V",
    "uptime": "s",
}
"""Members of ``$stats`` (legacy extension) → unit."""
_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_FLOAT = re.compile(r"[+-]?(\d{1,19}(\.\d{0,19})?|\.\d{1,19})([eE][+-]?\d{1,3})?", re.ASCII)


class Homie4Decoder:
    """Decodes the values of Homie devices.

    Parameters
    ----------
    options
        Device map and limits.
    """

    def __init__(self, options: FamilyOptions) -> None:
        self._options = options
        self._known: dict[str, dict[str, str]] = {}
        self._held: dict[str, tuple[RawMessage, str]] = {}

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        rows = ForeignRows(FAMILY, self._options)
        for place, message in enumerate(messages):
            levels = message.topic.split("/")
            if len(levels) < 3 or not all(levels):
                rows.reject(place, Reason.BAD_TOPIC, message.topic[:200])
            elif len(message.payload) > MAX_VALUE_BYTES:
                rows.reject(place, Reason.TOO_BIG, f"{len(message.payload)} bytes")
            else:
                self._one(rows, place, message, levels[1:])
        return rows.finish()

    def _one(self, rows: ForeignRows, place: int, message: RawMessage, levels: list[str]) -> None:
        match levels:
            case [device, "$state"]:
                _state(rows, place, message, device)
            case [device, "$stats", name] if not name.startswith("$") and name != "interval":
                self._value(rows, place, message, device, f"$stats/{name}", name, _STATISTICS.get(name, ""))
            case [_device, _node, _prop, "$datatype" | "$unit"]:
                self._learn(rows, place, message)
            case [device, node, prop] if not (device + node + prop).count("$"):
                self._value(rows, place, message, device, f"{node}/{prop}", prop, None)
            case _:
                rows.reject(place, Reason.NOT_TELEMETRY, message.topic[:200])

    def _learn(self, rows: ForeignRows, place: int, message: RawMessage) -> None:
        text = _text(rows, place, message)
        if text is None:
            return
        topic, _slash, attribute = message.topic.rpartition("/")
        known = dict(self._recall(topic)) | {attribute: text[:16]}
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[topic] = known
        self._options.memory.put(FAMILY, topic, known)
        rows.reject(place, Reason.NOT_TELEMETRY, f"{attribute} {text[:40]!r}")
        held = self._held.pop(topic, None) if attribute == "$unit" else None
        if held is not None:
            value, device = held
            name = "/".join(topic.split("/")[2:])
            self._value(rows, place, value, device, name, name.rpartition("/")[2], None)

    def _recall(self, topic: str) -> dict[str, str]:
        """Return what is known of a property, also from before a restart: its ``$datatype`` and ``$unit``."""
        known = self._known.get(topic)
        if known is None:
            kept = self._options.memory.get(FAMILY, topic)
            known = {str(k): str(v) for k, v in kept.items()} if isinstance(kept, dict) else {}
            if known:
                self._known[topic] = known
        return known

    def _value(
        self,
        rows: ForeignRows,
        place: int,
        message: RawMessage,
        device: str,
        name: str,
        prop: str,
        usual: str | None,
    ) -> None:
        text = _text(rows, place, message)
        if text is None:
            return
        known = self._recall(message.topic)
        kind = known.get("$datatype")
        value = _read(text, kind)
        if value is None:
            rows.reject(place, Reason.WRONG_TYPE, f"{text[:40]!r} is no {kind}")
            return
        unit = known.get("$unit", usual)
        field = indoor_field(prop, value, "" if unit == "#" else unit)
        if field.point == "room_temp_c" and is_inside_device(name.rpartition("/")[0]):
            field = replace(field, point=None)
        speaker = self._speaker(device, name)
        target = self._options.devices.target(speaker)
        if unit is None and _may_be_fahrenheit(field) and (target is None or name not in target.points):
            if len(self._held) >= MAX_HELD:
                self._held.clear()
            self._held[message.topic] = message, device
            rows.reject(place, Reason.NOT_TELEMETRY, f"{text[:40]} is held back until its $unit is known")
            return
        kept = value if field.point is None else field.value
        rows.add(place, message, speaker, [replace(field, name=name, value=kept)], measured_ms=None)

    def _speaker(self, device: str, name: str) -> str:
        """Return the id to look up: the node when the device map names it, else the device."""
        node = f"{device}/{name.split('/')[0]}"
        return node if self._options.devices.target(node) is not None else device


def _may_be_fahrenheit(field: Field) -> bool:
    """Return whether a temperature without a unit is too warm for a room in °C and usual in °F."""
    return (
        field.point == "room_temp_c"
        and isinstance(field.value, float)
        and WARMEST_C < field.value <= HOTTEST_F
    )


def _state(rows: ForeignRows, place: int, message: RawMessage, device: str) -> None:
    online = _ONLINE.get(message.payload.strip())
    if online is None:
        rows.target(place, device)  # one that nobody knows is told as new
        reason = Reason.NOT_TELEMETRY if message.payload.strip() == b"init" else Reason.WRONG_TYPE
        rows.reject(place, reason, f"$state {message.payload[:40]!r}")
        return
    state = Field("$state", online, "", "gateway_online")
    rows.add(place, message, device, [state], measured_ms=None, prompt=True)


def _text(rows: ForeignRows, place: int, message: RawMessage) -> str | None:
    try:
        return message.payload.decode().strip()
    except UnicodeDecodeError as error:
        rows.reject(place, Reason.BAD_UTF8, str(error))
        return None


def _read(text: str, kind: str | None) -> float | bool | str | None:
    """Return the value of a text by its datatype; None when it is none of that type."""
    match kind:
        case "integer":
            return float(text) if _INTEGER.fullmatch(text) else None
        case "float":
            return float(text) if _FLOAT.fullmatch(text) else None
        case "boolean":
            return {"true": True, "false": False}.get(text)
        case None:
            if _FLOAT.fullmatch(text):
                return float(text)
            return {"true": True, "false": False}.get(text, text)
        case _:
            return text
