"""A guess what an unknown device is: its payload family and its kind, from topic and payload, for people to check.

What does not live here: decoding. A wrong guess costs a look, never a reading.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from collector.decoders.families import FAMILIES
from collector.decoders.json_payload import json_inside, text_at
from collector.decoders.lorawan.choice import codec_named, codec_of_eui
from collector.messages.routes import split_native_topic

__all__ = ["DeviceGuess", "claimed_area", "guess_device"]

MAX_LOOKED_AT = 65_536
"""Longer payloads are not looked into [bytes]."""
MAX_NAMES = 200
MAX_DEPTH = 6

_KINDS: tuple[tuple[str, str], ...] = (
    ("station", r"primary|secondary|一次|二次|补水|makeup|circulation|pump"),
    ("heat_meter", r"heat_?energy|volume_flow|累计热|热量|supply_temp|return_temp|flow_temp"),
    ("room", r"room_temp|temp|humidity|室温|温度|湿度"),
)
_MODELS = (
    ("deviceInfo", "deviceProfileName"),
    ("uplink_message", "version_ids", "brand_id"),
    ("uplink_message", "version_ids", "model_id"),
    ("end_device_ids", "device_id"),
)
"""Where a LoRaWAN server names profile or model."""
_EUI = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{16}(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class DeviceGuess:
    """What a device looks like."""

    family: str
    """Name of a payload family, ``unknown`` when nothing fits."""
    kind: str
    """room, station, building, source, weather, heat_meter or unknown."""


def guess_device(topic: str, payload: bytes) -> DeviceGuess:
    """Return what a message looks like; never raises."""
    native = split_native_topic(topic)
    if native is not None:
        return DeviceGuess("native", native.ref.measurement.value)
    names = " ".join(_names(payload))
    family = next(
        (name for name, entry in FAMILIES.items() if entry.topics and re.match(entry.topics, topic)), None
    )
    kind = next((kind for kind, pattern in _KINDS if re.search(pattern, names, re.IGNORECASE)), "unknown")
    if family is None:
        family, kind = _by_payload(payload, names, kind)
    if kind == "unknown" and family in FAMILIES and FAMILIES[family].lorawan_codecs:
        kind = _kind_of_model(payload)
    elif family == "unknown" and (named := _EUI.search(topic)) and codec_of_eui(named.group()):
        return DeviceGuess("lorawan_codec", "room")
    return DeviceGuess(family, kind)


def claimed_area(topic: str) -> str:
    """Return the area that a native topic names, empty for other topics."""
    native = split_native_topic(topic)
    return "" if native is None else native.area


def _kind_of_model(payload: bytes) -> str:
    """Return the kind of a LoRaWAN device whose payload is bytes: by its profile or model, or its block of ids.

    Every codec we have is one of indoor sensors; another profile may say what it is by its name.
    """
    if len(payload) > MAX_LOOKED_AT:
        return "unknown"
    document = json_inside(payload)
    names = [text for path in _MODELS if (text := text_at(document, *path)) is not None]
    euis = (text_at(document, "deviceInfo", "devEui"), text_at(document, "end_device_ids", "dev_eui"))
    if codec_named(*names) or any(codec_of_eui(eui) for eui in euis if eui):
        return "room"
    words = " ".join(names)
    return next((kind for kind, pattern in _KINDS if re.search(pattern, words, re.IGNORECASE)), "unknown")


def _by_payload(payload: bytes, names: str, kind: str) -> tuple[str, str]:
    frame = payload.lstrip(b"\xfe")
    if frame[:1] == b"\x68" and frame[-1:] == b"\x16":
        meter = len(frame) > 1 and 0x20 <= frame[1] <= 0x29
        return ("cjt188_heat_meter", "heat_meter") if meter else ("nb_0x68", "room")
    if re.search(r"\bbn\b|\bbt\b", names):
        return "senml", kind
    if re.search(r"upPacketSN|deviceId.*IMEI|productId", names):
        return "ctwing_aep", kind
    if re.search(r"rw_prot|\bdir\b", names):
        return "usr_edge", kind
    return ("modbus_json", kind) if names else ("unknown", kind)


def _names(payload: bytes) -> Iterator[str]:
    """Yield the keys of a JSON payload, nested ones too, a bounded number of them."""
    if len(payload) > MAX_LOOKED_AT:
        return
    document = json_inside(payload)
    waiting: list[tuple[object, int]] = [(document, 0)]
    found = 0
    while waiting and found < MAX_NAMES:
        part, depth = waiting.pop(0)
        if isinstance(part, dict):
            for name, value in list(part.items())[:MAX_NAMES]:
                found += 1
                yield str(name)[:80]
                waiting.append((value, depth + 1))
        elif isinstance(part, list) and depth < MAX_DEPTH:
            waiting += [(item, depth + 1) for item in part[:20]]
