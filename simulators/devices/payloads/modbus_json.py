"""A station gateway (DTU) that reads the controller by Modbus and sends JSON with Chinese names, local time and kPa."""

import orjson

from heating.points import PointKind
from simulators.devices.payloads.binary_coded import local_time
from simulators.devices.payloads.readings import StationReading
from simulators.devices.payloads.station_names import kilopascal_name
from simulators.reports import Message

__all__ = ["encode"]


def encode(reading: StationReading) -> Message:
    """Return the upload of a gateway."""
    data: dict[str, float | int] = {}
    for point, value in reading.values.items():
        word = kilopascal_name(point)
        flag = word.kind in (PointKind.FLAG, PointKind.MODE)
        data[word.name] = int(value) if flag else round(value * word.factor, 4)
    moment = local_time(reading.measured_ms)
    body = {
        "站号": reading.device,
        "采集时间": f"{moment:%Y-%m-%d %H:%M:%S}",
        "data": data,
    }
    return Message(f"gateway/{reading.device}/data", orjson.dumps(body))
