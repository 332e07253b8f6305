"""Device maps and routes: what the product needs to understand a city of many payload families.

What lives here: writing ``<family>.csv`` for each foreign family in use and ``routes.yaml`` with the routes to them, in the
formats of the product's configuration. What does not: who speaks what (`simulators.devices.families`).
"""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from simulators.devices.families import Families, room_id, station_id
from simulators.scenario import ScenarioError
from simulators.scenario_devices import RoomFamily, StationFamily

__all__ = ["FILTERS", "ROUTES_FILE", "device_map_rows", "write_device_maps"]

ROUTES_FILE = "routes.yaml"
"""Name of the file with the section ``mqtt: routes``."""
FILTERS: Mapping[str, str] = MappingProxyType(
    {
        "native": "heat/#",
        "chirpstack_v4": "application/+/device/+/event/up",
        "ttn_v3": "v3/+/devices/+/up",
        "nb_0x68": "nb/+/up",
        "ctwing_aep": "ctwing/+/push",
        "onenet": "onenet/+/push",
        "zigbee2mqtt": "zigbee2mqtt/+",
        "tasmota": "tele/+/SENSOR",
        "modbus_json": "gateway/+/data",
        "emqx_neuron": "neuron/+/upload",
        "sparkplug_b": "spBv1.0/#",
        "cjt188_heat_meter": "meters/cjt188/+",
        "mbus_wired": "meters/mbus/+",
    }
)
"""Topic filter of each family. Few end in ``#``: the embedded broker serves such a filter with two queues instead of one,
and all of them share what may be under way."""
_CODECS = {RoomFamily.CHIRPSTACK_V4: "em300", RoomFamily.TTN_V3: "em300"}

_Row = tuple[str, str, str, str]


def device_map_rows(
    families: Families, *, sensor_ids: Iterable[str], station_ids: Iterable[str]
) -> dict[str, list[_Row]]:
    """Return the rows ``device, kind, id, codec`` of the device map of every foreign family in use.

    Raises
    ------
    ScenarioError
        When two devices of a family would bear the same id.
    """
    rows: dict[str, list[_Row]] = {}
    for room, sensor_id in zip(families.rooms, sensor_ids, strict=True):
        if room is not RoomFamily.NATIVE:
            line = (room_id(room, sensor_id), "sensor", sensor_id, _CODECS.get(room, ""))
            rows.setdefault(room.value, []).append(line)
    for family, own_id in zip(families.stations, station_ids, strict=True):
        if family is StationFamily.NATIVE:
            continue
        device = station_id(family, own_id)
        names = [device]
        if family is StationFamily.SPARKPLUG_B:
            names.append(
                device.rpartition("/")[0]
            )  # the node itself, in whose births the gateway tells of itself
        rows.setdefault(family.value, []).extend((name, "station", own_id, "") for name in names)
    for family_name, lines in rows.items():
        if len({line[0] for line in lines}) < len(lines):
            raise ScenarioError(f"payload_mix: two devices of {family_name} would bear the same id")
    return rows


def write_device_maps(
    folder: Path, families: Families, *, sensor_ids: Iterable[str], station_ids: Iterable[str]
) -> dict[str, int]:
    """Write maps and routes, and return how many lines each map has.

    Raises
    ------
    ScenarioError
        See `device_map_rows`.
    OSError
        When the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = device_map_rows(families, sensor_ids=sensor_ids, station_ids=station_ids)
    routes = ["mqtt:", "  routes:", f'    - {{filter: "{FILTERS["native"]}"}}']
    for family, lines in sorted(rows.items()):
        path = (folder / f"{family}.csv").resolve()
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("device", "kind", "id", "codec"))
            writer.writerows(lines)
        routes.append(f'    - {{filter: "{FILTERS[family]}", decoder: {family}, device_map: "{path}"}}')
    (folder / ROUTES_FILE).write_text("\n".join(routes) + "\n", encoding="utf-8")
    return {family: len(lines) for family, lines in rows.items()}
