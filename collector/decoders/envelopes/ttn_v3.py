"""The Things Stack v3, MQTT integration in JSON: ``v3/{app}@{tenant}/devices/{id}/up``.

Source: The Things Stack documentation, «data formats». Empty values are left out of its messages.
A device goes by its devEUI, or by its name in the application when the device map has that.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from collector.decoders.device_times import rfc3339_ms
from collector.decoders.envelopes.network_fields import best_signal, payload_bytes
from collector.decoders.foreign import FamilyOptions, ForeignRows
from collector.decoders.indoor_names import indoor_fields
from collector.decoders.json_payload import at_path, json_inside, json_object, text_at
from collector.decoders.lorawan.codec import add_uplink, codec_for
from collector.messages.decoded import Decoded, Reason
from heating.protocols import RawMessage

__all__ = ["TtnV3Decoder"]


class TtnV3Decoder:
    """Decodes the uplinks of The Things Stack.

    Parameters
    ----------
    options
        Device map, limits and hints.
    """

    def __init__(self, options: FamilyOptions) -> None:
        self._options = options

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        rows = ForeignRows("ttn_v3", self._options)
        for place, message in enumerate(messages):
            levels = message.topic.split("/")
            if len(levels) < 5 or levels[0] != "v3" or levels[2] != "devices":
                rows.reject(place, Reason.BAD_TOPIC, message.topic[:200])
            elif levels[4:] != ["up"]:
                self._other(rows, place, message, levels)
            else:
                body = json_object(rows, place, message.payload, limit=self._options.max_payload_bytes)
                if body is not None:
                    self._up(rows, place, message, levels[3], body)
        return rows.finish()

    def _other(self, rows: ForeignRows, place: int, message: RawMessage, levels: list[str]) -> None:
        """Tell an event that carries no readings; a device that joins is known from then on."""
        if levels[4:] == ["join"]:
            body = json_inside(message.payload[: self._options.max_payload_bytes])
            eui = (text_at(body, "end_device_ids", "dev_eui") or "").lower()
            named = self._options.devices.target(levels[3]) is not None
            rows.target(place, levels[3] if named else eui or levels[3])
        rows.reject(place, Reason.NOT_TELEMETRY, message.topic[:200])

    def _up(
        self, rows: ForeignRows, place: int, message: RawMessage, name: str, body: Mapping[str, object]
    ) -> None:
        device = text_at(body, "end_device_ids", "device_id")
        if device is not None and device != name:
            rows.reject(place, Reason.TOPIC_MISMATCH, f"payload says {device[:40]}")
            return
        eui = (text_at(body, "end_device_ids", "dev_eui") or "").lower()
        named = device is not None and self._options.devices.target(device) is not None
        key = (device if named else eui) or eui or device or ""
        uplink = body.get("uplink_message")
        if not key or not isinstance(uplink, Mapping):
            rows.reject(place, Reason.WRONG_TYPE, "end_device_ids or uplink_message is missing")
            return
        if body.get("simulated") is True or uplink.get("simulated") is True:
            rows.reject(place, Reason.SIMULATED, "an uplink simulated in the console of The Things Stack")
            return
        decoded = uplink.get("decoded_payload")
        if isinstance(decoded, Mapping) and decoded:
            fields = indoor_fields(cast("Mapping[str, object]", decoded))
            link = best_signal(uplink.get("rx_metadata"))
            rows.add(place, message, key, [*fields, *link], measured_ms=_time_ms(body))
            return
        self._bare(rows, place, message, key, body)

    def _bare(
        self,
        rows: ForeignRows,
        place: int,
        message: RawMessage,
        key: str,
        body: Mapping[str, object],
    ) -> None:
        """Decode the payload of an uplink that the server has not decoded."""
        uplink = cast("Mapping[str, object]", body["uplink_message"])
        device = text_at(body, "end_device_ids", "device_id")
        data = payload_bytes(uplink.get("frm_payload"))
        if not data:
            undecodable = data is None and "frm_payload" in uplink
            reason = Reason.WRONG_TYPE if undecodable else Reason.NOT_TELEMETRY
            rows.reject(
                place, reason, "frm_payload is no base64" if undecodable else "an uplink without a payload"
            )
            return
        port = at_path(uplink, "f_port")
        names = (text_at(uplink, "version_ids", "brand_id"), text_at(uplink, "version_ids", "model_id"))
        add_uplink(
            rows,
            place,
            message,
            key,
            data,
            codec=codec_for(self._options, key, *names, device),
            f_port=port if isinstance(port, int) else None,
            measured_ms=_time_ms(body),
            link=best_signal(uplink.get("rx_metadata")),
        )


def _time_ms(body: Mapping[str, object]) -> int | None:
    return rfc3339_ms(text_at(body, "uplink_message", "received_at") or text_at(body, "received_at"))
