"""Messages with what only the transport knows of them: one as `ArrivedMessage`, many as the columns `ArrivedMessages`.

Many are kept as columns from the socket to the spool: an object for each would cost more than its parts. Whoever asks
for a single message gets one. What does not live here: where they come from (`collector.intake.mqtt.source`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import overload

from heating.protocols import RawMessage

__all__ = [
    "DUPLICATE_FLAG",
    "REPLAY_EPOCH",
    "RESUMED_FLAG",
    "RETAIN_FLAG",
    "ArrivedMessage",
    "ArrivedMessages",
    "CutPayload",
    "arrivals_of",
    "concatenated",
    "content_of",
    "has_retained",
    "messages_at",
    "payloads_of",
    "redelivered_places",
    "topics_of",
]

DUPLICATE_FLAG = 0x08
"""Bit of a PUBLISH packet's first byte: the broker sends this packet again."""
REPLAY_EPOCH = -1
"""Epoch of messages that we give to ourselves again; they are nobody's excess and no new sighting."""
RETAIN_FLAG = 0x01
"""Bit of a PUBLISH packet's first byte: a kept message, sent because of a subscription."""

RESUMED_FLAG = 0x10
"""Ours: a kept message that came in a session whose subscriptions the broker knew already."""


class CutPayload(bytes):
    """The head of a payload that was too long to be held.

    Parameters
    ----------
    head
        Its first bytes.
    whole_bytes
        Length of the whole [bytes].
    content
        What `content_of` the whole message is.
    """

    def __new__(cls, head: bytes, *, whole_bytes: int, content: bytes) -> "CutPayload":
        """Make it of the head; bytes are made before `__init__`."""
        made = super().__new__(cls, head)
        made.whole_bytes, made.content = whole_bytes, content
        return made

    whole_bytes: int
    content: bytes


@dataclass(frozen=True, slots=True)
class ArrivedMessage(RawMessage):
    """A message that came by MQTT."""

    redelivered: bool = False
    """The broker says that it sends this packet again (DUP flag)."""
    resumed: bool = False
    """A kept message of a session, and of its subscriptions, that the broker knew already."""


class ArrivedMessages(Sequence[ArrivedMessage]):
    """Messages as columns of equal length, in the order of their arrival; never changed once made.

    Parameters
    ----------
    topics, payloads
        Text and bytes of each.
    received_ms
        Arrival [epoch ms].
    packet_ids
        MQTT packet identifiers; 0 for QoS 0.
    epochs
        Number of the connection each came on.
    flags
        Low four bits of the first byte of the packet, and `RESUMED_FLAG`.
    """

    __slots__ = ("_made", "epochs", "flags", "packet_ids", "payloads", "received_ms", "topics")

    def __init__(
        self,
        *,
        topics: list[str],
        payloads: list[bytes],
        received_ms: list[int],
        packet_ids: list[int],
        epochs: list[int],
        flags: list[int],
    ) -> None:
        self.topics = topics
        self.payloads = payloads
        self.received_ms = received_ms
        self.packet_ids = packet_ids
        self.epochs = epochs
        self.flags = flags
        self._made: list[ArrivedMessage] | None = None

    def __len__(self) -> int:
        return len(self.topics)

    def __iter__(self) -> Iterator[ArrivedMessage]:
        if self._made is None:
            self._made = [self._message(place) for place in range(len(self))]
        return iter(self._made)

    @overload
    def __getitem__(self, place: int) -> ArrivedMessage: ...

    @overload
    def __getitem__(self, place: slice) -> "ArrivedMessages": ...

    def __getitem__(self, place: int | slice) -> "ArrivedMessage | ArrivedMessages":
        if isinstance(place, int):
            return self._message(place) if self._made is None else self._made[place]
        return ArrivedMessages(
            topics=self.topics[place],
            payloads=self.payloads[place],
            received_ms=self.received_ms[place],
            packet_ids=self.packet_ids[place],
            epochs=self.epochs[place],
            flags=self.flags[place],
        )

    def _message(self, place: int) -> ArrivedMessage:
        flags = self.flags[place]
        return ArrivedMessage(
            self.topics[place],
            self.payloads[place],
            self.received_ms[place],
            self.packet_ids[place],
            self.epochs[place],
            bool(flags & RETAIN_FLAG),
            bool(flags & DUPLICATE_FLAG),
            bool(flags & RESUMED_FLAG),
        )

    def at(self, places: Sequence[int]) -> "ArrivedMessages":
        """Return those at some places."""
        return ArrivedMessages(
            topics=[self.topics[place] for place in places],
            payloads=[self.payloads[place] for place in places],
            received_ms=[self.received_ms[place] for place in places],
            packet_ids=[self.packet_ids[place] for place in places],
            epochs=[self.epochs[place] for place in places],
            flags=[self.flags[place] for place in places],
        )


def concatenated(parts: Sequence[Sequence[RawMessage]]) -> Sequence[RawMessage]:
    """Return messages of several takes as one sequence: columns if all are, a list otherwise."""
    if len(parts) == 1:
        return parts[0]
    columns = [part for part in parts if isinstance(part, ArrivedMessages)]
    if not columns or len(columns) < len(parts):
        return [message for part in parts for message in part]
    return ArrivedMessages(
        topics=[item for part in columns for item in part.topics],
        payloads=[item for part in columns for item in part.payloads],
        received_ms=[item for part in columns for item in part.received_ms],
        packet_ids=[item for part in columns for item in part.packet_ids],
        epochs=[item for part in columns for item in part.epochs],
        flags=[item for part in columns for item in part.flags],
    )


def messages_at(messages: Sequence[RawMessage], places: Sequence[int]) -> Sequence[RawMessage]:
    """Return the messages at some places."""
    if isinstance(messages, ArrivedMessages):
        return messages.at(places)
    return [messages[place] for place in places]


def topics_of(messages: Sequence[RawMessage]) -> list[str]:
    """Return the topic of each message."""
    if isinstance(messages, ArrivedMessages):
        return messages.topics
    return [message.topic for message in messages]


def payloads_of(messages: Sequence[RawMessage]) -> list[bytes]:
    """Return the payload of each message."""
    if isinstance(messages, ArrivedMessages):
        return messages.payloads
    return [message.payload for message in messages]


def arrivals_of(messages: Sequence[RawMessage]) -> list[int]:
    """Return the arrival of each message [epoch ms]."""
    if isinstance(messages, ArrivedMessages):
        return messages.received_ms
    return [message.received_ms for message in messages]


def has_retained(messages: Sequence[RawMessage]) -> bool:
    """Return whether the broker had kept any of the messages."""
    if isinstance(messages, ArrivedMessages):
        return any(flags & RETAIN_FLAG for flags in set(messages.flags))
    return any(message.retained for message in messages)


def redelivered_places(messages: Sequence[RawMessage]) -> list[int]:
    """Return the places of messages that the broker sends again."""
    if isinstance(messages, ArrivedMessages):
        if not any(messages.flags):
            return []
        return [place for place, flags in enumerate(messages.flags) if flags & DUPLICATE_FLAG]
    return [
        place
        for place, message in enumerate(messages)
        if isinstance(message, ArrivedMessage) and message.redelivered
    ]


def content_of(message: RawMessage) -> bytes:
    """Return a hash of topic and payload, 16 bytes: the same message again has the same."""
    if isinstance(message.payload, CutPayload):
        return message.payload.content
    return blake2b(message.topic.encode() + b"\0" + message.payload, digest_size=16).digest()
