"""`RepeatMemory`: what the files of the spool say of repeats; belongs to the writer thread.

The keys of the current hourly file are held in memory; those of older files are saved beside them and mapped when a
late reading asks for them. Everything here can be made again from the batches. What does not live here: the judgement
(`collector.intake.spool.repeats`) and the commit (`collector.intake.spool.spool`).
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from collector.intake.spool.batch_codec import CodecError, decode_batch
from collector.intake.spool.devices_heard import DevicesHeard
from collector.intake.spool.repeats import Judged, RowFate, SeenFile, judge_rows
from collector.intake.spool.seen_keys import Keys, SeenKeys, reading_keys
from collector.intake.spool.spool_files import SpoolFile, keys_path, open_file
from collector.intake.spool.untimed_memory import Settled, UntimedMemory
from collector.messages.arrived_message import REPLAY_EPOCH, content_of
from collector.messages.decoded import Decoded
from heating.protocols import RawMessage

__all__ = ["RepeatMemory"]

log = structlog.get_logger()

MOST_MOVES = 20
"""How often rows without a time of their own give way to measured times, a millisecond at a time."""
MOST_ASKED = 4_000
"""Contents of one question: a batch has no more, and SQLite takes 32,766 values at once."""
_REJECTED = "SELECT content FROM rejection WHERE content IN ({places}) AND whole"
_KEYS = (
    "SELECT batch.sequence, keys, CASE WHEN keys IS NULL THEN body END"
    " FROM batch LEFT JOIN batch_keys ON batch_keys.sequence = batch.sequence ORDER BY batch.sequence"
)


class RepeatMemory:
    """Judges batches by what the files hold.

    Parameters
    ----------
    files
        Returns the files there are, oldest first.
    tolerance_ms
        How far a measured time may lie ahead of its arrival; bounds the search [ms].
    heard
        Finds what was lost before it came here; None: this collector hears a part of the devices' messages only.
    """

    def __init__(
        self, *, files: Callable[[], Sequence[SpoolFile]], tolerance_ms: int, heard: DevicesHeard | None
    ) -> None:
        self._files = files
        self._tolerance_ms = tolerance_ms
        self._current: SpoolFile | None = None
        self._keys = SeenKeys()
        self._older: dict[Path, tuple[sqlite3.Connection, SeenKeys]] = {}
        self._unreadable: set[Path] = set()
        self._untimed = UntimedMemory()
        self._heard = heard
        self._kept_already: Sequence[RawMessage] | None = None

    # --- the current file -------------------------------------------------------------------------------------

    def turn_to(self, current: SpoolFile, connection: sqlite3.Connection) -> None:
        """Take a file as the current one; the keys of the former are saved beside it.

        Raises
        ------
        sqlite3.Error
            When the file cannot be read.
        """
        former, keys = self._current, self._keys
        self._current, self._keys = None, _keys_of(connection)
        if former is None:
            self._untimed.load(self._newest_first(current, connection))
        self._untimed.turn_to(connection)
        if self._heard is not None:
            if former is None:
                self._heard.load(self._newest_first(current, connection))
            self._heard.turn_to(connection)
        self._current = current
        if former is not None and former.path != current.path:
            _save(former, keys)

    def _newest_first(
        self, current: SpoolFile, connection: sqlite3.Connection
    ) -> Iterator[sqlite3.Connection]:
        yield connection
        for older, _keys in self._older_files(-(2**62)):
            if older is not connection:
                yield older

    def forget_current(self) -> None:
        """A commit failed: what the file holds is read again."""
        self._current = None

    def already_kept(self, messages: Sequence[RawMessage] | None) -> None:
        """Take a batch as committed: its attempt failed, and reached the disk all the same."""
        self._kept_already = messages

    def note(self, keys: Keys, sequence: int) -> None:
        """Remember the keys of a batch that was committed."""
        self._keys.add(keys, sequence)

    # --- judging ----------------------------------------------------------------------------------------------

    def judge(
        self,
        connection: sqlite3.Connection,
        messages: Sequence[RawMessage],
        decoded: Decoded,
    ) -> tuple[Judged, Decoded]:
        """Return what becomes of each row, and the rows: those without a time of their own have one now.

        What must be known of them later is written into the open transaction.

        Parameters
        ----------
        connection
            The current file, in a transaction.
        messages, decoded
            The batch.
        """
        settled = self._untimed.settle(messages, decoded, kept_already=messages is self._kept_already)
        decoded = settled.decoded
        judged = self._judge_new(connection, decoded, settled.repeated)
        if decoded.untimed is not None:
            judged, decoded = self._judge_untimed(connection, messages, judged, settled)
        self._untimed.write(connection)
        if self._heard is not None:
            self._heard.note(connection, messages, decoded, judged.fates)
        return judged, decoded

    def _judge_untimed(
        self, connection: sqlite3.Connection, messages: Sequence[RawMessage], judged: Judged, settled: Settled
    ) -> tuple[Judged, Decoded]:
        """Correct the judgement on rows without a time of their own: it went by their times, which are ours."""
        decoded, repeated = settled.decoded, settled.repeated
        assert decoded.untimed is not None
        # Replayed messages have the arrival they first had, so the same again is a repeat of a replay that broke off.
        replayed = np.array([message.epoch == REPLAY_EPOCH for message in messages])[decoded.message]
        movable = decoded.untimed & ~repeated
        for _attempt in range(MOST_MOVES):
            clashing = (judged.fates == RowFate.CONFLICT) | ((judged.fates != RowFate.NEW) & ~replayed)
            clashing &= movable
            if not clashing.any():
                break
            decoded = self._untimed.move_on(decoded, clashing, movable & ~replayed)
            judged = self._judge_new(connection, decoded, repeated)
        return judged, decoded

    def _judge_new(
        self, connection: sqlite3.Connection, decoded: Decoded, repeated: NDArray[np.bool_]
    ) -> Judged:
        """Judge the rows that are no repeats already: these have no place in time that another row could take."""
        files = partial(self._seen_files, connection)
        if not repeated.any():
            return judge_rows(decoded, files)
        new = ~repeated
        part = replace(
            decoded,
            samples=decoded.samples.select(new),
            message=decoded.message[new],
            reading=decoded.reading[new],
            untimed=None,
        )
        judged = judge_rows(part, files)
        fates = np.full(len(repeated), RowFate.DUPLICATE, np.uint8)
        fates[new] = judged.fates
        return Judged(fates, judged.keys)

    def rejected_before(
        self, connection: sqlite3.Connection, messages: Sequence[RawMessage], places: Sequence[int]
    ) -> list[int]:
        """Return which of some places hold a message that is in the rejections of a file as a whole."""
        contents = {place: content_of(messages[place]) for place in places}
        asked, found = list(set(contents.values())), set[bytes]()
        if not asked:
            return []
        for source in (connection, *(older for older, _keys in self._older_files(self._newest_older_ms()))):
            for start in range(0, len(asked), MOST_ASKED):
                part = asked[start : start + MOST_ASKED]
                question = _REJECTED.format(places=", ".join("?" * len(part)))
                found.update(content for (content,) in source.execute(question, part))
        return [place for place, content in contents.items() if content in found]

    def _seen_files(self, connection: sqlite3.Connection, measured_ms: int) -> Iterator[SeenFile]:
        yield SeenFile(self._keys, partial(_body, connection))
        for older, keys in self._older_files(measured_ms):
            yield SeenFile(keys, partial(_body, older))

    # --- older files ------------------------------------------------------------------------------------------

    def _newest_older_ms(self) -> int:
        times = [file.last_received_ms for file in self._files() if file is not self._current]
        return max(times, default=-(2**62)) + self._tolerance_ms

    def _older_files(self, measured_ms: int) -> Iterator[tuple[sqlite3.Connection, SeenKeys]]:
        """Yield the older files in which something measured then or later may have arrived."""
        older = [file for file in self._files() if file is not self._current]
        paths = {file.path for file in older}
        for path in [path for path in self._older if path not in paths]:
            self._older.pop(path)[0].close()
        for file in reversed(older):
            if file.last_received_ms + self._tolerance_ms < measured_ms:
                continue  # an hour without readings says nothing of the hours before it
            if file.path not in self._older and file.path not in self._unreadable:
                self._open_older(file)
            if file.path in self._older:
                yield self._older[file.path]

    def _open_older(self, file: SpoolFile) -> None:
        try:
            connection = open_file(file.path)
        except sqlite3.DatabaseError as error:
            self._give_up(file, error)
            return
        try:
            keys = SeenKeys.open(keys_path(file.path), last_sequence=file.last_sequence)
            if keys is None:
                _save(file, keys := _keys_of(connection))
        except sqlite3.DatabaseError as error:
            connection.close()
            self._give_up(file, error)
            return
        self._older[file.path] = connection, keys

    def _give_up(self, file: SpoolFile, error: sqlite3.DatabaseError) -> None:
        """Go on without a damaged file: a repeat of what it held is stored a second time, under the same key."""
        if isinstance(error, sqlite3.OperationalError):
            raise error
        self._unreadable.add(file.path)
        log.error("collector.repeat_file_unreadable", file=file.path.name, error=str(error))

    def close(self) -> None:
        """Save the keys of the current file and let go of the older ones."""
        if self._current is not None:
            _save(self._current, self._keys)
        for connection, _keys in self._older.values():
            connection.close()
        self._older.clear()


def _body(connection: sqlite3.Connection, sequence: int) -> bytes | None:
    row = connection.execute("SELECT body FROM batch WHERE sequence = ?", (sequence,)).fetchone()
    return None if row is None else bytes(row[0])


def _save(file: SpoolFile, keys: SeenKeys) -> None:
    try:
        keys.save(keys_path(file.path), last_sequence=file.last_sequence)
    except OSError as error:
        log.warning("collector.repeat_keys_not_saved", file=file.path.name, error=str(error))
        with suppress(OSError):
            keys_path(file.path).unlink(missing_ok=True)


def _keys_of(connection: sqlite3.Connection) -> SeenKeys:
    """Read the keys of a file: as they were kept, or from the batches themselves."""
    parts: list[tuple[int, Keys]] = []
    for sequence, kept, body in connection.execute(_KEYS):
        if kept is not None:
            parts.append((sequence, np.frombuffer(kept, "<u8")))
            continue
        try:
            samples, _message = decode_batch(body)
        except CodecError as error:
            log.error("collector.repeat_unreadable", sequence=sequence, error=str(error))
            continue
        keys = reading_keys(samples.objects, samples.object_index, samples.measured_ms)
        parts.append((sequence, np.unique(keys)))
    return SeenKeys.of(parts)
