"""What the LoRaWAN network servers add beside the payload: signal strength of the best gateway, decoded payload bytes."""

import base64
import binascii
from collections.abc import Sequence

from collector.decoders.foreign import Field
from collector.decoders.json_payload import at_path
from collector.decoders.numbers import finite_number

__all__ = ["best_signal", "payload_bytes"]

MAX_GATEWAYS = 100
"""Gateways of one uplink that are compared."""
MAX_PAYLOAD_CHARACTERS = 4096
"""Longest base64 text that is decoded [characters]."""


def best_signal(receptions: object) -> list[Field]:
    """Return signal strength and signal-to-noise ratio of the gateway that heard the device best.

    Parameters
    ----------
    receptions
        The list of gateways with their ``rssi`` [dBm] and ``snr`` [dB], as the message holds it; anything else gives
        no fields.
    """
    if not isinstance(receptions, Sequence) or isinstance(receptions, str | bytes):
        return []
    heard = [
        (rssi, finite_number(at_path(item, "snr")))
        for item in receptions[:MAX_GATEWAYS]
        if (rssi := finite_number(at_path(item, "rssi"))) is not None
    ]
    if not heard:
        return []
    rssi, snr = max(heard, key=lambda one: one[0])
    fields = [Field("rssi", rssi, "dBm", "signal_rssi_dbm")]
    if snr is not None:
        fields.append(Field("snr", snr, "dB"))
    return fields


def payload_bytes(text: object) -> bytes | None:
    """Return what base64 text spells; None when it is no base64 text or longer than an uplink can be."""
    if not isinstance(text, str) or len(text) > MAX_PAYLOAD_CHARACTERS:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
