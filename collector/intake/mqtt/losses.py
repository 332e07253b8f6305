"""`BrokerMemory`: what a collector remembers of its session over a restart, and the losses that follow from it.

A broker that forgot the session, or that threw messages away because a queue was full, says so only to who compares:
with what the session was before, and with its own counters. Not here: who tells people (the records, then DQ-16).
"""

import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from config.drafts import write_whole
from heating.clock import Clock
from heating.losses import LossKind, ReadingLoss

__all__ = ["DROPPED_TOPIC", "BrokerMemory"]

log = structlog.get_logger()
DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"
"""Where Mosquitto counts what it threw away since its start."""
_SAVE_EVERY_MS = 30_000


class _Remembered(msgspec.Struct):
    identity: str = ""
    had_session: bool = False
    alive_ms: int = 0
    dropped: int = -1
    closed_ms: int = 0
    """When a process ended in order; 0 while one listens, and after it was killed."""


class BrokerMemory:
    """Kept in a file beside the spool.

    Parameters
    ----------
    file : Path
        Made when a session is confirmed for the first time.
    identity : str
        Broker and client id: what was remembered of another session says nothing about this one.
    clock : Clock
        Dates what is remembered.
    """

    def __init__(self, file: Path, *, identity: str, clock: Clock) -> None:
        self._file, self._clock = file, clock
        self._kept = self._read(identity)
        self._saved_ms = self._kept.alive_ms
        self._lock = threading.Lock()
        self._fresh: list[ReadingLoss] = []
        self.losses = 0
        """Losses seen since the start."""
        self.lost_messages = 0
        """Messages in them, as far as they were counted."""
        self.last: ReadingLoss | None = None

    def left_to_wait_s(self, pause_s: float) -> float:
        """Return what is left of a pause after the last connection of a former process [s].

        A process that was killed may have listened until now; without a session nothing is left open.
        """
        if not self._kept.had_session:
            return 0.0
        since_s = (self._clock.now_ms() - self._kept.closed_ms) / 1000.0
        return min(pause_s, max(0.0, pause_s - since_s)) if self._kept.closed_ms else pause_s

    def connected(self, *, session_present: bool) -> None:
        """Note a connection; without the session that we had, what waited in it is lost."""
        if self._kept.had_session and not session_present:
            self._lose(LossKind.SESSION_LOST, 0)

    def confirmed(self) -> None:
        """Note that the broker keeps a session for us from now on."""
        self._kept.had_session, self._kept.closed_ms = True, 0
        self._note_life(save=True)

    def heard(self) -> None:
        """Note that messages came in; called for every read, so it writes now and then only."""
        self._note_life(save=False)

    def counted(self, payload: bytes) -> None:
        """Take the broker's counter of messages thrown away."""
        try:
            dropped = int(payload)
        except ValueError:
            return
        before = self._kept.dropped
        # A counter that is lower belongs to a broker that was started again: all it counts is new.
        lost = dropped - before if dropped >= before else dropped
        self._kept.dropped = dropped
        if before >= 0 and lost > 0:
            self._lose(LossKind.BROKER_DROPPED, lost)
        if lost or before < 0:
            self._note_life(save=True)

    def seen(self, losses: Sequence[ReadingLoss]) -> None:
        """Take losses that others found, in what came."""
        for loss in losses:
            self._note(loss)

    def take(self) -> list[ReadingLoss]:
        """Return losses that were not taken yet."""
        with self._lock:
            fresh, self._fresh = self._fresh, []
        return fresh

    def give_back(self, losses: list[ReadingLoss]) -> None:
        """Keep losses that could not be reported for the next try."""
        with self._lock:
            self._fresh = losses + self._fresh

    def close(self) -> None:
        """Write what is remembered."""
        if self._kept.had_session:
            self._kept.closed_ms = self._clock.now_ms()
            self._save()

    def _lose(self, kind: LossKind, number: int) -> None:
        now_ms = self._clock.now_ms()
        since_ms = min(self._kept.alive_ms or now_ms, now_ms)
        self._note(ReadingLoss(kind=kind, since_ms=since_ms, until_ms=now_ms, number=number))

    def _note(self, loss: ReadingLoss) -> None:
        with self._lock:
            self._fresh.append(loss)
            self.losses, self.lost_messages, self.last = (
                self.losses + 1,
                self.lost_messages + loss.number,
                loss,
            )
        log.error(
            "mqtt.readings_lost",
            kind=loss.kind.value,
            since_ms=loss.since_ms,
            until_ms=loss.until_ms,
            messages=loss.number,
        )

    def _note_life(self, *, save: bool) -> None:
        self._kept.alive_ms = self._clock.now_ms()
        if save or abs(self._kept.alive_ms - self._saved_ms) >= _SAVE_EVERY_MS:
            self._save()

    def _read(self, identity: str) -> _Remembered:
        try:
            kept = msgspec.json.decode(self._file.read_bytes(), type=_Remembered)
        except FileNotFoundError:
            return _Remembered(identity)
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("mqtt.session_file_unreadable", file=str(self._file), error=str(error))
            return _Remembered(identity)
        return kept if kept.identity == identity else _Remembered(identity)

    def _save(self) -> None:
        self._saved_ms = self._kept.alive_ms
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._file, msgspec.json.encode(self._kept).decode())
        except OSError as error:
            log.warning("mqtt.session_file_unwritable", error=str(error))
