"""CTWing AEP (China Telecom): the platform's push around the frame of an NB-IoT room collector, passed through.

Source: CTWing AEP documentation, data push.
"""

import base64
from dataclasses import replace

import orjson

from simulators.devices.payloads.nb_0x68 import frame_of
from simulators.devices.payloads.readings import RoomPacket
from simulators.reports import Message

__all__ = ["encode"]


def encode(packet: RoomPacket) -> Message:
    """Return the push; the device is its IMEI, the frame bears an address of the maker's own."""
    imei = packet.device
    frame = frame_of(replace(packet, device=f"67{int(imei[5:]):012d}"))
    body = {
        "upPacketSN": "",
        "upDataSN": -1,
        "topic": "v1/up/ad19",
        "timestamp": packet.sent_ms,
        "tenantId": "10334455",
        "serviceId": "",
        "protocol": "lwm2m",
        "productId": "10112233",
        "payload": {"APPdata": base64.b64encode(frame).decode()},
        "messageType": "dataReport",
        "deviceId": f"aep{imei[5:]}",
        "IMEI": imei,
    }
    return Message(f"ctwing/{imei}/push", orjson.dumps(body))
