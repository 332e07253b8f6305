"""EMQX Neuron, upload in values format: one south node a station, one group.

Source: Neuron documentation, MQTT plugin, data upload.
"""

import orjson

from heating.points import PointKind
from simulators.devices.payloads.readings import StationReading
from simulators.devices.payloads.station_names import station_name
from simulators.reports import Message

__all__ = ["encode"]


def encode(reading: StationReading) -> Message:
    """Return the upload of a node."""
    values: dict[str, float | bool] = {}
    for point, value in reading.values.items():
        word = station_name(point)
        values[word.name] = bool(value) if word.kind is PointKind.FLAG else value
    body = {
        "timestamp": reading.measured_ms,
        "node": reading.device,
        "group": "heat",
        "values": values,
        "errors": {},
    }
    return Message(f"neuron/{reading.device}/upload", orjson.dumps(body))
