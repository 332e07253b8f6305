"""EMQX Neuron (industrial gateway): values, static tags and errors, each as a map or as a list of tags.

An error code makes its tag bad, also where a value stands beside it.

What does not live here: what a tag's name means (`collector.decoders.named_points`).
"""

from collections.abc import Mapping
from typing import Final

from collector.decoders.civil_time import loose_time_ms
from collector.decoders.foreign import MAX_FIELDS, ForeignRows
from collector.decoders.gateways.json_family import LISTED, JsonFamily, named_items, reject_wrong
from collector.decoders.json_payload import first_items
from collector.decoders.named_points import NamedValue, fields_of
from collector.messages.decoded import Reason
from heating.protocols import RawMessage
from heating.quality import Quality

__all__ = ["EmqxNeuronDecoder"]


_VALUES: Final = ("values", "tags", "static_tags", "statics")
"""Members that hold values; the last two are fixed in the gateway."""
_ERRORS: Final = ("errors", "tag_errors")


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
        if not any(name in body for name in (*_VALUES, *_ERRORS)):
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
        values, errors = _values(body, wrong), _errors(body, wrong)
        reject_wrong(rows, place, wrong)
        failed = {name: code for name, (_value, code) in values.items() if code} | errors
        if failed:
            listed = ", ".join(f"{name[:60]} ({str(code)[:20]})" for name, code in list(failed.items())[:10])
            rows.note(f"{device}: errors at {listed}")
        good = [NamedValue(name, value) for name, (value, _code) in values.items() if name not in failed]
        bad = [NamedValue(name, None, quality=Quality.BAD) for name in failed]
        measured_ms = loose_time_ms(body.get("timestamp"), self._options.zone)
        rows.add(
            place, message, device, fields_of([*good, *bad], target, self._maps), measured_ms=measured_ms
        )


def _values(body: Mapping[str, object], wrong: list[str]) -> dict[str, tuple[object, object]]:
    """Return value and error code by tag, out of maps and lists of tags; of a tag sent twice the last one counts."""
    found: dict[str, tuple[object, object]] = {}
    for part in _VALUES:
        held = body.get(part) or []
        if isinstance(held, Mapping):
            found |= {str(name): (raw, None) for name, raw in first_items(held, MAX_FIELDS + 1)}
        elif not isinstance(held, list):
            wrong.append(f"{part} is neither a map nor a list")
        for name, tag in named_items(held[: MAX_FIELDS + 1], "tag", wrong) if isinstance(held, list) else ():
            if tag.get("error"):
                found[name] = None, tag["error"]
            elif "value" in tag:
                found[name] = tag["value"], None
            elif len(wrong) < LISTED:
                wrong.append(f"tag {name[:40]} has neither value nor error")
    return found


def _errors(body: Mapping[str, object], wrong: list[str]) -> dict[str, object]:
    """Return the error code by tag, out of a map or a list."""
    found: dict[str, object] = {}
    for part in _ERRORS:
        held = body.get(part) or []
        if isinstance(held, Mapping):
            found |= {str(name): code for name, code in first_items(held, MAX_FIELDS + 1)}
        elif isinstance(held, list):
            items = named_items(held[: MAX_FIELDS + 1], "error", wrong)
            found |= {name: tag.get("error", tag.get("code", "")) for name, tag in items}
        else:
            wrong.append(f"{part} is neither a map nor a list")
    return {name: code for name, code in found.items() if code != 0}
