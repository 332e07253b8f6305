"""Zigbee2MQTT: one JSON object a device on ``zigbee2mqtt/{name}``; names may hold slashes.

``voltage`` is in mV; ``last_seen`` is RFC 3339, epoch milliseconds, or a date that cannot be: then the arrival time
stands in. Topics of the bridge, and ``/set``, ``/get`` and ``/availability`` below a device, are no readings.
Source: Zigbee2MQTT documentation, «MQTT topics and messages».
"""

from collections.abc import Mapping, Sequence

from collector.decoders.device_times import epoch_ms_of, local_ms
from collector.decoders.foreign import FamilyOptions, Field, ForeignRows
from collector.decoders.indoor_names import indoor_fields
from collector.decoders.json_payload import json_inside, json_object, text_at
from collector.decoders.numbers import quantity_of
from collector.messages.decoded import Decoded, Reason
from heating.protocols import RawMessage

__all__ = ["Zigbee2mqttDecoder"]

_NO_READINGS = frozenset({"set", "get", "availability"})
_JOINS = frozenset({"device_joined", "device_announce", "device_interview"})
"""Events of the bridge that name a device which takes part from then on."""
_IN_PART = frozenset({"last_seen", "elapsed", "device", "update", "update_available"})
"""Members about the message or the firmware, not of the room."""


class Zigbee2mqttDecoder:
    """Decodes the states that Zigbee2MQTT publishes.

    Parameters
    ----------
    options
        Device map, limits and the zone of a `last_seen` without one.
    """

    def __init__(self, options: FamilyOptions) -> None:
        self._options = options

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        rows = ForeignRows("zigbee2mqtt", self._options)
        for place, message in enumerate(messages):
            _base, _slash, name = message.topic.partition("/")
            levels = name.split("/")
            if not name or not all(levels):
                rows.reject(place, Reason.BAD_TOPIC, message.topic[:200])
            elif levels[0] == "bridge" or _NO_READINGS & set(levels[1:]):
                if levels == ["bridge", "event"]:
                    self._joined(rows, place, message)
                rows.reject(place, Reason.NOT_TELEMETRY, message.topic[:200])
            else:
                self._state(rows, place, message, name)
        return rows.finish()

    def _joined(self, rows: ForeignRows, place: int, message: RawMessage) -> None:
        """Look a device up that joins: one that nobody knows is told as new."""
        body = json_inside(message.payload[: self._options.max_payload_bytes])
        if text_at(body, "type") in _JOINS:
            ieee, name = text_at(body, "data", "ieee_address"), text_at(body, "data", "friendly_name")
            known = ieee is not None and self._options.devices.target(ieee) is not None
            device = ieee if known else name or ieee
            if device is not None:
                rows.target(place, device)

    def _state(self, rows: ForeignRows, place: int, message: RawMessage, name: str) -> None:
        body = json_object(rows, place, message.payload, limit=self._options.max_payload_bytes)
        if body is None:
            return
        address = body.get("device")
        ieee = address.get("ieeeAddr") if isinstance(address, Mapping) else None
        known = isinstance(ieee, str) and self._options.devices.target(ieee) is not None
        members = {
            key: value
            for key, value in body.items()
            if key not in _IN_PART and not isinstance(value, dict | list)
        }
        level = quantity_of(members.get("battery"))
        if level is not None and level[0] == int(level[0]) and 0 <= level[0] <= 100:
            members["battery"] = {"value": level[0], "unit": "%"}  # the convention says so: even a 3 is 3 %
        rows.add(
            place,
            message,
            str(ieee) if known else name,
            [*_voltage(members), *indoor_fields(members)],
            measured_ms=self._last_seen(body.get("last_seen")),
        )

    def _last_seen(self, value: object) -> int | None:
        found = local_ms(value, self._options.zone) if isinstance(value, str) else epoch_ms_of(value)
        return found


def _voltage(members: dict[str, object]) -> list[Field]:
    """Take the voltage out: the battery's in mV, or the mains' of a plug in V."""
    value = members.pop("voltage", None)
    if value is None:
        return []
    quantity = quantity_of(value)
    if quantity is None or "current" in members:
        return [Field("voltage", value if isinstance(value, int | float | str) else None, "V")]
    return [Field("voltage", quantity[0], quantity[1] or "mV", "battery_v")]
