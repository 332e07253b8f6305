"""CTWing AEP (China Telecom): pushes of device data, as named values or as bytes passed through.

What does not live here: what a name means (`collector.decoders.named_points`), frames that are passed through
(`collector.decoders.gateways.pass_through`).
"""

from collections.abc import Mapping
from typing import Final, cast

from collector.decoders.bcd import frame_bytes
from collector.decoders.civil_time import loose_time_ms
from collector.decoders.foreign import ForeignRows
from collector.decoders.gateways.json_family import JsonFamily
from collector.decoders.gateways.pass_through import add_frame, passed_frame, passed_words
from collector.decoders.json_payload import json_inside
from collector.decoders.named_points import fields_of, flat_values
from collector.messages.decoded import Reason
from heating.points import Measurement
from heating.protocols import RawMessage

__all__ = ["CtwingAepDecoder"]

DATA: Final = frozenset({"dataReport", "dataReportTupe"})
ONLINE: Final = frozenset({"deviceOnlineOfflineReport", "deviceOnlineOfflineReportTupe"})
"""Message types by which a device comes and goes."""
"""Message types that carry readings; the second is the platform's own spelling for batches."""
_SERVICE: Final = frozenset({"serviceId", "serviceIdentifier", "eventTime"})
"""Members of a thing model's report that are no readings."""
_ID_NAMES: Final = ("IMEI", "imei", "deviceId", "deviceSn")


class CtwingAepDecoder(JsonFamily):
    """Decodes CTWing AEP pushes; the device is its IMEI where there is one, else the platform's device id.

    Options and maps are those of every `JsonFamily`.
    """

    family = "ctwing_aep"
    default = Measurement.ROOM

    def _message(
        self, rows: ForeignRows, place: int, message: RawMessage, told: Mapping[str, object]
    ) -> None:
        kind = told.get("messageType", "dataReport")
        if not isinstance(kind, str) or kind not in DATA:
            if isinstance(kind, str) and kind in ONLINE:
                rows.target(place, self._device(told))  # a device that only joins is told as new too
            rows.reject(place, Reason.NOT_TELEMETRY, f"message type {str(kind)[:40]!r} carries no readings")
            return
        device = self._device(told)
        target = rows.target(place, device)
        if target is None:
            return
        payload = _payload(told.get("payload"))
        frame = passed_frame(payload if isinstance(payload, str) else payload.get("APPdata"))
        if frame is not None:
            add_frame(rows, place, message, device, frame, self._options)
            return
        if isinstance(payload, str):
            why = "payload is missing" if not payload else "payload is neither an object nor a known frame"
            rows.reject(place, Reason.WRONG_TYPE, why)
            return
        if "APPdata" in payload:
            inner = self._app_data(rows, place, payload)
            if inner is None:
                return
            payload = inner
        values = list(flat_values(payload, without=_SERVICE))
        measured_ms = loose_time_ms(told.get("timestamp"), self._options.zone)
        rows.add(place, message, device, fields_of(values, target, self._maps), measured_ms=measured_ms)

    def _device(self, told: Mapping[str, object]) -> str:
        """Return the first id the device map knows, else the first there is."""
        ids = [str(told[name]).strip() for name in _ID_NAMES if isinstance(told.get(name), str | int)]
        ids = [item for item in ids if item and item != "undefined"]
        known = (item for item in ids if self._options.devices.target(item) is not None)
        return next(known, ids[0] if ids else "")

    def _app_data(
        self, rows: ForeignRows, place: int, payload: Mapping[str, object]
    ) -> Mapping[str, object] | None:
        """Return passed-through data that turns out to be JSON; None after a rejection."""
        text = payload.get("APPdata")
        data = frame_bytes(text.encode()) if isinstance(text, str) else b""
        found = json_inside(data)
        if isinstance(found, Mapping):
            return cast("Mapping[str, object]", found)
        words = passed_words(text)
        if words is not None:
            rows.reject(place, Reason.NOT_TELEMETRY, f"words of a DTU, no frame: {words}")
        else:
            rows.reject(
                place, Reason.WRONG_TYPE, f"passed-through data are no known frame: {data[:40].hex()}"
            )
        return None


def _payload(told: object) -> Mapping[str, object] | str:
    """Return the payload: an object, also when it came as JSON text; else a text."""
    if isinstance(told, Mapping):
        return cast("Mapping[str, object]", told)
    if not isinstance(told, str):
        return ""
    found = json_inside(told.encode("utf-8", "replace"))
    return cast("Mapping[str, object]", found) if isinstance(found, Mapping) else told
