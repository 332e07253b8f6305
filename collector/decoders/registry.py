"""The payload families by name: the settings name a family, this module builds its decoder."""

from collections.abc import Callable
from pathlib import Path

from collector.decoders.decoded import Decoder
from collector.decoders.native import NativeDecoder
from heating.errors import HeatingError

__all__ = ["DECODERS", "DecoderFactory", "UnknownFamilyError", "build_decoder"]

DecoderFactory = Callable[[int, Path | None], Decoder]
"""Takes the longest accepted payload [bytes] and the device map of the route, returns a decoder."""


class UnknownFamilyError(HeatingError):
    """The settings name a payload family that does not exist."""


def _native(max_payload_bytes: int, device_map: Path | None) -> Decoder:
    """Build the native decoder; it needs no device map, because topics carry our own ids."""
    del device_map
    return NativeDecoder(max_payload_bytes=max_payload_bytes)


DECODERS: dict[str, DecoderFactory] = {"native": _native}
"""Every family, by the name used in `mqtt.routes` and by `nuanliu decode`."""


def build_decoder(family: str, *, max_payload_bytes: int, device_map: Path | None = None) -> Decoder:
    """Return a decoder of a family.

    Raises
    ------
    UnknownFamilyError
        Names the families that exist.
    """
    try:
        factory = DECODERS[family]
    except KeyError:
        raise UnknownFamilyError(
            f"no payload family {family!r}; there are: {', '.join(sorted(DECODERS))}"
        ) from None
    return factory(max_payload_bytes, device_map)
