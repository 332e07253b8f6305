"""Homie 4: one value a topic, ``homie/{device}/{node}/{property}``; its ``$datatype`` and ``$unit`` on topics of their own.

The decoder remembers datatypes and units (they are retained, so they come again after a restart) and reads a value by
its shape while they are unknown. A device map may name a device or one of its nodes (``device/node``).
Source: Homie convention 4.0.0.
"""

import re
from collections.abc import Sequence
from typing import Final

from collector.decoders.foreign import FamilyOptions, Field, ForeignRows
from collector.decoders.indoor_names import indoor_field
from collector.messages.decoded import Decoded, Reason
from heating.protocols import RawMessage

__all__ = ["Homie4Decoder"]

MAX_REMEMBERED = 200_000
"""Properties whose datatype and unit are remembered; beyond it the memory starts again."""
MAX_VALUE_BYTES = 4096
"""Longest value that is looked at [bytes]."""

_ONLINE: Final = {
    b"ready": True, b"alert": True, b"sleeping": True, b"lost": False, b"disconnected": False,
}  # fmt: skip
"""$state → whether the device is in touch; ``init`` says neither."""
_UNITS: Final = {"℃": "°C", "C": "°C", "F": "°F", "#": ""}
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
        self._kinds: dict[str, str] = {}
        self._units: dict[str, str] = {}

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        rows = ForeignRows("homie4", self._options)
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
        memory = self._kinds if attribute == "$datatype" else self._units
        if len(memory) >= MAX_REMEMBERED:
            memory.clear()
        memory[topic] = text[:16]
        rows.reject(place, Reason.NOT_TELEMETRY, f"{attribute} {text[:40]!r}")

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
        kind = self._kinds.get(message.topic)
        value = _read(text, kind)
        if value is None:
            rows.reject(place, Reason.WRONG_TYPE, f"{text[:40]!r} is no {kind}")
            return
        unit = self._units.get(message.topic, usual)
        meaning = indoor_field(prop, value, None if unit is None else _UNITS.get(unit, unit))
        field = Field(name, value, meaning.unit, meaning.point, meaning.quality)
        rows.add(place, message, self._speaker(device, name), [field], measured_ms=None)

    def _speaker(self, device: str, name: str) -> str:
        """Return the id to look up: the node when the device map names it, else the device."""
        node = f"{device}/{name.split('/')[0]}"
        return node if self._options.devices.target(node) is not None else device


def _state(rows: ForeignRows, place: int, message: RawMessage, device: str) -> None:
    online = _ONLINE.get(message.payload.strip())
    if online is None:
        rows.target(place, device)  # one that nobody knows is told as new
        reason = Reason.NOT_TELEMETRY if message.payload.strip() == b"init" else Reason.WRONG_TYPE
        rows.reject(place, reason, f"$state {message.payload[:40]!r}")
        return
    measured_ms = None if message.retained else message.received_ms
    rows.add(place, message, device, [Field("$state", online, "", "gateway_online")], measured_ms=measured_ms)


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
