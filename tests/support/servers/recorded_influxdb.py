"""A small server that gives the recorded answers of real InfluxDB servers: ``tests/cases/influxdb_answers.jsonl``.

Each line of that file is one exchange with 2.9.1 or 3.6.0 Core: version, case, method, path, request, status, headers,
body. What does not live here: what the store must make of an answer (the tests say it).
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

__all__ = ["RecordedAnswer", "RecordedServer", "recorded", "recorded_answers", "serving"]

ANSWERS_FILE = Path(__file__).parents[2] / "cases" / "influxdb_answers.jsonl"


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """One exchange."""

    version: str
    case: str
    method: str
    path: str
    request: str | None
    status: int
    headers: dict[str, str]
    body: str

    @property
    def address(self) -> str:
        """Path without its query."""
        return urlsplit(self.path).path


@cache
def recorded_answers() -> tuple[RecordedAnswer, ...]:
    """Return every exchange of the file."""
    lines = ANSWERS_FILE.read_text(encoding="utf-8").splitlines()
    return tuple(RecordedAnswer(**json.loads(line)) for line in lines)


def recorded(version: str, case: str) -> RecordedAnswer:
    """Return the exchange of a server (``2`` or ``3``) and a case."""
    return next(one for one in recorded_answers() if one.version.startswith(version) and one.case == case)


@dataclass(slots=True)
class RecordedServer:
    """A running server: answers by address with what is laid out, and keeps what it was asked."""

    url: str
    answers: dict[tuple[str, str], RecordedAnswer] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path with its query, and body of each request."""
    decide: Callable[[str, str, str], RecordedAnswer | None] = lambda _method, _path, _body: None
    """Asked first with method, path and body; None: what is laid out."""

    def give(self, version: str, *cases: str) -> None:
        """Lay out the answers of some cases; a later one replaces an earlier one of the same address."""
        for case in cases:
            answer = recorded(version, case)
            self.answers[answer.method, answer.address] = answer


@contextmanager
def serving() -> Iterator[RecordedServer]:
    """Run a server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are two writes: with Nagle's algorithm the second waits 40 ms for an acknowledgement.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            """Answer with what is laid out; anything else is 501, which no InfluxDB says."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            server.asked.append((self.command, self.path, body))
            address = urlsplit(self.path).path
            # We ask InfluxQL by POST, the recording did by GET: the servers answer both alike.
            answer = (
                server.decide(self.command, self.path, body)
                or server.answers.get((self.command, address))
                or server.answers.get(("GET", address))
            )
            status, out, headers = (
                (501, "", {}) if answer is None else (answer.status, answer.body, answer.headers)
            )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(out.encode())))
            self.end_headers()
            self.wfile.write(out.encode())

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server = RecordedServer(f"http://127.0.0.1:{http.server_address[1]}")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
