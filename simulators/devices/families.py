"""Which payload family each device speaks, and the id it bears in that family.

What lives here: the draw by id and ids as makers and platforms give them. What does not: payloads
(`simulators.devices.payloads`), the map that joins these ids to ours again (`simulators.devices.device_maps`).
"""

import hashlib
import re
from dataclasses import dataclass

from simulators.city_layout import CityLayout
from simulators.devices.sensor_traits import draw_kinds
from simulators.random_streams import RandomStreams
from simulators.scenario_devices import PayloadMix, RoomFamily, StationFamily

__all__ = ["Families", "draw_families", "room_id", "station_id"]

_LAST_DIGITS = re.compile(r"(\d{1,9})$")
_HASHED_FROM = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Families:
    """Families of all devices, in the order of the layout."""

    rooms: tuple[RoomFamily, ...]
    stations: tuple[StationFamily, ...]


def draw_families(layout: CityLayout, random: RandomStreams, mix: PayloadMix) -> Families:
    """Draw the family of every device from streams ``family.*``, keyed by its id; houses with several circuits are native."""
    of_rooms = draw_kinds(mix.rooms.values(), random.uniform("family.room", layout.sensor_key))
    of_stations = draw_kinds(mix.stations.values(), random.uniform("family.station", layout.house_key))
    rooms, stations = tuple(mix.rooms), tuple(mix.stations)
    several = set(layout.station_house[layout.shares_house].tolist())
    return Families(
        rooms=tuple(rooms[place] for place in of_rooms.tolist()),
        stations=tuple(
            StationFamily.NATIVE if house in several else stations[place]
            for house, place in enumerate(of_stations.tolist())
        ),
    )


def room_id(family: RoomFamily, sensor_id: str) -> str:
    """Return the id of a room sensor in its family: a devEUI, an address, an IMEI, a name; natively its own."""
    number = _number(sensor_id)
    match family:
        case RoomFamily.NATIVE:
            return sensor_id
        case RoomFamily.CHIRPSTACK_V4:
            return f"24e124{number:010x}"
        case RoomFamily.TTN_V3:
            return f"em300-{number:010d}"
        case RoomFamily.NB_0X68:
            return f"66{number:012d}"
        case RoomFamily.CTWING_AEP:
            return f"86401{number:010d}"
        case RoomFamily.ONENET:
            return f"86755{number:010d}"
        case RoomFamily.ZIGBEE2MQTT:
            return f"0x00158d{number:010x}"
        case RoomFamily.TASMOTA:
            return f"tasmota_{number:010X}"


def station_id(family: StationFamily, own_id: str) -> str:
    """Return the id of a station's gateway or heat meter in its family; natively its own."""
    number = _number(own_id)
    match family:
        case StationFamily.NATIVE:
            return own_id
        case StationFamily.MODBUS_JSON:
            return f"DTU-{number:06d}"
        case StationFamily.EMQX_NEURON:
            return f"plc-{number:06d}"
        case StationFamily.SPARKPLUG_B:
            return f"heat/gw-{number:06d}/plc"
        case StationFamily.CJT188_HEAT_METER:
            return f"1111{number:010d}"
        case StationFamily.MBUS_WIRED:
            return f"{number % 100_000_000:08d}"


def _number(own_id: str) -> int:
    """Return the number at the end of an id, or one made of the id, below 10^10."""
    found = _LAST_DIGITS.search(own_id)
    if found is not None:
        return int(found[1])
    digest = hashlib.blake2b(own_id.encode(), digest_size=8).digest()
    return _HASHED_FROM + int.from_bytes(digest, "big") % (9 * _HASHED_FROM)
