"""`DeliveryLedger`: which deliveries of the session at the broker were committed, by packet identifier and content.

A message without a time of its own looks the same each time it is measured, so neither its time nor its content can
say whether it came before. MQTT can: a broker sends a message again (DUP flag) under the identifier it had first, and
gives an identifier out anew only after the acknowledgement. One thing breaks this: a NATS server that was restarted
numbers what it held from 1 on. Those messages are known by their content among the last that were committed before.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from collector.messages.arrived_message import DUPLICATE_FLAG, ArrivedMessage, ArrivedMessages, content_of
from heating.protocols import RawMessage

__all__ = ["IDS", "Delivery", "DeliveryLedger", "Numbering"]

IDS = 65_535
"""Packet identifiers run from 1 to this number and begin again."""
HALF = IDS // 2
"""An identifier less than this far behind the newest is older than it, any other one is newer."""
NEAR_THE_END = 65_000
"""After an identifier above it, number 1 is no new numbering, even when it is sent again."""
DOUBTFUL_MS = 60_000
"""A broker that was restarted may have forgotten acknowledgements of the last deliveries before; older ones are sure."""


class Numbering(NamedTuple):
    """How the broker numbers its deliveries."""

    generation: int = 0
    """Counts how often it began again."""
    first: bytes = b""
    """Content of the committed message with identifier 1; empty: it was not committed in this round."""
    newest: int = 0
    """Identifier of the newest delivery that was committed."""


class Delivery(NamedTuple):
    """A committed delivery of a message without a time of its own."""

    content: bytes
    received_ms: int
    object_key: int = 0
    """No longer used, as is the next: what an older version kept."""
    time_ms: int = 0


class DeliveryLedger:
    """Committed deliveries of messages without a time of their own; at most one for each identifier.

    Whatever changes is noted in `changed` and `numbering`; the owner keeps it in the transaction of the commit.
    """

    def __init__(self) -> None:
        self.numbering = Numbering()
        self.deliveries: dict[int, Delivery] = {}
        self.former: Counter[bytes] = Counter()
        """How often each content was committed shortly before the broker began a new numbering."""
        self.changed: set[int] = set()
        """Identifiers whose entry was set or taken away since the owner looked."""
        self.former_changed = False

    def follow(self, messages: Sequence[RawMessage]) -> None:
        """Take note of the identifiers of a batch, timed messages included, before its messages are judged."""
        ids, flags = _ids_of(messages)
        if not any(ids):
            return
        if 1 in ids:
            self._began(messages, ids.index(1), ids, flags)
        if self.deliveries:
            fresh = {number for number, flag in zip(ids, flags, strict=True) if not flag & DUPLICATE_FLAG}
            for number in self.deliveries.keys() & fresh:
                self._forget(number)
        self._advance(ids if any(flags) else ids[-1:], passes_first=1 not in ids)

    def _began(self, messages: Sequence[RawMessage], place: int, ids: list[int], flags: list[int]) -> None:
        """Look at a message with identifier 1: a wrap, the same message again, or a new numbering."""
        content = content_of(messages[place])
        old = self.numbering
        before = ids[place - 1] if place else old.newest
        if flags[place] & DUPLICATE_FLAG and old.first in (content, b""):
            self.numbering = old._replace(first=content)
            return
        # A collector that was killed may know of nothing in the last window of a round, so a fresh number 1 counts as a
        # wrap from half the round on; what a restarted broker held comes with the DUP flag.
        near_the_end = NEAR_THE_END if flags[place] & DUPLICATE_FLAG else HALF
        if max(before, old.newest) > near_the_end or not old.newest:
            self.numbering = old._replace(first=content)
            return
        self.numbering = Numbering(old.generation + 1, content, 0)
        last_ms = max((item.received_ms for item in self.deliveries.values()), default=0)
        self.former = Counter(
            item.content for item in self.deliveries.values() if item.received_ms >= last_ms - DOUBTFUL_MS
        )
        self.former_changed = True
        for number in list(self.deliveries):
            self._forget(number)

    def _advance(self, ids: list[int], *, passes_first: bool) -> None:
        """Move the newest identifier on; entries half a round behind it are let go.

        They were acknowledged long ago, and their identifiers may be given out again to messages that we never see before
        the broker sends them again.
        """
        start = self.numbering.newest
        steps = (np.array(ids, np.int64) - start) % IDS
        ahead = steps[(steps > 0) & (steps <= HALF) & (np.array(ids) > 0)]
        if not len(ahead):
            return
        step = int(ahead.max())
        newest = (start + step - 1) % IDS + 1
        self.numbering = self.numbering._replace(newest=newest)
        if newest < start and passes_first:
            # Number 1 of this round was passed on the way to another one that came first, and is still to come.
            self.numbering = self.numbering._replace(first=b"")
        passed = {(start + HALF + offset) % IDS + 1 for offset in range(step)} if self.deliveries else set()
        for number in self.deliveries.keys() & passed:
            self._forget(number)

    def came_before(self, message: RawMessage, content: bytes) -> bool:
        """Return whether a message that the broker sends again was committed."""
        known = self.deliveries.get(message.packet_id)
        if known is not None and known.content == content:
            return True
        left = self.former[content]
        if not left:
            return False
        # Not `former -= …`: that goes through all of it for each message.
        if left > 1:
            self.former[content] = left - 1
        else:
            del self.former[content]
        self.former_changed = True
        self.note(message, content)
        return True

    def note(self, message: RawMessage, content: bytes) -> None:
        """Enter a delivery that is being committed; QoS 0 has no identifier and never comes again."""
        if message.packet_id:
            self.deliveries[message.packet_id] = Delivery(content, message.received_ms)
            self.changed.add(message.packet_id)

    def _forget(self, number: int) -> None:
        del self.deliveries[number]
        self.changed.add(number)


def _ids_of(messages: Sequence[RawMessage]) -> tuple[list[int], list[int]]:
    if isinstance(messages, ArrivedMessages):
        return messages.packet_ids, messages.flags
    again = [isinstance(message, ArrivedMessage) and message.redelivered for message in messages]
    return [message.packet_id for message in messages], [DUPLICATE_FLAG * flag for flag in again]
