"""Messages that carry 0x68 frames, alone or behind the words of a DTU: what both families of such frames share."""

from collections.abc import Iterator, Sequence

from collector.decoders.bcd import frames_or_words, meter_frame_size
from collector.decoders.foreign import ForeignRows
from collector.messages.decoded import Reason
from heating.protocols import RawMessage

__all__ = ["frames_of"]


def frames_of(
    rows: ForeignRows, messages: Sequence[RawMessage], *, max_bytes: int
) -> Iterator[tuple[int, RawMessage, bytes]]:
    """Give each frame with its message and the message's place; a message without a frame is rejected in `rows`."""
    for place, message in enumerate(messages):
        if len(message.payload) > max_bytes:
            rows.reject(place, Reason.TOO_BIG, f"{len(message.payload)} bytes")
            continue
        found = frames_or_words(message.payload, meter_frame_size)
        if isinstance(found, str):
            rows.reject(place, Reason.NOT_TELEMETRY, f"words of a DTU, no frame: {found}")
            continue
        for frame in found:
            yield place, message, frame
