"""A client of event streams for tests: reads in a thread, keeps what came."""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

__all__ = ["EventStream", "StreamEvent"]


@dataclass(frozen=True)
class StreamEvent:
    """One event."""

    name: str
    sequence: int
    """-1 for events without an id."""
    data: dict[str, Any]


class EventStream:
    """An open stream; use as a context manager.

    Parameters
    ----------
    client : httpx.Client
        Who asks.
    topics : str
        Comma-separated.
    last_event_id : int, optional
        Resume after this frame.
    """

    def __init__(self, client: httpx.Client, topics: str, *, last_event_id: int | None = None) -> None:
        self._client = client
        self._topics = topics
        self._headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        self.events: list[StreamEvent] = []
        self.comments = 0
        self.headers: httpx.Headers | None = None
        self.ended = threading.Event()
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> "EventStream":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None and not self.ended.is_set():
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(20.0)

    def of(self, name: str) -> list[StreamEvent]:
        """Return the events of a name so far."""
        return [event for event in self.events if event.name == name]

    def _read(self) -> None:
        try:
            with self._client.stream(
                "GET", f"/api/v1/stream?topics={self._topics}", headers=self._headers, timeout=15
            ) as answer:
                self._socket = answer.extensions["network_stream"].get_extra_info("socket")
                self.headers = answer.headers
                self._take(answer)
        except httpx.HTTPError:
            return
        finally:
            self.ended.set()

    def _take(self, answer: httpx.Response) -> None:
        fields: dict[str, str] = {}
        for line in answer.iter_lines():
            if line.startswith(":"):
                self.comments += 1
            elif line:
                name, _, text = line.partition(": ")
                fields[name] = text
            elif "data" in fields:
                data = orjson.loads(fields["data"])
                self.events.append(StreamEvent(fields.get("event", ""), int(fields.get("id", -1)), data))
                fields = {}
