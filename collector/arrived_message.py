"""`ArrivedMessage`: a raw message with what only the transport knows of it."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import repeat
from typing import Any

from heating.protocols import RawMessage

__all__ = ["ArrivedMessage", "arrived_messages", "content_of", "redelivered_places"]


@dataclass(frozen=True, slots=True)
class ArrivedMessage(RawMessage):
    """A message that came by MQTT."""

    redelivered: bool = False
    """The broker says that it sends this packet again (DUP flag)."""


_COLUMNS: tuple[Any, ...] = tuple(
    ArrivedMessage.__dict__.get(name) or RawMessage.__dict__[name]
    for name in ("topic", "payload", "received_ms", "packet_id", "epoch", "retained", "redelivered")
)


def arrived_messages(
    *,
    topics: Sequence[str],
    payloads: Sequence[bytes],
    packet_ids: Sequence[int],
    retained: Iterable[bool],
    redelivered: Iterable[bool],
    received_ms: int,
    epoch: int,
) -> list[ArrivedMessage]:
    """Make many messages column by column: a third of the cost of calling the class for each.

    Parameters
    ----------
    topics, payloads, packet_ids, retained, redelivered
        One entry a message; the last two may be endless.
    received_ms
        Arrival of all [epoch ms].
    epoch
        Number of their connection.
    """
    made = list(map(object.__new__, repeat(ArrivedMessage, len(topics))))
    columns = (topics, payloads, repeat(received_ms), packet_ids, repeat(epoch), retained, redelivered)
    for slot, column in zip(_COLUMNS, columns, strict=True):
        deque(map(slot.__set__, made, column), maxlen=0)
    return made


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
