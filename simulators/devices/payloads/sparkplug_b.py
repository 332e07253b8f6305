"""Sparkplug B: an edge node a station with one device, births with names and aliases, data with aliases only.

What lives here: payloads, and what a node must remember: its sequence number and how often it was born. What does not:
when a node is born or dies (`simulators.devices.senders`). Source: Eclipse Sparkplug specification 3.0, chapters 5 and 6.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

from heating.points import PointKind
from simulators.devices.payloads.protobuf_fields import (
    bytes_field,
    double_field,
    float_field,
    number_field,
    text_field,
)
from simulators.devices.payloads.station_names import station_name
from simulators.reports import Message

__all__ = ["SparkplugNode"]

_NAMESPACE = "spBv1.0"
_INT64, _FLOAT, _DOUBLE, _BOOLEAN = 4, 9, 10, 11
_NAME, _ALIAS, _STAMP, _TYPE, _IS_NULL = 1, 2, 3, 4, 7
_LONG_VALUE, _FLOAT_VALUE, _DOUBLE_VALUE, _BOOLEAN_VALUE = 11, 12, 13, 14
_REBIRTH = "Node Control/Rebirth"


class SparkplugNode:
    """One edge node with one device.

    Parameters
    ----------
    device : str
        ``group/node/device``.
    points : sequence of str
        Canonical points that the device has, in the order of their aliases from 1.
    """

    def __init__(self, device: str, points: Sequence[str]) -> None:
        self._group, self.node, self._device = device.split("/")
        self._aliases = {point: number for number, point in enumerate(points, start=1)}
        self._types = {point: _type_of(point) for point in points}
        self._sequence = 0
        self._births = -1
        self.born = False
        """Whether the births of this session have been sent."""

    @property
    def command_topic(self) -> str:
        """Topic on which somebody asks for the births again."""
        return f"{_NAMESPACE}/{self._group}/NCMD/{self.node}"

    def births(self, values: Mapping[str, float], now_ms: int) -> Iterator[Message]:
        """Yield the births of node and device with all points, those without a value as null."""
        self._births += 1
        self._sequence = -1
        self.born = True
        control = (
            text_field(_NAME, _REBIRTH) + number_field(_TYPE, _BOOLEAN) + number_field(_BOOLEAN_VALUE, 0)
        )
        online = text_field(_NAME, "gateway_online") + number_field(_TYPE, _BOOLEAN)
        yield self._message(
            "NBIRTH", [self._birth_metric(), control, online + number_field(_BOOLEAN_VALUE, 1)], now_ms
        )
        yield self._message(
            "DBIRTH", [self._named(point, values.get(point, math.nan)) for point in self._aliases], now_ms
        )

    def data(self, values: Mapping[str, float], measured_ms: int) -> Message:
        """Return the readings of the device under their aliases."""
        return self._message(
            "DDATA", [self._aliased(point, value) for point, value in values.items()], measured_ms
        )

    def death(self) -> Message:
        """Return what the broker publishes when the node is gone."""
        self.born = False
        return Message(f"{_NAMESPACE}/{self._group}/NDEATH/{self.node}", bytes_field(2, self._birth_metric()))

    def _message(self, kind: str, metrics: Sequence[bytes], now_ms: int) -> Message:
        self._sequence = (self._sequence + 1) % 256
        payload = number_field(1, now_ms) + b"".join(bytes_field(2, metric) for metric in metrics)
        leaf = f"/{self._device}" if kind.startswith("D") else ""
        topic = f"{_NAMESPACE}/{self._group}/{kind}/{self.node}{leaf}"
        return Message(topic, payload + number_field(3, self._sequence))

    def _birth_metric(self) -> bytes:
        return (
            text_field(_NAME, "bdSeq")
            + number_field(_TYPE, _INT64)
            + number_field(_LONG_VALUE, self._births % 256)
        )

    def _named(self, point: str, value: float) -> bytes:
        name = text_field(_NAME, f"PLC/{station_name(point).name}")
        alias = number_field(_ALIAS, self._aliases[point])
        shown = number_field(_IS_NULL, 1) if math.isnan(value) else self._value(point, value)
        return name + alias + number_field(_TYPE, self._types[point]) + shown

    def _aliased(self, point: str, value: float) -> bytes:
        return number_field(_ALIAS, self._aliases[point]) + self._value(point, value)

    def _value(self, point: str, value: float) -> bytes:
        match self._types[point]:
            case 11:
                return number_field(_BOOLEAN_VALUE, value > 0)
            case 10:
                return double_field(_DOUBLE_VALUE, value)
            case _:
                return float_field(_FLOAT_VALUE, value)


def _type_of(point: str) -> int:
    match station_name(point).kind:
        case PointKind.FLAG:
            return _BOOLEAN
        case PointKind.TOTAL:
            return _DOUBLE
        case _:
            return _FLOAT
