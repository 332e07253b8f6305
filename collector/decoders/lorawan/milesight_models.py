"""Milesight models as a table: what each channel of a model means, and how the model lays out a stored reading.

The same channel means other things in other models (05 00: a leak, a motion, a pin), and stored readings (channel 20,
type CE) carry no lengths: so a frame is read by its model alone. Source: Milesight payload tables, one a model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

__all__ = ["MODELS", "UNNAMED", "Channels", "Item", "Model"]


@dataclass(frozen=True, slots=True)
class Item:
    """One value of a channel: ``(raw >> shift & mask) · scale + offset`` in `unit`."""

    name: str
    code: str
    """Code of `struct`, little-endian: b B h H I f; x: one byte that is passed over."""
    scale: float = 1.0
    unit: str = ""
    point: str | None = None
    shift: int = 0
    mask: int = 0
    """0: the whole number."""
    offset: float = 0.0


Channels = Mapping[tuple[int, int], tuple[Item, ...]]
"""(channel, type) → what follows."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model, or several that say the same."""

    channels: Channels
    stored: Channels = field(default_factory=lambda: MappingProxyType({}))
    """(channel, type) of a stored reading → what follows its time."""


_GAP: Final = Item("", "x")
_BATTERY: Final = Item("battery", "B", 1.0, "%", "battery_pct")
_AIR: Final = Item("temperature", "h", 0.1, "°C", "room_temp_c")
_HUMIDITY: Final = Item("humidity", "B", 0.5, "%", "room_humidity_pct")
_ALARM: Final = Item("temperature_alarm", "B")
_CHANGE: Final = Item("temperature_change", "h", 0.1, "K")
_CO2: Final = Item("co2", "H", 1.0, "ppm")
_TVOC: Final = Item("tvoc", "H", 1.0, "ppb")
_AIR_QUALITY: Final = Item("tvoc", "H", 0.01, "iaq")
_TVOC_MASS: Final = Item("tvoc", "H", 1.0, "µg/m³")
_PRESSURE: Final = Item("pressure", "H", 0.1, "hPa")
_PIR: Final = Item("pir", "B")
_LEVEL: Final = Item("light_level", "B")
_LEAK: Final = Item("water_leak", "B")
_DOOR: Final = Item("door_open", "B")
_PIN: Final = Item("gpio", "B")
_PULSES: Final = Item("pulse", "I")
_WATER: Final = (
    Item("water_conv", "H", 0.1), Item("pulse_conv", "H", 0.1), Item("water", "f"),
)  # fmt: skip
_PM: Final = (Item("pm2_5", "H", 1.0, "µg/m³"), Item("pm10", "H", 1.0, "µg/m³"))
_SOIL: Final = Item("soil_temperature", "h", 0.1, "°C")
_PROBE: Final = Item("probe_temperature", "h", 0.1, "°C")
_TARGET: Final = Item("temperature_target", "h", 0.1, "°C")

_CLIMATE: Final[Channels] = {
    (0x01, 0x75): (_BATTERY,),
    (0x03, 0x67): (_AIR,),
    (0x83, 0x67): (_AIR, _ALARM),
    (0x04, 0x68): (_HUMIDITY,),
}
_AIR_STORED: Final = (_AIR, _HUMIDITY)
_AM300: Final[Channels] = {
    **_CLIMATE,
    (0x05, 0x00): (_PIR,),
    (0x06, 0xCB): (_LEVEL,),
    (0x07, 0x7D): (_CO2,),
    (0x08, 0x7D): (_TVOC,),
    (0x08, 0xE6): (_TVOC_MASS,),
    (0x09, 0x73): (_PRESSURE,),
    (0x0A, 0x7D): (Item("hcho", "H", 0.01, "mg/m³"),),
    (0x0B, 0x7D): _PM[:1],
    (0x0C, 0x7D): _PM[1:],
    (0x0D, 0x7D): (Item("o3", "H", 0.01, "ppm"),),
    (0x0E, 0x01): (Item("buzzer", "B"),),
}
_AM300_STORED: Final = (_AIR, _HUMIDITY, _PIR, _LEVEL, _CO2, _TVOC, _PRESSURE)
_AM300_V2_STORED: Final = (_AIR, Item("humidity", "H", 0.5, "%", "room_humidity_pct"), _PIR, _LEVEL, _CO2)
_AM100: Final[Channels] = {
    **_CLIMATE,
    (0x05, 0x6A): (Item("activity", "H"),),
    (0x06, 0x65): (
        Item("illumination", "H", 1.0, "lx"), Item("infrared_and_visible", "H"), Item("infrared", "H"),
    ),
    (0x07, 0x7D): (_CO2,),
    (0x08, 0x7D): (_TVOC,),
    (0x09, 0x73): (_PRESSURE,),
}  # fmt: skip


def _stored(*items: Item) -> Channels:
    return {(0x20, 0xCE): items}


MODELS: Final[Mapping[str, Model]] = MappingProxyType(
    {
        # A series without its last letters: what all of it has in common.
        "em300": Model(_CLIMATE, _stored(*_AIR_STORED, _GAP)),
        "em300th": Model(_CLIMATE, _stored(*_AIR_STORED, _GAP)),
        "em300mcs": Model({**_CLIMATE, (0x06, 0x00): (_DOOR,)}, _stored(*_AIR_STORED, _DOOR)),
        "em300sld": Model({**_CLIMATE, (0x05, 0x00): (_LEAK,)}, _stored(*_AIR_STORED, _LEAK)),
        "em300zld": Model({**_CLIMATE, (0x05, 0x00): (_LEAK,)}, _stored(*_AIR_STORED, _LEAK)),
        "em300mld": Model({(0x01, 0x75): (_BATTERY,), (0x05, 0x00): (_LEAK,)}),
        "em300di": Model(
            {
                **_CLIMATE,
                (0x05, 0x00): (_PIN,),
                (0x85, 0x00): (_PIN, Item("gpio_alarm", "B")),
                (0x05, 0xC8): (_PULSES,),
                (0x05, 0xE1): _WATER,
                (0x85, 0xE1): (*_WATER, Item("water_alarm", "B")),
            },
            {
                (0x20, 0xCE): (*_AIR_STORED, Item("gpio_type", "B"), _PIN, _PULSES),
                (0x21, 0xCE): (*_AIR_STORED, Item("alarm", "B"), Item("gpio_type", "B"), _PIN, *_WATER),
            },
        ),
        "em320th": Model(_CLIMATE, _stored(*_AIR_STORED)),
        "em500co2": Model(
            {
                **_CLIMATE,
                (0x05, 0x7D): (_CO2,),
                (0x06, 0x73): (_PRESSURE,),
                (0x83, 0xD7): (_AIR, _CHANGE, _ALARM),
            },
            _stored(_CO2, _PRESSURE, *_AIR_STORED),
        ),
        "em500smtc": Model(
            {
                (0x01, 0x75): (_BATTERY,),
                (0x03, 0x67): (_SOIL,),
                (0x83, 0x67): (_SOIL, _ALARM),
                (0x83, 0xD7): (_SOIL, _CHANGE, _ALARM),
                (0x04, 0x68): (Item("soil_moisture", "B", 0.5, "%"),),
                (0x04, 0xCA): (Item("soil_moisture", "H", 0.01, "%"),),
                (0x05, 0x7F): (Item("soil_conductivity", "H", 1.0, "µS/cm"),),
            },
            _stored(
                Item("soil_conductivity", "H", 1.0, "µS/cm"), _SOIL, Item("soil_moisture", "H", 0.01, "%")
            ),
        ),
        "em500pt100": Model(
            {
                (0x01, 0x75): (_BATTERY,),
                (0x03, 0x67): (_PROBE,),
                (0x83, 0x67): (_PROBE, _ALARM),
                (0x83, 0xD7): (_PROBE, _CHANGE, _ALARM),
            },
            _stored(_PROBE),
        ),
        "am102": Model(_CLIMATE, _stored(*_AIR_STORED)),
        "am103": Model({**_CLIMATE, (0x07, 0x7D): (_CO2,)}, _stored(*_AIR_STORED, _CO2)),
        "am100": Model(_AM100),
        "am104": Model(_AM100),
        "am107": Model(_AM100),
        "am307": Model(_AM300, _stored(*_AM300_STORED)),
        "am308": Model(_AM300, _stored(*_AM300_STORED, *_PM)),
        "am319": Model(_AM300, _stored(*_AM300_STORED, *_PM, Item("hcho_or_o3", "H", 0.01))),
        "am307v2": Model(
            {**_AM300, (0x08, 0x7D): (_AIR_QUALITY,)},
            {
                (0x20, 0xCE): (*_AM300_V2_STORED, _AIR_QUALITY, _PRESSURE),
                (0x21, 0xCE): (*_AM300_V2_STORED, _TVOC_MASS, _PRESSURE),
            },
        ),
        "wt101": Model(
            {
                (0x01, 0x75): (_BATTERY,),
                (0x03, 0x67): (_AIR,),
                (0x04, 0x67): (_TARGET,),
                (0x05, 0x92): (Item("valve_opening", "B", 1.0, "%"),),
                (0x06, 0x00): (Item("uninstalled", "B", 1.0, "", "sensor_moved"),),
                (0x07, 0x00): (Item("window_open", "B"),),
                (0x08, 0xE5): (Item("motor_calibration", "B"),),
                (0x09, 0x90): (Item("motor_stroke", "H"),),
                (0x0A, 0x00): (Item("freeze_protection", "B"),),
                (0x0B, 0x90): (Item("motor_position", "H"),),
            }
        ),
        "wt201": Model(
            {
                (0x03, 0x67): (_AIR,),
                (0x83, 0x67): (_AIR, _ALARM),
                (0x04, 0x67): (_TARGET,),
                (0x05, 0xE7): (Item("temperature_control", "B"),),
                (0x06, 0xE8): (Item("fan_control", "B"),),
                (0x07, 0xBC): (Item("plan_event", "B"),),
                (0x08, 0x8E): (Item("system_status", "B"),),
            },
            _stored(
                Item("temperature", "H", 0.1, "°C", "room_temp_c", shift=5, mask=0x7FF, offset=-100.0),
                Item("temperature_target", "H", 0.1, "°C", None, shift=5, mask=0x7FF, offset=-100.0),
            ),
        ),
    }
)
"""By plain name. Models that are not here are refused: the network server's own codec knows them."""
UNNAMED: Final = Model(_CLIMATE)
"""A device of which only the maker is known: what every indoor model says alike, and nothing else."""
