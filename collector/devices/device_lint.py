"""What is wrong with everything that a configuration says of devices: routes, device maps, point maps, meter keys.

All of it at once, each with its place, for ``nuanliu check-config``. What does not live here: reading of these files.
"""

from collections.abc import Iterator
from pathlib import Path

from collector.decoders.families import FAMILIES, unknown_family
from collector.decoders.lorawan.choice import codec_named
from collector.devices.device_map import DeviceMapError, FileDeviceMap
from collector.messages.routes import FilterError, RouteTable
from config.equipment.meter_keys import read_meter_keys
from config.equipment.point_maps import PointMaps, configured_point_maps
from config.mistakes import MistakesError
from config.settings.tree import CollectorSettings, MqttSettings, RouteSettings

__all__ = ["device_mistakes"]


def device_mistakes(mqtt: MqttSettings, collector: CollectorSettings | None = None) -> list[str]:
    """Return what is wrong with routes, device maps, point maps and meter keys; each file is reported once.

    Parameters
    ----------
    mqtt
        The routes.
    collector
        Names key file and point maps; None: the defaults.
    """
    collector = collector or CollectorSettings()
    mistakes: list[str] = []
    maps: PointMaps | None = None
    try:
        maps = configured_point_maps(folder=collector.point_maps_dir)
    except MistakesError as error:
        mistakes += map(str, error.mistakes)
    try:
        read_meter_keys(file=collector.meter_keys_file)
    except MistakesError as error:
        mistakes += map(str, error.mistakes)
    read: set[Path] = set()
    for place, route in enumerate(mqtt.routes):
        mistakes += [f"mqtt.routes[{place}]: {line}" for line in _route_mistakes(route, mqtt)]
        if route.device_map is not None and route.device_map not in read:
            read.add(route.device_map)
            mistakes += [f"mqtt.routes[{place}]: {line}" for line in _map_mistakes(route, maps)]
    return mistakes


def _route_mistakes(route: RouteSettings, mqtt: MqttSettings) -> Iterator[str]:
    try:
        RouteTable([(route.filter, route.decoder)])
    except FilterError as error:
        yield str(error)
    family = FAMILIES.get(route.decoder)
    if family is None:
        yield unknown_family(route.decoder)
    elif mqtt.share_group and family.remembers and not route.filter.startswith("$share/"):
        yield (
            f"{route.decoder} must see all messages of a device, and mqtt.share_group deals them out among "
            "collectors. Give the route to one collector of its own without share_group."
        )


def _map_mistakes(route: RouteSettings, maps: PointMaps | None) -> Iterator[str]:
    """Yield what is wrong with the map of a route, and names in it that lead nowhere."""
    path, family = route.device_map, FAMILIES.get(route.decoder)
    if path is None:
        return
    try:
        devices = FileDeviceMap.read(path)
    except DeviceMapError as error:
        yield from str(error).splitlines()
        return
    for device, target in devices.items():
        if target.point_map is not None and maps is not None and maps.named(target.point_map) is None:
            known = ", ".join(maps.all_names)
            yield (
                f"{devices.place(device)}: {device!r}: no point map {target.point_map!r}; there are: {known}."
            )
        with_codecs = family is not None and family.lorawan_codecs
        if target.codec is not None and with_codecs and codec_named(target.codec) is None:
            yield f"{devices.place(device)}: {device!r}: no codec is named {target.codec!r}."
