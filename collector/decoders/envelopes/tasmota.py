"""Tasmota: ``tele/{device}/SENSOR`` and ``tele/{device}/STATE``.

Sensors are sub-objects named after their chip; ``TempUnit`` says °C or °F for all of them; ``Time`` has no zone. The
first sensor with a temperature gives the room temperature, the others become extra values named ``CHIP.Quantity``.
Source: Tasmota documentation, «MQTT» and «peripherals».
"""

from collections.abc import Mapping, Sequence
from typing import Final

from collector.decoders.device_times import live_local_ms
from collector.decoders.foreign import MAX_FIELDS, FamilyOptions, Field, ForeignRows, finite_number
from collector.decoders.indoor_names import humidity_quality, temperature_quality
from collector.decoders.json_payload import json_object
from collector.messages.decoded import Decoded, Reason
from heating.protocols import RawMessage
from heating.quality import Quality

__all__ = ["TasmotaDecoder"]

MAX_SENSORS = 50
"""Sensors of one message that are looked at."""
MAX_QUANTITIES = 20
"""Quantities of a sensor inside another that are looked at."""
ON_BOARD: Final = frozenset({"ESP32", "ESP8266"})
"""Thermometers of the processor itself: never the room."""
_QUANTITIES: Final[Mapping[str, tuple[str, str | None]]] = {
    "Temperature": ("°C", "room_temp_c"),
    "Humidity": ("%", "room_humidity_pct"),
    "DewPoint": ("°C", None),
    "Pressure": ("hPa", None),
    "Illuminance": ("lx", None),
    "CarbonDioxide": ("ppm", None),
    "Voltage": ("V", None),
    "Current": ("A", None),
    "Power": ("W", None),
    "Total": ("kWh", None),
}
"""Name → unit, and the canonical point of the room."""


class TasmotaDecoder:
    """Decodes Tasmota telemetry.

    Parameters
    ----------
    options
        Device map, limits and the zone of the clocks.
    """

    def __init__(self, options: FamilyOptions) -> None:
        self._options = options

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        rows = ForeignRows("tasmota", self._options)
        for place, message in enumerate(messages):
            self._one(rows, place, message)
        return rows.finish()

    def _one(self, rows: ForeignRows, place: int, message: RawMessage) -> None:
        device, kind = _device_of(message.topic)
        if device is None:
            rows.reject(place, Reason.BAD_TOPIC, message.topic[:200])
            return
        if kind == "LWT":
            word = message.payload.strip().lower()
            if word not in (b"online", b"offline"):
                rows.reject(place, Reason.WRONG_TYPE, f"LWT is neither Online nor Offline: {word[:40]!r}")
                return
            online = Field("LWT", word == b"online", "", "gateway_online")
            rows.add(
                place,
                message,
                device,
                [online],
                measured_ms=None if message.retained else message.received_ms,
            )
            return
        if kind not in ("SENSOR", "STATE"):
            rows.reject(place, Reason.NOT_TELEMETRY, message.topic[:200])
            return
        body = json_object(rows, place, message.payload, limit=self._options.max_payload_bytes)
        if body is None:
            return
        fields = _state(body) if kind == "STATE" else _sensors(body)
        measured_ms = live_local_ms(body.get("Time"), self._options.zone, received_ms=message.received_ms)
        rows.add(place, message, device, fields, measured_ms=measured_ms)


def _device_of(topic: str) -> tuple[str | None, str]:
    """Return device and kind; ``tele`` may stand first or, in the second topic style, last but one."""
    levels = topic.split("/")
    if len(levels) >= 3 and "tele" in levels[:-1] and all(levels):
        rest = levels[:-1]
        rest.remove("tele")
        return "/".join(rest), levels[-1]
    return None, ""


def _state(body: Mapping[str, object]) -> list[Field]:
    fields: list[Field] = []
    wifi = body.get("Wifi")
    signal = finite_number(wifi.get("Signal")) if isinstance(wifi, Mapping) else None
    if signal is not None:
        fields.append(Field("Wifi.Signal", signal, "dBm", "signal_rssi_dbm"))
    battery = finite_number(body.get("BatteryPercentage"))
    if battery is not None:
        fields.append(Field("BatteryPercentage", battery, "%", "battery_pct"))
    vcc = finite_number(body.get("Vcc"))
    if vcc is not None:
        fields.append(Field("Vcc", vcc, "V", "battery_v"))
    uptime = finite_number(body.get("UptimeSec"))
    if uptime is not None:
        fields.append(Field("UptimeSec", uptime, "s"))
    return fields


def _sensors(body: Mapping[str, object]) -> list[Field]:
    unit = "°F" if body.get("TempUnit") == "F" else "°C"
    found: list[Field] = []
    for chip, values in list(body.items())[:MAX_SENSORS]:
        if isinstance(values, Mapping) and len(found) < MAX_FIELDS:
            found += _sensor(str(chip), values, unit)
    return found


def _sensor(chip: str, values: Mapping[str, object], unit: str) -> list[Field]:
    """Return the quantities of a chip; several one-wire probes may share one (``DS18x20: {DS1: {…}}``)."""
    found: list[Field] = []
    for name, value in list(values.items())[:MAX_SENSORS]:
        if isinstance(value, Mapping):
            for inner, number in list(value.items())[:MAX_QUANTITIES]:
                found += _quantity(f"{chip}.{name}", str(inner), number, unit)
        else:
            found += _quantity(chip, str(name), value, unit)
        if len(found) >= MAX_FIELDS:
            break
    return found


def _quantity(chip: str, name: str, value: object, temperature_unit: str) -> list[Field]:
    number = finite_number(value)
    if number is None and value is not None:
        return []
    unit, point = _QUANTITIES.get(name, ("", None))
    if number is None and point is None:
        return []
    point = None if chip in ON_BOARD else point
    quality = int(Quality.GOOD)
    if name == "Temperature" and number is not None:
        quality = temperature_quality((number - 32) / 1.8 if temperature_unit == "°F" else number)
    elif name == "Humidity" and number is not None:
        quality = humidity_quality(number)
    unit = temperature_unit if unit == "°C" else unit
    return [Field(f"{chip}.{name}", number, unit, point, quality)]
