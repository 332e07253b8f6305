"""The Things Stack v3, uplink messages; the device goes by its name in the application.

Source: The Things Stack documentation, data formats.
"""

import base64
import math

import orjson

from simulators.devices.payloads.binary_coded import rfc3339
from simulators.devices.payloads.milesight_em300 import F_PORT, application_payload, decoded_object
from simulators.devices.payloads.readings import RoomPacket
from simulators.reports import Message

__all__ = ["APPLICATION", "encode"]

APPLICATION = "heat-rooms@league"
"""Application and tenant in topics."""


def encode(packet: RoomPacket) -> Message:
    """Return the uplink of a sensor; the time is that of the network server."""
    name = packet.device
    number = int(name.rpartition("-")[2])
    heard = rfc3339(packet.sent_ms if packet.stored else packet.newest.measured_ms)
    uplink: dict[str, object] = {
        "f_port": F_PORT,
        "f_cnt": packet.sent_ms // 60_000 % 65_536,
        "frm_payload": base64.b64encode(application_payload(packet)).decode(),
        "received_at": heard,
        "version_ids": {"brand_id": "milesight-iot", "model_id": "em300-th"},
    }
    if not packet.stored and number % 2:
        uplink["decoded_payload"] = decoded_object(packet)
    if not math.isnan(packet.rssi_dbm):
        uplink["rx_metadata"] = [
            {"gateway_ids": {"gateway_id": "roof-1"}, "rssi": round(packet.rssi_dbm), "snr": 7.5}
        ]
    application, _, tenant = APPLICATION.partition("@")
    body = {
        "end_device_ids": {
            "device_id": name,
            "dev_eui": f"24E124FF{number % 2**32:08X}",
            "application_ids": {"application_id": application, "tenant_id": tenant},
        },
        "received_at": heard,
        "uplink_message": uplink,
    }
    return Message(f"v3/{APPLICATION}/devices/{name}/up", orjson.dumps(body))
