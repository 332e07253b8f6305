"""Who sent a JSON message: a serial number in it, else a level of its topic.

What does not live here: what that device is to us (the device map).
"""

from collections.abc import Mapping, Sequence
from typing import Final

from collector.decoders.foreign import ForeignRows
from collector.messages.decoded import Reason

__all__ = ["device_of", "loose_id", "sender_of"]

ID_NAMES: Final = (
    "deviceId",
    "device_id",
    "deviceid",
    "DeviceId",
    "devId",
    "dev_id",
    "deviceName",
    "device",
    "设备编号",
    "站号",
    "站点编号",
    "stationId",
    "station_id",
    "station",
    "sn",
    "SN",
    "serial",
    "imei",
    "IMEI",
    "gateway",
    "gatewayId",
    "gateway_id",
    "clientId",
    "client_id",
    "mac",
    "MAC",
    "dtu",
    "dtuId",
    "dtu_id",
)
"""Names under which equipment sends its own id, in the order they are tried."""
_GENERIC_LEVELS: Final = frozenset(
    {
        "data",
        "up",
        "upload",
        "uplink",
        "down",
        "report",
        "telemetry",
        "post",
        "json",
        "pub",
        "publish",
        "event",
    }
    | {
        "attributes",
        "property",
        "properties",
        "thing",
        "gateway",
        "gw",
        "dtu",
        "device",
        "devices",
        "modbus",
        "sys",
    }
    | {
        "usr",
        "edge",
        "edge_gateway",
        "station",
        "stations",
        "v1",
        "v2",
        "mqtt",
        "status",
        "message",
        "msg",
        "topic",
    }
)
"""Topic levels that name a kind, not a device."""


def device_of(parts: Sequence[Mapping[str, object]], topic: str) -> str:
    """Return the id under which a message speaks.

    Parameters
    ----------
    parts
        Objects of the message in which an id may stand, outermost first.
    topic
        Topic of the message; its last level that names no kind stands in.
    """
    for part in parts:
        for name in ID_NAMES:
            value = part.get(name)
            if isinstance(value, str) and value.strip():
                return value.strip()
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
                return str(value)
    levels = [level for level in topic.split("/") if level]
    return next((level for level in reversed(levels) if level.lower() not in _GENERIC_LEVELS), topic)


SERIAL_CHARACTERS: Final = 8
"""A shorter number under the bare name ``id`` counts messages, it is no serial number (20 digits), IMEI or MAC."""


def loose_id(part: Mapping[str, object]) -> str | None:
    """Return what stands under the bare name ``id`` where it can be a device: a word with a letter, or a long number."""
    value = part.get("id")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if len(text) >= SERIAL_CHARACTERS or any(sign.isalpha() for sign in text) else None


def sender_of(rows: ForeignRows, place: int, part: Mapping[str, object], topic: str) -> str | None:
    """Return under which id a message of a shared family speaks; None after a rejection.

    The message names its device (`ID_NAMES`, or ``id``), the topic another one: where only one of them is known to map
    or registry, it counts; where both are and mean different objects, nobody can say whose readings these are. Where
    neither is, a named id goes before the topic.
    """
    by_topic = device_of((), topic)
    told = device_of((part,), topic)
    inside = told if told != by_topic else loose_id(part)
    if inside is None or inside == by_topic:
        return by_topic
    ours, theirs = rows.known(inside), rows.known(by_topic)
    if ours is not None and theirs is not None and ours != theirs:
        rows.reject(place, Reason.TOPIC_MISMATCH, f"payload says {inside[:40]}, topic {by_topic[:40]}")
        return None
    return by_topic if ours is None and theirs is not None else inside
