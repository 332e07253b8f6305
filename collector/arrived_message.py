"""`ArrivedMessage`: a raw message with what only the transport knows of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from heating.protocols import RawMessage

__all__ = ["ArrivedMessage", "content_of", "redelivered_places"]


@dataclass(frozen=True, slots=True)
class ArrivedMessage(RawMessage):
    """A message that came by MQTT."""

    redelivered: bool = False
    """The broker says that it sends this packet again (DUP flag)."""


def redelivered_places(messages: Iterable[RawMessage]) -> list[int]:
    """Return the places of messages that the broker sends again."""
    return [
        place
        for place, message in enumerate(messages)
        if isinstance(message, ArrivedMessage) and message.redelivered
    ]


def content_of(message: RawMessage) -> bytes:
    """Return a hash of topic and payload, 16 bytes: the same message again has the same."""
    return blake2b(message.topic.encode() + b"\0" + message.payload, digest_size=16).digest()
