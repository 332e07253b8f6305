"""Pacing of a recording: which messages go out together, and when."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

__all__ = ["RecordedMessage", "paced"]

CHUNK = 1000
"""Messages handed on at once when nothing is paced."""


@dataclass(frozen=True, slots=True)
class RecordedMessage:
    """One line of a recording."""

    topic: str
    payload: bytes
    at_ms: float | None = None
    """When it was sent [epoch ms]; None: together with the one before."""


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)


def paced(
    messages: Sequence[RecordedMessage], *, speed: float, wait: Callable[[float], None] = _wait
) -> Iterator[list[RecordedMessage]]:
    """Yield chunks of a recording, waiting between them as the recording did, `speed` times as fast.

    Parameters
    ----------
    speed : float
        Seconds of the recording in a real second; 0 does not wait at all.
    wait : callable
        Waits some seconds; replaced in tests.
    """
    chunk: list[RecordedMessage] = []
    clock_ms: float | None = None
    for message in messages:
        moved = speed > 0 and message.at_ms is not None and clock_ms is not None and message.at_ms > clock_ms
        if chunk and (moved or len(chunk) >= CHUNK):
            yield chunk
            chunk = []
        if moved and message.at_ms is not None and clock_ms is not None:
            wait((message.at_ms - clock_ms) / 1000.0 / speed)
        if message.at_ms is not None:
            clock_ms = message.at_ms if clock_ms is None else max(clock_ms, message.at_ms)
        chunk.append(message)
    if chunk:
        yield chunk
