"""OneNET (China Mobile): pushes of one data stream whose value is an object.

Source: OneNET documentation, push of data points.
"""

import math

import orjson

from simulators.devices.payloads.readings import RoomPacket
from simulators.reports import Message

__all__ = ["encode"]


def encode(packet: RoomPacket) -> Message:
    """Return the push of a sensor's newest sample, with the time of the platform."""
    sample = packet.newest
    value: dict[str, float] = {"temperature": sample.temp_c, "humidity": sample.humidity_pct}
    if not math.isnan(packet.battery_pct):
        value["battery"] = packet.battery_pct
    message = {
        "type": 1,
        "imei": packet.device,
        "dev_id": int(packet.device[5:]),
        "ds_id": "room",
        "at": sample.measured_ms,
        "value": value,
    }
    body = {"msg": message, "msg_signature": "c2lnbmVk", "nonce": "8dQ!b1"}
    return Message(f"onenet/{packet.device}/push", orjson.dumps(body))
