"""EMQX Neuron (industrial gateway): values and errors as maps, or as a list of tags.

What does not live here: what a tag's name means (`collector.decoders.named_points`).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from collector.decoders.civil_time import loose_time_ms
from collector.decoders.foreign import MAX_FIELDS, ForeignRows
from collector.decoders.gateways.json_family import LISTED, JsonFamily, named_items, reject_wrong
from collector.decoders.json_payload import first_items
from collector.decoders.named_points import NamedValue, fields_of
from collector.messages.decoded import Reason
from heating.protocols import RawMessage
from heating.quality import Quality

__all__ = ["EmqxNeuronDecoder"]


class EmqxNeuronDecoder(JsonFamily):
    """Decodes uploads of EMQX Neuron; the device is the south node, ``node/group`` in a device map goes first.

    Options and maps are those of every `JsonFamily`.
    """

    family = "emqx_neuron"

    def _message(
        self, rows: ForeignRows, place: int, message: RawMessage, body: Mapping[str, object]
    ) -> None:
        if "timestamp" not in body and ("uuid" in body or "tag" in body):
            rows.reject(place, Reason.NOT_TELEMETRY, "a request, or the answer to one")
            return
        if not any(name in body for name in ("values", "errors", "tags")):
            rows.reject(place, Reason.NOT_TELEMETRY, "neither values, errors nor tags")
            return
        node, group = body.get("node"), body.get("group")
        if not isinstance(node, str) or not node:
            rows.reject(place, Reason.WRONG_TYPE, "node is no name")
            return
        device = f"{node}/{group}"
        if not isinstance(group, str) or self._options.devices.target(device) is None:
            device = node
        target = rows.target(place, device)
        if target is None:
            return
        wrong: list[str] = []
        values = list(_values(body, wrong))
        reject_wrong(rows, place, wrong)
        errors = [item for item in values if item.quality >= Quality.BAD]
        if errors:
            rows.note(f"{device}: errors at {', '.join(item.name[:60] for item in errors[:10])}")
        measured_ms = loose_time_ms(body.get("timestamp"), self._options.zone)
        rows.add(place, message, device, fields_of(values, target, self._maps), measured_ms=measured_ms)


def _values(body: Mapping[str, object], wrong: list[str]) -> Iterator[NamedValue]:
    values, errors, tags = (body.get(name) or () for name in ("values", "errors", "tags"))
    if isinstance(values, Mapping):
        for name, raw in first_items(values, MAX_FIELDS + 1):
            yield NamedValue(str(name), raw)
    elif values:
        wrong.append("values is no map")
    if isinstance(errors, Mapping):
        for name in islice(errors, MAX_FIELDS + 1):
            yield NamedValue(str(name), None, quality=Quality.BAD)
    elif errors:
        wrong.append("errors is no map")
    if isinstance(tags, list):
        yield from _tags(tags, wrong)
    elif tags:
        wrong.append("tags is no list")


def _tags(tags: Sequence[object], wrong: list[str]) -> Iterator[NamedValue]:
    for name, tag in named_items(tags[: MAX_FIELDS + 1], "tag", wrong):
        if tag.get("error"):
            yield NamedValue(name, None, quality=Quality.BAD)
        elif "value" in tag:
            yield NamedValue(name, tag["value"])
        elif len(wrong) < LISTED:
            wrong.append(f"tag {name[:40]} has neither value nor error")
