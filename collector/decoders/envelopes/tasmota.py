"""Tasmota: ``tele/{device}/SENSOR`` and ``tele/{device}/STATE``.

Sensors are sub-objects named after their chip; ``TempUnit`` says °C or °F for all of them; ``Time`` has no zone. The
first sensor with a temperature gives the room temperature, the others become extra values named ``CHIP.Quantity``.
A Zigbee bridge tells of its devices under ``ZbReceived``: each speaks under ``bridge/device`` (or the bare name, when
the device map has that). Source: Tasmota documentation, «MQTT», «peripherals» and «Zigbee».
"""

from collections.abc import Mapping, Sequence
from typing import Final

from collector.decoders.device_times import live_local_ms
from collector.decoders.foreign import MAX_FIELDS, FamilyOptions, Field, ForeignRows
from collector.decoders.indoor_names import humidity_quality, is_inside_device, temperature_quality
from collector.decoders.json_payload import json_object
from collector.decoders.numbers import is_absent, quantity_of
from collector.messages.decoded import Decoded, Reason
from heating.protocols import RawMessage
from heating.quality import Quality

__all__ = ["TasmotaDecoder"]

MAX_SENSORS = 50
"""Sensors of one message that are looked at."""
MAX_QUANTITIES = 20
"""Quantities of a sensor inside another that are looked at."""
BRIDGE: Final = "ZbReceived"
_NO_VALUES: Final = frozenset({"Time", "TempUnit", "PressureUnit", "SpeedUnit", "Id", "Type", "Address"})
"""Members that are no values of a sensor."""
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
    "BatteryVoltage": ("V", "battery_v"),
    "BatteryPercentage": ("%", "battery_pct"),
    "LinkQuality": ("", None),
}
"""Name → unit, and the canonical point of the room."""
_STATES: Final[Mapping[str, tuple[str, str | None]]] = {
    "BatteryPercentage": ("%", "battery_pct"),
    "Vcc": ("V", "battery_v"),
    "UptimeSec": ("s", None),
}
"""The same for what a device tells about itself; the others, such as its switches, have neither."""


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
            rows.add(place, message, device, [online], measured_ms=None, prompt=True)
            return
        if kind not in ("SENSOR", "STATE"):
            rows.reject(place, Reason.NOT_TELEMETRY, message.topic[:200])
            return
        body = json_object(rows, place, message.payload, limit=self._options.max_payload_bytes)
        if body is None:
            return
        measured_ms = live_local_ms(body.get("Time"), self._options.zone, received_ms=message.received_ms)
        if kind == "STATE":
            rows.add(place, message, device, _state(body), measured_ms=measured_ms)
            return
        bridged = _bridged(body)
        for name, values in bridged.items():
            fields = _sensor("", values, _temperature_unit(body))
            rows.add(place, message, self._behind(device, name, values), fields, measured_ms=measured_ms)
        own = {key: value for key, value in body.items() if key != BRIDGE and key not in bridged}
        fields = _sensors(own)
        if fields or not bridged:
            rows.add(place, message, device, fields, measured_ms=measured_ms)

    def _behind(self, bridge: str, name: str, values: Mapping[str, object]) -> str:
        """Return the id of a device behind a bridge; its own topic, where the bridge gives it one, names it already."""
        base, _slash, last = bridge.rpartition("/")
        if base and last in (name, values.get("Name"), values.get("Device")):
            bridge = base
        known = self._options.devices.target
        whole = f"{bridge}/{name}"
        return name if known(whole) is None and known(name) is not None else whole


def _bridged(body: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    """Return what a Zigbee bridge received, by device; the wrapping object may be left out."""
    told = body.get(BRIDGE)
    found = {str(name): item for name, item in told.items()} if isinstance(told, Mapping) else dict(body)
    return {
        name: item
        for name, item in list(found.items())[:MAX_SENSORS]
        if isinstance(item, Mapping) and (told is not None or str(item.get("Device", "")).startswith("0x"))
    }


def _temperature_unit(body: Mapping[str, object]) -> str:
    return "°F" if body.get("TempUnit") == "F" else "°C"


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
    signal = quantity_of(wifi.get("Signal")) if isinstance(wifi, Mapping) else None
    if signal is not None:
        fields.append(Field("Wifi.Signal", signal[0], "dBm", "signal_rssi_dbm"))
    for name, value in list(body.items())[:MAX_FIELDS]:
        if name in _NO_VALUES or not isinstance(value, bool | int | float | str):
            continue
        unit, point = _STATES.get(name, ("", None))
        quantity = quantity_of(value)
        fields.append(Field(name, value if quantity is None else quantity[0], unit, point))
    return fields


def _sensors(body: Mapping[str, object]) -> list[Field]:
    unit = _temperature_unit(body)
    found: list[Field] = []
    for chip, values in list(body.items())[:MAX_SENSORS]:
        if isinstance(values, Mapping) and len(found) < MAX_FIELDS:
            found += _sensor(str(chip), values, unit)
        elif isinstance(values, bool | int | float | str) and chip not in _NO_VALUES:
            found.append(Field(str(chip), values))
    return found


def _sensor(chip: str, values: Mapping[str, object], unit: str) -> list[Field]:
    """Return the quantities of a chip; several one-wire probes may share one (``DS18x20: {DS1: {…}}``)."""
    found: list[Field] = []
    for name, value in list(values.items())[:MAX_SENSORS]:
        if isinstance(value, Mapping):
            for inner, number in [item for item in value.items() if item[0] not in _NO_VALUES][
                :MAX_QUANTITIES
            ]:
                found += _quantity(f"{chip}.{name}".lstrip("."), str(inner), number, unit)
        elif name not in _NO_VALUES:
            found += _quantity(chip, str(name), value, unit)
        if len(found) >= MAX_FIELDS:
            break
    return found


def _quantity(chip: str, name: str, value: object, temperature_unit: str) -> list[Field]:
    """Return the field of a quantity; numbers may come as text."""
    unit, point = _QUANTITIES.get(name) or (_QUANTITIES.get(name.rstrip("0123456789"), ("", None))[0], None)
    point = None if is_inside_device(chip) else point
    unit = temperature_unit if unit == "°C" else unit
    label = f"{chip}.{name}" if chip else name
    quantity = quantity_of(value)
    if quantity is None:
        if is_absent(value):
            return [Field(label, None, unit, point, Quality.BAD)] if point is not None else []
        return [Field(label, value, unit)] if isinstance(value, str | bool) else []
    number, quality = quantity[0], int(Quality.GOOD)
    if name == "Temperature":
        quality = temperature_quality((number - 32) / 1.8 if temperature_unit == "°F" else number)
    elif name == "Humidity":
        quality = humidity_quality(number)
    return [Field(label, number, unit, point, quality)]
