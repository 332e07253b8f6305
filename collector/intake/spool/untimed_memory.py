"""`UntimedMemory`: identity and order of messages without a time of their own.

Their arrival stands in for the time, and their place in the order of arrival is their identity: the stored time is the
arrival, or one millisecond after the last one of the object, so that the newest is the last. What came before is known
by the ledger of deliveries, and a retained copy by the last content of its topic. All of it is kept in the file of the
spool by the transaction of the commit; each file begins with a snapshot, so that the newest one says everything.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Literal, TypeGuard, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from collector.intake.spool.delivery_ledger import Delivery, DeliveryLedger, Numbering
from collector.intake.spool.seen_keys import object_hash
from collector.messages.arrived_message import REPLAY_EPOCH, ArrivedMessage, content_of
from collector.messages.decoded import Decoded
from heating.points import POINTS
from heating.protocols import RawMessage
from heating.quality import Quality
from heating.samples import ObjectRef

__all__ = ["UNTIMED_TABLE", "Settled", "UntimedMemory"]

UNTIMED_TABLE = "CREATE TABLE IF NOT EXISTS untimed (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID;\n"
"""Table of a spool file: a snapshot under the empty key, and what changed since."""
MAX_ENTRIES = 200_000
"""Topics, and objects, that are remembered; those longest without a message are forgotten."""
LONGEST_AHEAD_MS = 86_400_000
"""A last time further ahead of an arrival came from a wrong clock: the order begins again at the arrival [ms]."""
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_LINK_STATES = np.array([point.name == "gateway_online" for point in POINTS])
_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")
_DELIVERY, _NUMBERING, _FORMER, _TOPIC, _OBJECT = b"d", b"n", b"f", b"t", b"o"


class LastOfObject(msgspec.Struct, frozen=True, array_like=True):
    """The newest message without a time of an object."""

    time_ms: int
    """Its stored time [epoch ms]."""
    packet_id: int = 0
    """No longer used, as is the next: what an older version kept."""
    generation: int = 0


class LastOfTopic(msgspec.Struct, frozen=True, array_like=True):
    """What a topic said last."""

    content: bytes
    """The newest message, retained or not."""
    retained: bytes = b""
    """The newest retained copy."""


class _Snapshot(msgspec.Struct, array_like=True):
    numbering: Numbering
    former: dict[bytes, int]
    deliveries: dict[int, Delivery]
    topics: dict[bytes, LastOfTopic]
    objects: dict[int, LastOfObject]


@dataclass(frozen=True, slots=True)
class Settled:
    """A batch whose messages without a time have one."""

    decoded: Decoded
    repeated: NDArray[np.bool_]
    """(n,) rows of messages that were committed before, or that say nothing new."""


class UntimedMemory:
    """Belongs to the writer thread; after a commit that failed it is read again from the files."""

    def __init__(self) -> None:
        self._ledger = DeliveryLedger()
        self._topics: dict[bytes, LastOfTopic] = {}
        self._objects: dict[int, LastOfObject] = {}
        self._noted = Numbering()
        self._changed_topics: set[bytes] = set()
        self._changed_objects: set[int] = set()
        self._snapshot_due = True

    # --- on disk ----------------------------------------------------------------------------------------------

    def load(self, files: Iterable[sqlite3.Connection]) -> None:
        """Read what the newest file that has a snapshot says; `files` are newest first.

        Raises
        ------
        sqlite3.Error
            When a file cannot be read.
        """
        self._ledger, self._topics, self._objects = DeliveryLedger(), {}, {}
        self.forget_changes()
        for connection in files:
            rows: dict[bytes, bytes | None] = dict(
                connection.execute("SELECT key, value FROM untimed").fetchall()
            )
            body = rows.pop(b"", None)
            if body is not None:
                self._restore(msgspec.msgpack.decode(body, type=_Snapshot), rows)
                return

    def _restore(self, found: _Snapshot, rows: dict[bytes, bytes | None]) -> None:
        ledger = self._ledger
        ledger.numbering, ledger.former = found.numbering, Counter(found.former)
        ledger.deliveries, self._topics, self._objects = found.deliveries, found.topics, found.objects
        decode = msgspec.msgpack.decode
        for key, value in rows.items():
            kind, rest = key[:1], key[1:]
            if kind == _DELIVERY:
                ledger.deliveries.pop(int.from_bytes(rest), None)
                if value is not None:
                    ledger.deliveries[int.from_bytes(rest)] = decode(value, type=Delivery)
            elif value is None:
                continue
            elif kind == _NUMBERING:
                ledger.numbering = decode(value, type=Numbering)
            elif kind == _FORMER:
                ledger.former = Counter(decode(value, type=dict[bytes, int]))
            elif kind == _TOPIC:
                self._topics[rest] = decode(value, type=LastOfTopic)
            else:
                self._objects[int.from_bytes(rest)] = decode(value, type=LastOfObject)
        self._noted = ledger.numbering

    def turn_to(self, connection: sqlite3.Connection) -> None:
        """Take a file as the current one: the next commit writes a snapshot into it unless it has one."""
        self._snapshot_due = connection.execute("SELECT 1 FROM untimed WHERE key = x''").fetchone() is None

    def write(self, connection: sqlite3.Connection) -> None:
        """Write what changed into the open transaction.

        Raises
        ------
        sqlite3.Error
            When the disk refuses.
        """
        if self._snapshot_due and (self._is_used or self._ledger.numbering != self._noted):
            connection.execute("INSERT OR REPLACE INTO untimed VALUES (x'', ?)", (_packed(self._whole()),))
            self._snapshot_due = False
        elif self._is_used or self._ledger.numbering.generation != self._noted.generation:
            rows = list(self._changed_rows())
            if rows:
                connection.executemany("INSERT OR REPLACE INTO untimed VALUES (?, ?)", rows)
        else:
            return  # nothing but timed messages: their identifiers are nobody's business
        self.forget_changes()

    @property
    def _is_used(self) -> bool:
        return bool(self._ledger.deliveries or self._ledger.changed or self._objects)

    def _whole(self) -> _Snapshot:
        ledger = self._ledger
        return _Snapshot(
            ledger.numbering, dict(ledger.former), ledger.deliveries, self._topics, self._objects
        )

    def _changed_rows(self) -> Iterator[tuple[bytes, bytes | None]]:
        ledger = self._ledger
        for number in ledger.changed:
            entry = ledger.deliveries.get(number)
            yield _DELIVERY + number.to_bytes(2), None if entry is None else _packed(entry)
        for key in self._changed_topics & self._topics.keys():
            yield _TOPIC + key, _packed(self._topics[key])
        for number in self._changed_objects & self._objects.keys():
            yield _OBJECT + number.to_bytes(8), _packed(self._objects[number])
        if ledger.numbering != self._noted:
            yield _NUMBERING, _packed(ledger.numbering)
        if ledger.former_changed:
            yield _FORMER, _packed(dict(ledger.former))

    def forget_changes(self) -> None:
        """Take what changed as kept, or as nothing to be kept."""
        self._noted = self._ledger.numbering
        self._changed_topics.clear()
        self._changed_objects.clear()
        self._ledger.changed.clear()
        self._ledger.former_changed = False

    # --- a batch ----------------------------------------------------------------------------------------------

    def settle(
        self, messages: Sequence[RawMessage], decoded: Decoded, *, kept_already: bool = False
    ) -> Settled:
        """Give messages without a time their place in the order, and say which of them came before.

        Parameters
        ----------
        messages, decoded
            The batch.
        kept_already
            The same batch reached the disk in an earlier attempt.
        """
        self._ledger.follow(messages)
        untimed, samples = decoded.untimed, decoded.samples
        repeated = np.zeros(len(samples), np.bool_)
        if untimed is None or not untimed.any():
            return Settled(decoded, repeated)
        measured, quality = samples.measured_ms.copy(), samples.quality.copy()
        order = np.argsort(decoded.message, kind="stable")
        places = np.unique(decoded.message[untimed])
        in_order = decoded.message[order]
        starts, ends = (np.searchsorted(in_order, places, side=side) for side in _SIDES)
        for place, start, end in zip(places.tolist(), starts.tolist(), ends.tolist(), strict=True):
            rows, message = order[start:end], messages[place]
            if message.epoch == REPLAY_EPOCH:
                continue  # it keeps its first arrival: old history is no news
            if kept_already or self._says_nothing_new(message, rows, decoded):
                repeated[rows] = True
                continue
            if message.retained:
                quality[rows] = np.maximum(quality[rows], np.uint8(Quality.UNCERTAIN_TIME))
            self._place_in_order(message, rows[untimed[rows]], decoded, measured)
        received = np.where(untimed & ~repeated, measured, samples.received_ms)
        samples = replace(samples, measured_ms=measured, received_ms=received, quality=quality)
        return Settled(replace(decoded, samples=samples), repeated)

    def _says_nothing_new(self, message: RawMessage, rows: NDArray[np.intp], decoded: Decoded) -> bool:
        """Return whether a message was committed before, or is the retained copy of one that was."""
        content = content_of(message)
        if _is_again(message) and self._ledger.came_before(message, content):
            return True
        self._ledger.note(message, content)
        topic = blake2b(message.topic.encode(), digest_size=8).digest()
        last = self._topics.get(topic)
        if not message.retained:
            self._remember_topic(topic, LastOfTopic(content, b"" if last is None else last.retained))
            return False
        # In a session that went on the queue has all that was published while nobody listened; the copy of it would
        # overtake what waits. QoS 0 does not wait.
        queued = isinstance(message, ArrivedMessage) and message.resumed and message.packet_id > 0
        # A device may keep one message at the broker and send the others without keeping them: the same old copy then
        # comes with each subscription. A link state is always kept, so a copy that differs from its last word is news.
        known = last is not None and (
            queued
            or content == last.content
            or (content == last.retained and not _LINK_STATES[decoded.samples.point[rows]].any())
        )
        newest = last.content if last is not None and known else content
        self._remember_topic(topic, LastOfTopic(newest, content))
        return known

    def _place_in_order(
        self, message: RawMessage, rows: NDArray[np.intp], decoded: Decoded, measured: NDArray[np.int64]
    ) -> None:
        """Write the time of each reading of a message; readings with the same point of one object follow another."""
        samples = decoded.samples
        times: dict[ObjectRef, tuple[int, set[int]]] = {}
        for part in np.split(rows, np.flatnonzero(np.diff(decoded.reading[rows])) + 1):
            ref = samples.objects[samples.object_index[part[0]]]
            points = set(samples.point[part].tolist())
            time_ms, taken = times.get(ref) or (self._next_ms(message, ref), set())
            if points & taken:
                time_ms, taken = self._next_ms(message, ref), set()
            times[ref] = time_ms, taken | points
            measured[part] = time_ms

    def _next_ms(self, message: RawMessage, ref: ObjectRef) -> int:
        """Return the time of a new reading of an object, and remember it."""
        key, arrival_ms = object_hash(ref), message.received_ms
        last = self._objects.get(key)
        if last is None or last.time_ms - arrival_ms > LONGEST_AHEAD_MS:
            time_ms = arrival_ms
        else:
            time_ms = max(arrival_ms, last.time_ms + 1)
        self._remember_object(key, time_ms)
        return time_ms

    def move_on(self, decoded: Decoded, clashing: NDArray[np.bool_], movable: NDArray[np.bool_]) -> Decoded:
        """Return the batch with some rows a millisecond later: a measured time stands there already.

        What follows of the object moves along, so that nothing runs into the next one.
        """
        samples = decoded.samples
        rows = np.isin(decoded.reading, decoded.reading[clashing])
        for place in np.unique(samples.object_index[clashing]).tolist():
            of_object = samples.object_index == place
            rows |= (
                of_object & movable & (samples.measured_ms >= samples.measured_ms[of_object & clashing].min())
            )
        measured, received = samples.measured_ms + rows, samples.received_ms + rows
        for row in np.flatnonzero(rows).tolist():
            key = object_hash(samples.objects[samples.object_index[row]])
            last = self._objects.get(key)
            if last is not None and last.time_ms == samples.measured_ms[row]:
                self._remember_object(key, last.time_ms + 1)
        moved_on = replace(samples, measured_ms=measured, received_ms=received)
        return replace(decoded, samples=moved_on)

    def _remember_object(self, key: int, time_ms: int) -> None:
        _renew(self._objects, key, LastOfObject(time_ms))
        self._changed_objects.add(key)

    def _remember_topic(self, topic: bytes, last: LastOfTopic) -> None:
        if self._topics.get(topic) != last:
            self._changed_topics.add(topic)
        _renew(self._topics, topic, last)


def _renew(entries: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Set an entry as the newest one; the oldest gives way when there are too many."""
    entries.pop(key, None)
    entries[key] = value
    if len(entries) > MAX_ENTRIES:
        del entries[next(iter(entries))]


def _is_again(message: RawMessage) -> TypeGuard[ArrivedMessage]:
    return isinstance(message, ArrivedMessage) and message.redelivered and message.packet_id > 0


def _packed(value: object) -> bytes:
    return msgspec.msgpack.encode(value)
