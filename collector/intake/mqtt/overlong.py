"""`OverlongPublish`: a PUBLISH packet that is too long to be held, taken in while it streams by.

Kept of it are its topic, its packet identifier, the head of its payload and the hash of all, so that it can be rejected
and acknowledged. A packet that broke the stream instead would come again with every connection, for ever.
"""

from hashlib import blake2b

from collector.intake.mqtt.frames import PublishFrame, cut_publish
from collector.messages.arrived_message import CutPayload

__all__ = ["OverlongPublish"]

_HEADER_BYTES = 200_000
"""Topic, identifier and properties fit into it (a topic has at most 65,535 bytes); the rest of it is payload [bytes]."""
_HEAD_BYTES = 4_096
"""Kept of the payload [bytes]."""


class OverlongPublish:
    """Takes the bytes behind the fixed header, piece by piece.

    Parameters
    ----------
    first
        First byte of the packet.
    length
        Bytes behind its fixed header.
    version_5
        Whether it carries properties.
    """

    def __init__(self, first: int, length: int, *, version_5: bool) -> None:
        self._flags, self._version_5 = first & 0x0F, version_5
        self._left = length
        self._header = bytearray()
        self._frame: PublishFrame | None = None
        self._payload_bytes = 0
        self._hash = blake2b(digest_size=16)

    @property
    def is_malformed(self) -> bool:
        """Whether its parts do not fit into it."""
        return self._frame is not None and not self._frame[0]

    @property
    def is_whole(self) -> bool:
        """Whether all of it has come by."""
        return not self._left

    def feed(self, data: bytes) -> bytes:
        """Take what belongs to the packet; return the rest."""
        part, rest = data[: self._left], data[self._left :]
        self._left -= len(part)
        if self._frame is not None:
            self._add(part)
            return rest
        self._header += part
        if len(self._header) >= _HEADER_BYTES or not self._left:
            start = bytes(self._header)
            self._header.clear()
            self._frame = cut_publish(start, 0, len(start), self._flags, self._version_5)
            if self._frame is not None:
                topic, payload, *_ = self._frame
                # As `content_of` a message has it.
                self._hash.update(topic.decode("utf-8", "replace").encode() + b"\0")
                self._add(payload)
            else:
                self._frame = (b"", b"", 0, 0)
        return rest

    def _add(self, payload: bytes) -> None:
        self._payload_bytes += len(payload)
        self._hash.update(payload)

    def frame(self) -> PublishFrame:
        """Return what is kept of it once it is whole."""
        assert self._frame is not None
        topic, payload, packet_id, flags = self._frame
        cut = CutPayload(payload[:_HEAD_BYTES], whole_bytes=self._payload_bytes, content=self._hash.digest())
        return topic, cut, packet_id, flags
