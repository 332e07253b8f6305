"""Who sent a JSON message: a serial number in it, else a level of its topic.

What does not live here: what that device is to us (the device map).
"""

from collections.abc import Mapping, Sequence
from typing import Final

__all__ = ["device_of"]

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
