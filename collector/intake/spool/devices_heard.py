"""`DevicesHeard`: when each device spoke last, how often it does and what it counted, and the losses that follow from it.

A device that counts its readings (``seq`` of the native format) shows a hole when a number is left out; many devices that
are silent over one span show one together. It is kept in the file of the spool by the transaction of the commit, so a
process that was killed knows what it had committed: a hole is never only what was not saved. What does not live here:
holes in common (`collector.intake.spool.shared_silence`), and who tells people (`collector.intake.loss_reports`).
"""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import islice

import msgspec
import numpy as np
import structlog
from numpy.typing import NDArray

from collector.intake.spool.batch_codec import CodecError, decode_batch
from collector.intake.spool.number_holes import NumberHoles
from collector.intake.spool.repeats import RowFate
from collector.intake.spool.seen_keys import object_hash, object_hashes
from collector.intake.spool.shared_silence import Holes, SharedSilence
from collector.messages.arrived_message import REPLAY_EPOCH, ArrivedMessages, topics_of
from collector.messages.decoded import Decoded
from collector.messages.routes import split_native_topic
from heating.losses import ReadingLoss
from heating.protocols import RawMessage

__all__ = ["HEARD_TABLE", "DevicesHeard"]

HEARD_TABLE = "CREATE TABLE IF NOT EXISTS heard (number INTEGER PRIMARY KEY, body BLOB NOT NULL);\n"
"""Table of a spool file: a snapshot under 0, and behind it what devices counted since."""
log = structlog.get_logger()
SNAPSHOT_EVERY_MS = 300_000
"""Time between two snapshots: so much of the spool is read again at a start [ms]."""
MAX_DEVICES = 1_000_000
"""Devices that are remembered; beyond them all is forgotten, which costs the holes of that moment."""
HOLE_INTERVALS = 3.0
"""A device that is silent for more of its intervals has a hole."""
LEARNED = 3
"""Intervals that were seen before one is believed."""


class _Snapshot(msgspec.Struct, array_like=True):
    sequence: int
    keys: bytes
    last_ms: bytes
    interval_ms: bytes
    seen: bytes
    numbers: bytes


class DevicesHeard:
    """Belongs to the writer thread; after a commit that failed it is read again from the files."""

    def __init__(self) -> None:
        self._silence = SharedSilence()
        self._holes = NumberHoles()
        self._snapshot_due_ms = 0
        self._fresh: list[ReadingLoss] = []
        self._clear(0)

    def _clear(self, room: int) -> None:
        self._slots: dict[int, int] = {}
        self._keys = np.zeros(room, np.uint64)
        self._last_ms = np.full(room, -1, np.int64)
        self._interval_ms = np.full(room, np.nan)
        self._seen = np.zeros(room, np.int64)
        self._numbers = np.full(room, -1, np.int64)
        self._by_one = np.zeros(room, np.bool_)
        """Whether the last step of its numbers was one: a gateway with one counter for all it carries counts otherwise,
        and a leap of such numbers is no hole."""

    # --- on disk ----------------------------------------------------------------------------------------------

    def load(self, files: Iterable[sqlite3.Connection]) -> None:
        """Read what the newest file that has a snapshot says; `files` are newest first.

        Raises
        ------
        sqlite3.Error
            When a file cannot be read now.
        """
        self._fresh = []
        try:
            self._load(files)
        except sqlite3.OperationalError:
            raise
        except (sqlite3.DatabaseError, msgspec.DecodeError, ValueError) as error:
            # Broken pages: whoever reads the readings on them reports it. Here it costs the holes of this moment.
            log.error("collector.devices_heard_unreadable", error=str(error))
            self._clear(0)
            self._snapshot_due_ms = 0

    def _load(self, files: Iterable[sqlite3.Connection]) -> None:
        self._clear(0)
        for connection in files:
            row = connection.execute("SELECT body FROM heard WHERE number = 0").fetchone()
            if row is not None:
                self._restore(connection, msgspec.msgpack.decode(row[0], type=_Snapshot))
                return

    def _restore(self, connection: sqlite3.Connection, found: _Snapshot) -> None:
        self._keys = np.frombuffer(found.keys, "<u8").astype(np.uint64)
        self._slots = dict(zip(self._keys.tolist(), range(len(self._keys)), strict=True))
        self._last_ms = np.frombuffer(found.last_ms, "<i8").astype(np.int64)
        self._interval_ms = np.frombuffer(found.interval_ms, "<f8").astype(np.float64)
        self._seen = np.frombuffer(found.seen, "<i8").astype(np.int64)
        self._numbers, self._by_one = _unpacked(np.frombuffer(found.numbers, "<i8"))
        for (body,) in connection.execute("SELECT body FROM heard WHERE number > 0 ORDER BY number"):
            table = np.frombuffer(body, "<u8").reshape(2, -1)
            places = self._places(table[0].tolist())
            self._numbers[places], self._by_one[places] = _unpacked(table[1].astype(np.int64))
        since = "SELECT body FROM batch WHERE sequence > ? ORDER BY sequence"
        for (body,) in connection.execute(since, (found.sequence,)):
            try:
                samples, _message = decode_batch(body)
            except CodecError:
                continue  # told elsewhere; its devices seem silent for the length of one batch
            places = self._places(object_hashes(samples.objects))[samples.object_index]
            self._hear(places, samples.measured_ms)

    def turn_to(self, connection: sqlite3.Connection) -> None:
        """Take a file as the current one: the next commit writes a snapshot into it unless it has one."""
        if connection.execute("SELECT 1 FROM heard WHERE number = 0").fetchone() is None:
            self._snapshot_due_ms = 0

    def _write(self, connection: sqlite3.Connection, counted: NDArray[np.int64], now_ms: int) -> None:
        if not 0 <= self._snapshot_due_ms - now_ms <= SNAPSHOT_EVERY_MS:
            (sequence,) = connection.execute("SELECT max(sequence) FROM batch").fetchone()
            counted_by = _packed(self._numbers, self._by_one)
            body = _Snapshot(
                sequence or 0,
                *(
                    column[: len(self._slots)].tobytes()
                    for column in (self._keys, self._last_ms, self._interval_ms, self._seen, counted_by)
                ),
            )
            connection.execute("DELETE FROM heard")
            connection.execute("INSERT INTO heard VALUES (0, ?)", (msgspec.msgpack.encode(body),))
            self._snapshot_due_ms = now_ms + SNAPSHOT_EVERY_MS
        elif len(counted):
            numbers = _packed(self._numbers[counted], self._by_one[counted]).astype(np.uint64)
            body_of_batch = np.concatenate([self._keys[counted], numbers]).tobytes()
            connection.execute("INSERT INTO heard (body) VALUES (?)", (body_of_batch,))

    # --- a batch ----------------------------------------------------------------------------------------------

    def note(
        self,
        connection: sqlite3.Connection,
        messages: Sequence[RawMessage],
        decoded: Decoded,
        fates: NDArray[np.uint8],
    ) -> None:
        """Take a batch that is being committed, and write what must be known of it into the open transaction.

        Parameters
        ----------
        connection
            The current file, in a transaction.
        messages, decoded
            The batch; messages without a time of their own have one by now.
        fates
            (n,) what becomes of each row.
        """
        now_ms = messages[-1].received_ms if len(messages) else 0
        first = np.flatnonzero(np.diff(decoded.reading, prepend=np.int32(-1)))
        live = np.ones(len(first), np.bool_)
        if not isinstance(messages, ArrivedMessages):
            given_again = np.array([message.epoch == REPLAY_EPOCH for message in messages], np.bool_)
            live = ~given_again[decoded.message[first]]
        if decoded.untimed is not None:
            # A message without a time that came before has the time of its second arrival: it says nothing.
            live &= ~(decoded.untimed[first] & (fates[first] == RowFate.DUPLICATE))
        if not live.all():
            first = first[live]
        samples = decoded.samples
        of_object = self._places(object_hashes(samples.objects))
        places, times = of_object[samples.object_index[first]], samples.measured_ms[first]
        # The usual batch: a reading of each device, so that nothing needs to be put in order.
        distinct = len(first) == len(samples.objects) and len(
            set(samples.object_index[first].tolist())
        ) == len(first)
        counted = self._count(messages, decoded, first, places, times, now_ms)
        timed = slice(None) if decoded.untimed is None else ~decoded.untimed[first]
        holes = self._hear(places[timed], times[timed], distinct=distinct)
        if len(holes.device):
            interval = np.where(self._seen >= LEARNED, self._interval_ms, np.nan)
            loss = self._silence.add(holes, interval_ms=interval, last_ms=self._last_ms, now_ms=now_ms)
            self._fresh += [] if loss is None else [loss]
        self._fresh += self._holes.due(now_ms)
        self._write(connection, counted, now_ms)

    def take(self) -> list[ReadingLoss]:
        """Return the losses that were found, once."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def _places(self, keys: Sequence[int]) -> NDArray[np.int64]:
        """Return the place of each device; new ones get one."""
        slots = self._slots
        try:
            return np.array(list(map(slots.__getitem__, keys)), np.int64)
        except KeyError:
            pass
        if len(slots) > MAX_DEVICES:
            self._clear(0)
            slots = self._slots
        known = len(slots)
        for key in keys:
            slots.setdefault(key, len(slots))
        missing = len(slots) - len(self._last_ms)
        if missing > 0:
            room = missing + len(slots) // 4
            self._keys = np.append(self._keys, np.zeros(room, np.uint64))
            self._last_ms = np.append(self._last_ms, np.full(room, -1, np.int64))
            self._interval_ms = np.append(self._interval_ms, np.full(room, np.nan))
            self._seen = np.append(self._seen, np.zeros(room, np.int64))
            self._numbers = np.append(self._numbers, np.full(room, -1, np.int64))
            self._by_one = np.append(self._by_one, np.zeros(room, np.bool_))
        fresh = list(islice(slots, known, None))
        self._keys[known : known + len(fresh)] = fresh
        return np.array(list(map(slots.__getitem__, keys)), np.int64)

    def _hear(self, places: NDArray[np.int64], times: NDArray[np.int64], *, distinct: bool = False) -> Holes:
        """Note when devices spoke; return the holes that end with it. `distinct`: each of them once."""
        if distinct:
            before = self._last_ms[places]
        else:
            order = np.lexsort((times, places))
            places, times = places[order], times[order]
            begins = np.diff(places, prepend=-1) != 0
            before = np.maximum(np.where(begins, -1, np.roll(times, 1)), self._last_ms[places])
        passed = times - before
        known = (before >= 0) & (passed > 0)
        learned = self._seen[places] >= LEARNED
        hole = known & learned & (passed > HOLE_INTERVALS * self._interval_ms[places])
        usual = known & ~hole
        self._learn(places[usual], passed[usual], places[hole], distinct=distinct)
        if distinct:
            self._last_ms[places] = np.maximum(before, times)
        else:
            np.maximum.at(self._last_ms, places, times)
        return Holes(places[hole], before[hole], times[hole])

    def _learn(
        self, places: NDArray[np.int64], passed: NDArray[np.int64], late: NDArray[np.int64], *, distinct: bool
    ) -> None:
        """Follow the intervals: upwards quickly and downwards slowly, so that uneven senders seem slow, not silent."""
        devices, longest = places, passed.astype(np.float64)
        times: NDArray[np.int64] | int = 1
        if not distinct:
            devices, place_of = np.unique(places, return_inverse=True)
            longest = np.zeros(len(devices))
            np.maximum.at(longest, place_of, passed.astype(np.float64))
            times = np.bincount(place_of, minlength=len(devices))
        former = self._interval_ms[devices]
        step = np.where(longest > former, 0.5, 1.0 / 16.0)
        self._interval_ms[devices] = np.where(np.isnan(former), longest, former + (longest - former) * step)
        self._seen[devices] += times
        # A device that was set to a longer interval would have a hole with every reading, for ever.
        if len(late):
            self._interval_ms[np.unique(late)] *= 1.5

    def _count(
        self,
        messages: Sequence[RawMessage],
        decoded: Decoded,
        first: NDArray[np.intp],
        places: NDArray[np.int64],
        times: NDArray[np.int64],
        now_ms: int,
    ) -> NDArray[np.int64]:
        """Follow the numbers of devices that count; return the places of those that went on."""
        unread = self._unread(messages, decoded)
        if decoded.numbers is None and not unread:
            return np.zeros(0, np.int64)
        numbers = np.full(len(first), -1) if decoded.numbers is None else decoded.numbers[first]
        counts = numbers >= 0
        places, times, numbers = places[counts], times[counts], numbers[counts]
        order = np.lexsort((numbers, times, places))
        places, times, numbers = places[order], times[order], numbers[order]
        begins = np.diff(places, prepend=-1) != 0
        before = np.where(begins, self._numbers[places], np.roll(numbers, 1))
        known, by_one = before >= 0, numbers - before == 1
        odd, went_on = np.unique(places[known & ~by_one]), np.unique(places[known & by_one])
        believed = self._by_one[odd] | np.isin(odd, went_on)
        began_by_one = {place: bool(self._by_one[place]) for place in odd[believed].tolist()}
        for place in odd[~believed].tolist() if unread else ():
            unread.pop(place, None)
        self._by_one[went_on] = True
        self._by_one[odd[~believed]] = False
        odd = odd[believed]
        plain = ~np.isin(places, odd)
        # In order of the places: of several assignments to one place the last, the highest number, stays.
        self._numbers[places[plain]] = numbers[plain]
        for place in odd.tolist():
            own = slice(*np.searchsorted(places, (place, place + 1)))
            self._numbers[place], unread[place], self._by_one[place] = self._holes.follow(
                place,
                last=int(self._numbers[place]),
                by_one=began_by_one[place],
                last_ms=int(self._last_ms[place]),
                arrived=list(zip(numbers[own].tolist(), times[own].tolist(), strict=True)),
                unread=unread.get(place, 0),
                now_ms=now_ms,
            )
        for place, left in unread.items():
            self._numbers[place] += left if self._numbers[place] >= 0 else 0
        return np.unique(np.concatenate([places, np.array(list(unread), np.int64)]))

    def _unread(self, messages: Sequence[RawMessage], decoded: Decoded) -> dict[int, int]:
        """Return how many messages of a device left no row: they bore numbers, and are rejections, not losses."""
        found: dict[int, int] = {}
        refused = {item.message for item in decoded.rejections}
        if not refused:
            return found
        topics = topics_of(messages)
        for number in refused.difference(decoded.message.tolist()):
            message, topic = messages[number], split_native_topic(topics[number])
            if topic is None or message.epoch == REPLAY_EPOCH or getattr(message, "redelivered", False):
                continue
            place = self._slots.get(object_hash(topic.ref))
            if place is not None:
                found[place] = found.get(place, 0) + 1
        return found


def _packed(numbers: NDArray[np.int64], by_one: NDArray[np.bool_]) -> NDArray[np.int64]:
    return numbers * 2 + by_one


def _unpacked(saved: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    return saved // 2, saved % 2 == 1
