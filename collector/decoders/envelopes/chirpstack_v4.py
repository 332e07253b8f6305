"""ChirpStack v4, MQTT integration in JSON: ``application/{app}/device/{devEUI}/event/{event}``.

Only ``up`` carries readings; ``status`` carries the battery; the others are rejected as not_telemetry. The key of a device
is ``deviceInfo.devEui``: names get renamed. Source: ChirpStack documentation, «event types».
"""

from collections.abc import Mapping, Sequence
from typing import cast

from collector.decoders.device_times import rfc3339_ms
from collector.decoders.envelopes.network_fields import best_signal, payload_bytes
from collector.decoders.foreign import FamilyOptions, Field, ForeignRows
from collector.decoders.indoor_names import indoor_fields
from collector.decoders.json_payload import at_path, json_inside, json_object, text_at
from collector.decoders.lorawan.codec import add_uplink, codec_for
from collector.decoders.numbers import finite_number
from collector.messages.decoded import Decoded, Reason
from heating.protocols import RawMessage

__all__ = ["ChirpstackV4Decoder"]


class ChirpstackV4Decoder:
    """Decodes the events of a ChirpStack server.

    Parameters
    ----------
    options
        Device map, limits and hints.
    """

    def __init__(self, options: FamilyOptions) -> None:
        self._options = options

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        rows = ForeignRows("chirpstack_v4", self._options)
        for place, message in enumerate(messages):
            event = _event(message.topic)
            if event not in ("up", "status"):
                self._other(rows, place, message, event)
                continue
            body = json_object(rows, place, message.payload, limit=self._options.max_payload_bytes)
            if body is None:
                continue
            device = text_at(body, "deviceInfo", "devEui") or text_at(body, "devEui")
            if device is None:
                rows.reject(place, Reason.WRONG_TYPE, "deviceInfo.devEui is missing")
            elif not _same_device(message.topic, device):
                rows.reject(place, Reason.TOPIC_MISMATCH, f"payload says {device[:40]}")
            elif event == "up":
                self._up(rows, place, message, device.lower(), body)
            else:
                _status(rows, place, message, device.lower(), body)
        return rows.finish()

    def _other(self, rows: ForeignRows, place: int, message: RawMessage, event: str | None) -> None:
        """Tell an event that carries no readings; a device that joins is known from then on."""
        if event == "join":
            body = json_inside(message.payload[: self._options.max_payload_bytes])
            device = text_at(body, "deviceInfo", "devEui") or text_at(body, "devEui") or ""
            if _same_device(message.topic, device):
                rows.target(place, device.lower())
        reason = Reason.BAD_TOPIC if event is None else Reason.NOT_TELEMETRY
        rows.reject(place, reason, message.topic[:200])

    def _up(
        self, rows: ForeignRows, place: int, message: RawMessage, device: str, body: Mapping[str, object]
    ) -> None:
        measured_ms = rfc3339_ms(body.get("time"))
        link = best_signal(body.get("rxInfo"))
        decoded = body.get("object")
        if isinstance(decoded, Mapping) and decoded:
            fields = indoor_fields(cast("Mapping[str, object]", decoded))
            rows.add(place, message, device, [*fields, *link], measured_ms=measured_ms)
            return
        data = payload_bytes(body.get("data"))
        if not data:
            reason = Reason.NOT_TELEMETRY if data is not None or "data" not in body else Reason.WRONG_TYPE
            rows.reject(
                place,
                reason,
                "neither object nor data" if reason is Reason.NOT_TELEMETRY else "data is no base64",
            )
            return
        port = body.get("fPort")
        add_uplink(
            rows,
            place,
            message,
            device,
            data,
            codec=codec_for(self._options, device, text_at(body, "deviceInfo", "deviceProfileName")),
            f_port=port if isinstance(port, int) else None,
            measured_ms=measured_ms,
            link=link,
        )


def _event(topic: str) -> str | None:
    """Return the event of a topic, None when it has another shape; a prefix before ``application`` is allowed."""
    levels = topic.split("/")
    if len(levels) >= 6 and levels[-6] == "application" and levels[-4] == "device" and levels[-2] == "event":
        return levels[-1]
    return None


def _same_device(topic: str, device: str) -> bool:
    return topic.split("/")[-3].lower() == device.lower()


def _status(
    rows: ForeignRows, place: int, message: RawMessage, device: str, body: Mapping[str, object]
) -> None:
    """Take battery and link margin of a device status."""
    fields: list[Field] = []
    level = finite_number(body.get("batteryLevel"))
    known = body.get("batteryLevelUnavailable") is not True
    if body.get("externalPowerSource") is True:
        fields.append(Field("externalPowerSource", True))
    elif level is not None and known:
        fields.append(Field("batteryLevel", level, "%", "battery_pct"))
    margin = finite_number(at_path(body, "margin"))
    if margin is not None:
        fields.append(Field("margin", margin, "dB"))
    rows.add(place, message, device, fields, measured_ms=rfc3339_ms(body.get("time")))
