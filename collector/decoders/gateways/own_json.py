"""JSON of one's own brought into the form that `modbus_json` reads, by the paths in the settings of a route.

Only members are moved and renamed; what names mean is for point maps (`config.equipment.point_maps`).
"""

from collections.abc import Mapping

from collector.decoders.foreign import MAX_FIELDS
from config.settings.own_json import OwnJsonSettings

__all__ = ["in_usual_form"]


def in_usual_form(part: Mapping[str, object], own: OwnJsonSettings) -> Mapping[str, object]:
    """Return a message with its readings under ``data``, its time under ``t``, its device under ``deviceId``.

    What the paths do not find is left where it is.
    """
    moved: dict[str, object] = {}
    for path, usual in ((own.values, "data"), (own.time, "t"), (own.device, "deviceId")):
        found = _at(part, path) if path else None
        if found is not None:
            moved[usual] = found
    if isinstance(items := moved.get("data"), list):
        # One more than is allowed stays, so that too many are still refused as such.
        moved["data"] = [_item(item, own) for item in items[: MAX_FIELDS + 1]]
    if not moved:
        return part
    # The container of the readings goes: under a usual name it would be read a second time.
    taken = {*moved, (own.values or "").partition(".")[0] if "data" in moved else ""}
    rest = {name: inner for name, inner in part.items() if name not in taken}
    return moved | rest


def _at(part: Mapping[str, object], path: str) -> object:
    found: object = part
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _item(item: object, own: OwnJsonSettings) -> object:
    if not isinstance(item, Mapping):
        return item
    renamed = {
        usual: item[name]
        for name, usual in ((own.name, "name"), (own.value, "value"))
        if name and name in item
    }
    return {**item, **renamed}
