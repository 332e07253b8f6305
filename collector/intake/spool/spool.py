"""The durable spool: one commit keeps the good rows, the rejections and the keys of a batch of messages.

One thread commits, another reads, forwards and tidies; each has connections of its own. When `commit` returns, a power
cut loses nothing of it; when it raises, nothing of it is kept. What does not live here: forwarding
(`collector.intake.forwarder`).
"""

import os
import sqlite3
import threading
import uuid
from collections.abc import Sequence
from pathlib import Path

import structlog

from collector.intake.spool.batch_codec import encode_batch
from collector.intake.spool.devices_heard import DevicesHeard
from collector.intake.spool.outcomes import Committed, sum_up
from collector.intake.spool.recent_batches import RecentBatches, SpooledBatch
from collector.intake.spool.rejections import (
    KeptRejection,
    delete_above_cap,
    move_to_catalogue,
    rejections_of,
    write_rejections,
)
from collector.intake.spool.repeat_memory import RepeatMemory
from collector.intake.spool.repeats import RowFate
from collector.intake.spool.seen_keys import Keys
from collector.intake.spool.spool_files import (
    HOUR_CHARACTERS,
    SpoolError,
    SpoolFile,
    SpoolInUseError,
    find_files,
    hour_of,
    last_entry,
    latest_arrivals,
    lock_folder,
    new_file,
    open_catalogue,
    open_file,
    remove_file,
    set_aside,
)
from collector.intake.spool.spool_reader import SpoolReader, is_damage
from collector.messages.arrived_message import redelivered_places
from collector.messages.decoded import Decoded
from heating.clock import Clock
from heating.protocols import RawMessage

__all__ = ["Committed", "Spool", "SpoolError", "SpoolInUseError", "SpooledBatch"]

log = structlog.get_logger()


class Spool:
    """The spool in one folder.

    Parameters
    ----------
    folder
        On a local disk; made when missing.
    clock
        Tells the hour of arrival.
    future_tolerance_ms
        How far a measured time may lie ahead of its arrival; bounds the search for repeats [ms].
    hears_all
        Whether it gets every message of its devices: only then is a hole between two of them a loss.

    Raises
    ------
    SpoolInUseError
        When another process has it.
    SpoolError
        When it cannot be opened now.
    """

    def __init__(
        self, folder: Path, *, clock: Clock, future_tolerance_ms: int = 300_000, hears_all: bool = True
    ) -> None:
        self.folder = folder
        self._clock = clock
        self._changed = threading.Condition()
        self._writer: sqlite3.Connection | None = None
        self._current: SpoolFile | None = None
        self._tried: Sequence[RawMessage] | None = None
        self._heard = DevicesHeard() if hears_all else None
        self._memory = RepeatMemory(
            files=self._known_files, tolerance_ms=future_tolerance_ms, heard=self._heard
        )
        self._reader = SpoolReader(folder)
        self._lock = lock_folder(folder)
        try:
            self._files, damaged = find_files(folder)
            for path in damaged:
                set_aside(path)
                log.error("collector.spool_file_damaged", file=path.name, set_aside=f"{path.name}.damaged")
            self._catalogue = open_catalogue(folder)
            self.identity = self._fact("identity", uuid.uuid4().hex)
            self._cursor = int(self._fact("cursor", "0"))
        except sqlite3.Error as error:
            os.close(self._lock)
            raise SpoolError(f"spool {folder} cannot be opened: {error}") from error
        self._set_aside = len(damaged)
        self._sequence = max([self._cursor, *(file.last_sequence for file in self._files)])
        self._recent = RecentBatches(after=self._sequence)
        self.first_own_sequence = self._sequence + 1
        """First sequence of this process; batches before it belong to a former one."""

    # --- committing (writer thread) -----------------------------------------------------------------------------

    def commit(self, messages: Sequence[RawMessage], decoded: Decoded) -> Committed:
        """Keep a batch of messages in one transaction.

        Raises
        ------
        SpoolError
            Nothing is kept; the same call may succeed later.
        """
        now_ms = self._clock.now_ms()
        try:
            connection = self._connection(now_ms)
            connection.execute("BEGIN IMMEDIATE")
            committed, kept, keys = self._write(connection, now_ms, messages, decoded)
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            self._tried = messages
            self._leave_file(error)
            raise SpoolError(f"cannot be kept: {error}") from error
        if kept is not None:
            self._memory.note(keys, committed.sequence)
        with self._changed:
            assert self._current is not None
            self._sequence = self._current.last_sequence = committed.sequence
            self._current.last_received_ms = max(self._current.last_received_ms, now_ms)
            self._recent.put(kept, reached=committed.sequence)
            self._changed.notify_all()
        return committed

    def _write(
        self, connection: sqlite3.Connection, now_ms: int, messages: Sequence[RawMessage], decoded: Decoded
    ) -> tuple[Committed, SpooledBatch | None, Keys]:
        sequence = self._sequence + 1
        again = redelivered_places(messages)
        judged, decoded = self._memory.judge(connection, messages, decoded)
        known = self._memory.rejected_before(connection, messages, again)
        outcome = sum_up(decoded, judged.fates, messages=len(messages), known_again=frozenset(known))
        rows = judged.fates == RowFate.NEW
        fresh, message = decoded.samples, decoded.message
        if not rows.all():
            fresh, message = fresh.select(rows), message[rows]
        kept = None
        if len(fresh):
            kept = SpooledBatch(sequence, fresh, message)
            body = encode_batch(fresh, message)
            connection.execute(
                "INSERT INTO batch VALUES (?, ?, ?, ?, ?)",
                (sequence, now_ms, outcome.counts.stored, len(fresh), body),
            )
            connection.execute("INSERT INTO batch_keys VALUES (?, ?)", (sequence, judged.keys.tobytes()))
        if outcome.rejections:
            write_rejections(connection, rejections_of(sequence, messages, outcome))
        losses = self._heard.take() if self._heard is not None else ()
        return Committed(sequence, fresh, outcome.counts, losses), kept, judged.keys

    def _connection(self, now_ms: int) -> sqlite3.Connection:
        """Return the connection of the current hourly file; another hour opens a new one, earlier or later.

        A clock that was wrong for a moment would else have all that follows in the file of a far year. The order of the
        files is that of their sequences, whatever their names say.
        """
        hour = hour_of(now_ms)
        if self._writer is not None and self._current is not None and self._current.is_of(hour):
            return self._writer
        self._drop_writer()
        with self._changed:
            last = self._files[-1] if self._files else None
        if last is not None and last.is_of(hour):
            return self._turn_to_file(last)
        return self._turn_to_file(new_file(self.folder, hour))

    def _turn_to_file(self, file: SpoolFile) -> sqlite3.Connection:
        self._current = file
        self._writer = writer = open_file(file.path)
        sequence, received_ms = last_entry(writer)
        self._memory.turn_to(file, writer)
        with self._changed:
            if file not in self._files:
                self._files.append(file)
            # A commit may reach the disk and fail all the same (the disk filled up at its end). Its sequence is taken: the
            # store may have seen it, and another batch under the same number would be taken for a repeat.
            if sequence > self._sequence:
                log.warning("collector.commit_found_after_failure", sequence=sequence, noted=self._sequence)
                self._sequence = file.last_sequence = sequence
                file.last_received_ms = max(file.last_received_ms, received_ms)
                self._recent.restart(after=sequence)
                self._memory.already_kept(self._tried)
        return writer

    def _leave_file(self, error: Exception) -> None:
        """A commit failed: open the file again next time, or another one when it is broken."""
        broken = self._current if is_damage(error) else None
        self._drop_writer()
        self._memory.forget_current()
        if broken is None:
            return
        self._set_aside += 1
        following = new_file(self.folder, broken.hour[:HOUR_CHARACTERS])
        log.error(
            "collector.spool_file_broken", file=broken.path.name, next=following.path.name, error=str(error)
        )
        with self._changed:
            self._files.append(following)

    def _drop_writer(self) -> None:
        writer, self._writer, self._current = self._writer, None, None
        if writer is None:
            return
        try:
            if writer.in_transaction:
                writer.execute("ROLLBACK")
            writer.close()
        except sqlite3.Error as error:
            log.warning("collector.spool_close_failed", error=str(error))

    # --- reading and tidying (forwarder thread) -----------------------------------------------------------------

    @property
    def cursor(self) -> int:
        """Newest sequence that the store has."""
        return self._cursor

    @property
    def last_sequence(self) -> int:
        """Newest sequence committed."""
        return self._sequence

    @property
    def damaged_files(self) -> int:
        """Files set aside as unreadable, files broken while in use, and batches that could not be read."""
        return self._set_aside + self._reader.damaged_batches

    def wait_for_more(self, timeout_s: float) -> bool:
        """Wait until something lies behind the cursor; return whether it does."""
        with self._changed:
            return self._changed.wait_for(lambda: self._sequence > self._cursor, timeout=timeout_s)

    def wake(self) -> None:
        """End a `wait_for_more` of another thread early when there is news; harmless otherwise."""
        with self._changed:
            self._changed.notify_all()

    def read(self, *, max_rows: int) -> tuple[list[SpooledBatch], int]:
        """Return batches behind the cursor in order, about `max_rows` rows, and the sequence they reach.

        Raises
        ------
        SpoolError
            When the files cannot be read now.

        A damaged batch is left out, counted in `damaged_files` and kept aside.
        """
        with self._changed:
            files = [file for file in self._files if file.last_sequence > self._cursor]
            reached = self._sequence
            at_hand = self._recent.after(self._cursor, max_rows=max_rows)
        if at_hand is not None:
            return at_hand, at_hand[-1].sequence if len(at_hand) else reached
        batches: list[SpooledBatch] = []
        rows = 0
        try:
            for file in files:
                for batch in self._reader.batches(file, after=self._cursor):
                    if batch.sequence > reached:
                        return batches, reached
                    batches.append(batch)
                    rows += len(batch.samples)
                    if rows >= max_rows:
                        return batches, batch.sequence
        except sqlite3.Error as error:
            raise SpoolError(f"cannot be read: {error}") from error
        return batches, reached

    def set_cursor(self, sequence: int) -> None:
        """Note that the store has everything up to a sequence and nothing behind it.

        An earlier one than now has batches forwarded again.

        Raises
        ------
        SpoolError
            When the disk refuses; the cursor stays.
        """
        try:
            self._catalogue.execute("UPDATE fact SET value = ? WHERE name = 'cursor'", (str(sequence),))
        except sqlite3.Error as error:
            raise SpoolError(f"the cursor cannot be kept: {error}") from error
        with self._changed:
            self._cursor = sequence
            self._recent.drop_through(sequence)

    def _known_files(self) -> list[SpoolFile]:
        with self._changed:
            return list(self._files)

    def skip_to(self, sequence: int) -> None:
        """Never give out sequences at or below one that the store knows of this spool."""
        with self._changed:
            if sequence > self._sequence:
                self._sequence = sequence
                self._recent.restart(after=sequence)

    def oldest_kept_sequence(self) -> int:
        """Return the first sequence that can still be read, the next one when there is none.

        Raises
        ------
        SpoolError
            When the files cannot be read now.
        """
        with self._changed:
            files = list(self._files)
        try:
            for file in files:
                first = self._reader.first_sequence(file)
                if first is not None:
                    return first
        except sqlite3.Error as error:
            raise SpoolError(f"cannot be read: {error}") from error
        return self._sequence + 1

    def keep_rejections(self, rejections: Sequence[KeptRejection]) -> None:
        """Keep rejections that arose behind the spool (the store refused rows); repeats change nothing.

        Raises
        ------
        SpoolError
            When the disk refuses.
        """
        try:
            self._catalogue.execute("BEGIN IMMEDIATE")
            write_rejections(self._catalogue, rejections)
            self._catalogue.execute("COMMIT")
        except sqlite3.Error as error:
            if self._catalogue.in_transaction:
                self._catalogue.execute("ROLLBACK")
            raise SpoolError(f"rejections cannot be kept: {error}") from error

    def tidy(self, *, keep_ms: int, max_rejections: int, safe_sequence: int | None = None) -> int:
        """Delete files that are forwarded and old enough, and the oldest rejections above the cap.

        Parameters
        ----------
        keep_ms
            Forwarded files younger than this stay [ms].
        max_rejections
            Rejections kept over all files.
        safe_sequence
            Newest sequence that the store cannot lose any more; None: the cursor.

        Returns
        -------
        int
            Files deleted.

        Raises
        ------
        SpoolError
            When the disk refuses; the next call goes on.
        """
        limit_ms = self._clock.now_ms() - keep_ms
        safe = self._cursor if safe_sequence is None else min(self._cursor, safe_sequence)
        with self._changed:
            old = [
                file
                for file, arrived_ms in zip(self._files[:-1], latest_arrivals(self._files), strict=False)
                if file is not self._current and file.last_sequence <= safe and arrived_ms < limit_ms
            ]
        try:
            for file in old:
                self._delete(file)
            self._cap_rejections(max_rejections)
        except (sqlite3.Error, OSError) as error:
            raise SpoolError(f"cannot be tidied: {error}") from error
        return len(old)

    def _delete(self, file: SpoolFile) -> None:
        reader = self._reader.release(file)
        moved, broken = 0, False
        try:
            moved = move_to_catalogue(self._catalogue, reader)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            broken = True
            log.error("collector.spool_file_broken", file=file.path.name, error=str(error))
        finally:
            reader.close()
        with self._changed:
            self._files.remove(file)
        if broken:
            self._set_aside += 1
            set_aside(file.path)
            return
        remove_file(file.path)
        log.info("collector.spool_file_deleted", file=file.path.name, rejections_moved=moved)

    def _cap_rejections(self, max_rows: int) -> None:
        with self._changed:
            files = list(self._files)
        places = [self._catalogue, *(self._reader.connection(file) for file in files)]
        try:
            gone = delete_above_cap(places, max_rows)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            log.error("collector.rejections_not_capped", error=str(error))
            return
        if not gone:
            return
        dropped = int(self._fact("rejections_dropped", "0")) + gone
        self._catalogue.execute(
            "UPDATE fact SET value = ? WHERE name = 'rejections_dropped'", (str(dropped),)
        )
        log.warning("collector.rejections_capped", deleted=gone, deleted_ever=dropped, cap=max_rows)

    @property
    def rejections_dropped(self) -> int:
        """Rejections deleted by the cap since the spool was made."""
        return int(self._fact("rejections_dropped", "0"))

    # --- opening and closing ------------------------------------------------------------------------------------

    def close(self) -> None:
        """Let go of everything; both threads must have ended."""
        self._drop_writer()
        self._memory.close()
        self._reader.close()
        self._catalogue.close()
        os.close(self._lock)

    def _fact(self, name: str, default: str) -> str:
        self._catalogue.execute("INSERT OR IGNORE INTO fact VALUES (?, ?)", (name, default))
        return str(self._catalogue.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()[0])
