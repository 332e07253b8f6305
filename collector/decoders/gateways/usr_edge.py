"""Edge gateways and DTUs in the manner of USR IOT: JSON with values as text, under ``rw_prot``, ``params`` or bare.

What does not live here: what a node's name means (`collector.decoders.named_points`).
"""

from collections.abc import Iterator, Mapping
from typing import Final

from collector.decoders.civil_time import loose_time_ms
from collector.decoders.foreign import MAX_FIELDS, ForeignRows
from collector.decoders.gateways.json_family import LISTED, JsonFamily, named_items, reject_wrong
from collector.decoders.gateways.sender import device_of
from collector.decoders.named_points import NamedValue, fields_of, flat_values
from collector.messages.decoded import Reason
from heating.protocols import RawMessage
from heating.quality import Quality

__all__ = ["UsrEdgeDecoder"]

_ENVELOPE: Final = frozenset(
    {
        "Ver",
        "ver",
        "version",
        "dir",
        "id",
        "msgid",
        "sn",
        "SN",
        "imei",
        "IMEI",
        "mac",
        "MAC",
        "devId",
        "dev_id",
    }
    | {"deviceId", "device_id", "clientId", "client_id", "time", "ts", "timestamp", "t", "r_data", "w_data"}
)
"""Names of a message that are no readings."""
SERIAL_CHARACTERS: Final = 8
"""A shorter id counts messages, it is no serial number (20 digits), IMEI or MAC."""
_TIMES: Final = ("time", "ts", "timestamp", "t")


class UsrEdgeDecoder(JsonFamily):
    """Decodes reports of USR edge gateways and DTUs; the device is the serial number, else a level of the topic.

    Options and maps are those of every `JsonFamily`.
    """

    family = "usr_edge"

    def _message(
        self, rows: ForeignRows, place: int, message: RawMessage, document: Mapping[str, object]
    ) -> None:
        body = next((document[name] for name in ("rw_prot", "params") if name in document), document)
        if not isinstance(body, Mapping):
            rows.reject(place, Reason.WRONG_TYPE, "rw_prot or params is no object")
            return
        fault = _no_report(body) or (_no_report(document) if body is not document else None)
        if fault is not None:
            rows.reject(place, Reason.NOT_TELEMETRY, fault)
            return
        device = self._device(document, body, message.topic)
        target = rows.target(place, device)
        if target is None:
            return
        wrong: list[str] = []
        values = list(_values(body, wrong))
        reject_wrong(rows, place, wrong)
        if not values:
            if not wrong:
                rows.reject(place, Reason.NOT_TELEMETRY, "no readings")
            return
        stamps = [part[name] for part in (body, document) for name in _TIMES if name in part]
        measured_ms = loose_time_ms(stamps[0], self._options.zone) if stamps else None
        rows.add(place, message, device, fields_of(values, target, self._maps), measured_ms=measured_ms)

    def _device(self, told: Mapping[str, object], body: Mapping[str, object], topic: str) -> str:
        """Return the serial number, else a level of the topic.

        Under ``params`` the id is the serial number (under ``rw_prot`` it counts messages); every gateway publishes on
        the same topic unless told otherwise. A map that knows the level of the topic and not the number goes before.
        """
        by_topic = device_of((told, body), topic)
        serial = body.get("id") if "params" in told and "rw_prot" not in told else None
        if not isinstance(serial, str | int) or len(str(serial).strip()) < SERIAL_CHARACTERS:
            return by_topic
        by_number = device_of((told, body, {"sn": str(serial)}), topic)
        known = self._options.devices.target
        return by_topic if known(by_number) is None and known(by_topic) is not None else by_number


def _no_report(body: Mapping[str, object]) -> str | None:
    """Return why a message is no report of readings, None when it is one."""
    direction = body.get("dir")
    if isinstance(direction, str) and direction.strip().lower() != "up":
        return f"direction {direction[:20]!r}: a command or its echo"
    if "w_data" in body and "r_data" not in body:
        return "w_data: the answer to a command"
    return None


def _values(body: Mapping[str, object], wrong: list[str]) -> Iterator[NamedValue]:
    data = body.get("r_data")
    if data is None:
        yield from flat_values(body, without=_ENVELOPE)
        return
    if not isinstance(data, list):
        wrong.append("r_data is no list")
        return
    for name, node in named_items(data[: MAX_FIELDS + 1], "r_data: node", wrong):
        if str(node.get("err") or "0").strip() != "0":
            yield NamedValue(name, None, quality=Quality.BAD)
        elif "value" in node:
            yield NamedValue(name, node["value"], str(node.get("unit") or ""))
        elif len(wrong) < LISTED:
            wrong.append(f"r_data: node {name[:40]} has no value")
