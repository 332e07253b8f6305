"""ChirpStack v4, event ``up``: every second application has a codec and sends `object`, the others bytes only.

Source: ChirpStack documentation, integration events.
"""

import base64
import math

import orjson

from simulators.devices.payloads.binary_coded import rfc3339
from simulators.devices.payloads.milesight_em300 import F_PORT, application_payload, decoded_object
from simulators.devices.payloads.readings import RoomPacket
from simulators.reports import Message

__all__ = ["APPLICATION", "encode"]

APPLICATION = "7e1b6c52-heat-rooms"
"""Id of the application in topics."""


def encode(packet: RoomPacket) -> Message:
    """Return the uplink of a sensor; the time is that of the network server."""
    eui = packet.device
    heard_ms = packet.sent_ms if packet.stored else packet.newest.measured_ms
    body: dict[str, object] = {
        "deduplicationId": f"{eui}-{packet.sent_ms}",
        "time": rfc3339(heard_ms),
        "deviceInfo": {
            "applicationId": APPLICATION,
            "deviceProfileName": "EM300-TH",
            "deviceName": f"room {eui[-6:]}",
            "devEui": eui,
        },
        "fCnt": packet.sent_ms // 60_000 % 65_536,
        "fPort": F_PORT,
        "confirmed": False,
        "data": base64.b64encode(application_payload(packet)).decode(),
    }
    if not packet.stored and int(eui[-1], 16) % 2:
        body["object"] = decoded_object(packet)
    if not math.isnan(packet.rssi_dbm):
        body["rxInfo"] = [{"gatewayId": "24e124fffef00001", "rssi": round(packet.rssi_dbm), "snr": 7.5}]
    return Message(f"application/{APPLICATION}/device/{eui}/event/up", orjson.dumps(body))
