"""Cutting a stretch of received bytes into MQTT packets: pure, no socket and no paho.

PUBLISH packets come out as plain tuples (they are the mass), every other packet as its first byte and its body, to be
handled by paho. Source of the layout: OASIS MQTT 3.1.1 section 2 and 3.3, MQTT 5.0 section 2 and 3.3.
"""

from dataclasses import dataclass, field

__all__ = ["QOS_BITS", "ControlFrame", "Cut", "PublishFrame", "cut_frames", "cut_publish"]

_PUBLISH_TYPE = 0x30
QOS_BITS = 0x06
"""Bits of the first byte that hold the quality of service, shifted by one."""

_USUAL = _PUBLISH_TYPE | 0x02
_USUAL_LENGTH = 127 * 128
"""Lengths above it may need a third byte [bytes]."""
_INCOMPLETE = -1
_MALFORMED = -2

PublishFrame = tuple[bytes, bytes, int, int]
"""Topic, payload, packet identifier (0 at QoS 0), flags (low four bits of the first byte)."""
ControlFrame = tuple[int, bytes]
"""First byte and body of a packet that is no PUBLISH."""


@dataclass(slots=True)
class Cut:
    """What a stretch of bytes holds."""

    publishes: list[PublishFrame] = field(default_factory=list)
    controls: list[ControlFrame] = field(default_factory=list)
    consumed: int = 0
    """Bytes that whole packets took; the rest waits for more."""
    needed: int = 0
    """Bytes that must lie in the rest before the next packet is whole; 0 when not known yet."""
    overlong: tuple[int, int, int] | None = None
    """A PUBLISH packet too long to be held, after `consumed`: first byte, bytes of its fixed header, and behind it."""
    error: str = ""
    """Why the stream is broken after `consumed`; empty while it is sound."""


def _long_length(buffer: bytes, position: int) -> tuple[int, int]:
    """Read a variable byte integer; a negative value says incomplete or malformed."""
    value, shift = 0, 0
    for place in range(position, position + 4):
        if place >= len(buffer):
            return _INCOMPLETE, place
        byte = buffer[place]
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place + 1
        shift += 7
    return _MALFORMED, position


def cut_publish(buffer: bytes, start: int, end: int, flags: int, version_5: bool) -> PublishFrame | None:
    """Take one PUBLISH apart; None when its parts do not fit into it."""
    topic_start = start + 2
    if topic_start > end:
        return None
    payload_start = topic_end = topic_start + (buffer[start] << 8 | buffer[start + 1])
    packet_id = 0
    if flags & QOS_BITS:
        payload_start += 2
        if payload_start > end or flags & QOS_BITS == QOS_BITS:
            return None
        packet_id = buffer[topic_end] << 8 | buffer[topic_end + 1]
        if not packet_id:
            return None
    if version_5 and payload_start < end:
        length = buffer[payload_start]
        payload_start += 1
        if length > 127:
            length, payload_start = _long_length(buffer, payload_start - 1)
        payload_start = end + 1 if length < 0 else payload_start + length
    elif version_5:
        return None
    if payload_start > end or topic_end == topic_start:
        return None
    return buffer[topic_start:topic_end], buffer[payload_start:end], packet_id, flags


def _usual_frames(
    buffer: bytes, position: int, *, version_5: bool, longest: int, found: list[PublishFrame]
) -> int:
    """Cut PUBLISH packets of QoS 1 without flags and properties, as nearly all are; stop before anything else.

    Returns
    -------
    int
        Where the first other packet, an incomplete or a doubtful one, starts; `cut_publish` judges it.
    """
    last = len(buffer) - 5
    while position < last and buffer[position] == _USUAL:
        length, start = buffer[position + 1], position + 2
        if length > 127:
            length, start = (length & 127) + (buffer[start] << 7), start + 1
        end, topic_start = start + length, start + 2
        topic_end = topic_start + (buffer[start] << 8) + buffer[start + 1]
        payload_start = topic_end + 3 if version_5 else topic_end + 2
        if payload_start > end or end > last + 5 or length > longest or topic_end == topic_start:
            break
        packet_id = (buffer[topic_end] << 8) + buffer[topic_end + 1]
        if not packet_id or (version_5 and buffer[payload_start - 1]):
            break
        found.append((buffer[topic_start:topic_end], buffer[payload_start:end], packet_id, _USUAL & 0x0F))
        position = end
    return position


def cut_frames(buffer: bytes, *, version_5: bool, max_packet_bytes: int) -> Cut:
    """Cut as many whole packets as the bytes hold.

    Parameters
    ----------
    buffer
        Received bytes, starting at a packet.
    version_5
        Whether PUBLISH packets carry properties.
    max_packet_bytes
        A longer PUBLISH packet is left to who lets it stream by, any other one is a broken stream [bytes].

    Returns
    -------
    Cut
        Never raises: `error` says why a stream is broken, the packets before it are delivered.
    """
    cut = Cut()
    add = cut.publishes.append
    position, available = 0, len(buffer)
    while True:
        position = _usual_frames(
            buffer,
            position,
            version_5=version_5,
            longest=min(max_packet_bytes, _USUAL_LENGTH),
            found=cut.publishes,
        )
        if available - position < 2:
            break
        length, start = buffer[position + 1], position + 2
        if length > 127:
            length, start = _long_length(buffer, position + 1)
        end = start + length
        if length < 0 or length > max_packet_bytes:
            if length > 0 and buffer[position] & 0xF0 == _PUBLISH_TYPE:
                cut.overlong = buffer[position], start - position, length
            elif length != _INCOMPLETE:
                cut.error = "length field too long" if length < 0 else f"packet of {length} bytes"
            break
        if end > available:
            cut.needed = end - position
            break
        first = buffer[position]
        if first & 0xF0 == _PUBLISH_TYPE:
            frame = cut_publish(buffer, start, end, first & 0x0F, version_5)
            if frame is None:
                cut.error = "malformed PUBLISH"
                break
            add(frame)
        else:
            cut.controls.append((first, buffer[start:end]))
        position = end
    cut.consumed = position
    return cut
