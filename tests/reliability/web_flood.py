"""A flood of the web server: idle and half-sent connections, slow readers, huge bodies, log-in storms.

``python -m tests.reliability.web_flood [SECONDS]`` floods a demo of its own for 5 min and prints what a person at the
pages, the collector and the process's memory saw of it; the gate runs a short version. Strangers come from addresses of
127.0.1.0/24, the person from 127.0.0.1. What lives here: attackers and measuring. What does not: what a single attack
must be answered (tests/unit/runtime, tests/integration/dashboard_api).
"""

import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil

from tests.end_to_end.product.product_process import Nuanliu

__all__ = ["FULL", "Flood", "FloodReport", "flood_a_demo"]

STRANGERS = 200
"""Addresses that strangers come from."""
SETTLE_S = 3.0
"""After the flood, before memory is read a last time [s]."""
BIG_FILE = "/api/openapi.json"
PAGE = "/stations"
TAKEN = "nuanliu_collector_accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """How much of each attack goes on at once."""

    seconds: float
    idle: int
    half_sent: int
    slow_readers: int
    big_bodies: int
    log_ins: int

    def scaled(self, *, seconds: float, share: float) -> "Flood":
        """Return a smaller flood."""
        names = ("idle", "half_sent", "slow_readers", "big_bodies", "log_ins")
        return Flood(seconds=seconds, **{name: max(1, round(getattr(self, name) * share)) for name in names})


FULL = Flood(seconds=300.0, idle=1_600, half_sent=400, slow_readers=200, big_bodies=4, log_ins=160)
"""What the product promises to stand."""


@dataclass(slots=True)
class FloodReport:
    """What was seen."""

    pages_s: list[float] = field(default_factory=list)
    """How long each page took [s]."""
    failed_pages: list[str] = field(default_factory=list)
    accepted: float = 0.0
    """Messages that the collector took during the flood."""
    grown_mb: float = 0.0
    """Largest growth of the process's memory [MB]."""
    attacks: dict[str, int] = field(default_factory=dict)
    """How often each attack was begun."""
    alive: bool = False
    parts: Mapping[str, float] = field(default_factory=dict)

    def percentile_s(self, share: float) -> float:
        """Return a percentile of the pages' times [s]."""
        ordered = sorted(self.pages_s)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def __str__(self) -> str:
        return json.dumps(
            {
                "pages": len(self.pages_s),
                "failed_pages": len(self.failed_pages),
                "page_p50_s": round(self.percentile_s(0.5), 3),
                "page_p99_s": round(self.percentile_s(0.99), 3),
                "page_max_s": round(max(self.pages_s), 3),
                "messages_taken": self.accepted,
                "memory_grown_mb": round(self.grown_mb, 1),
                "attacks": self.attacks,
                "alive": self.alive,
                **self.parts,
            }
        )


class _Attackers:
    """Strangers who begin again whenever they are cut off."""

    def __init__(self, url: str, flood: Flood, cookie: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self._flood, self._cookie = flood, cookie
        self._number = 0
        self.begun: dict[str, int] = {}

    def tasks(self) -> list[asyncio.Task[None]]:
        flood = self._flood
        kinds: list[tuple[str, int, Callable[[], Awaitable[None]]]] = [
            ("idle", flood.idle, self._idle),
            ("half_sent", flood.half_sent, self._half_sent),
            ("slow_readers", flood.slow_readers, self._slow_reader),
            ("big_bodies", flood.big_bodies, self._big_body),
            ("log_ins", flood.log_ins, self._log_in),
        ]
        return [
            asyncio.create_task(self._again_and_again(name, attack))
            for name, number, attack in kinds
            for _ in range(number)
        ]

    async def _again_and_again(self, name: str, attack: Callable[[], Awaitable[None]]) -> None:
        while True:
            self.begun[name] = self.begun.get(name, 0) + 1
            with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                await attack()
            await asyncio.sleep(1.0)

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._number += 1
        stranger = f"127.0.1.{1 + self._number % STRANGERS}"
        opening = asyncio.open_connection(self._host, self._port, local_addr=(stranger, 0), limit=1024)
        return await asyncio.wait_for(opening, 10)

    async def _idle(self) -> None:
        reader, writer = await self._open()
        try:
            await reader.read(1)
        finally:
            writer.close()

    async def _half_sent(self) -> None:
        reader, writer = await self._open()
        try:
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            while not reader.at_eof():
                writer.write(b"a")
                await writer.drain()
                with suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(1), 1.0)
        finally:
            writer.close()

    async def _slow_reader(self) -> None:
        reader, writer = await self._open()
        path = f"/api/v1/stream?topics=snapshot,alarms HTTP/1.1\r\nCookie: {self._cookie}"
        if self._number % 2:
            path = f"{BIG_FILE} HTTP/1.1"
        try:
            # Many requests at once, and answers read a byte at a time: far less than the line would carry.
            writer.write(f"GET {path}\r\nHost: x\r\n\r\n".encode() * 50)
            while await reader.read(1):
                await asyncio.sleep(1.0)
        finally:
            writer.close()

    async def _big_body(self) -> None:
        _reader, writer = await self._open()
        try:
            head = "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            chunked = bool(self._number % 2)
            size = "Transfer-Encoding: chunked" if chunked else "Content-Length: 50000000"
            writer.write(f"{head}{size}\r\n\r\n".encode())
            piece = b"x" * 50_000
            for _ in range(1_000):
                writer.write(b"c350\r\n" + piece + b"\r\n" if chunked else piece)
                await writer.drain()
        finally:
            writer.close()

    async def _log_in(self) -> None:
        reader, writer = await self._open()
        try:
            body = json.dumps({"username": f"nobody-{self._number}", "password": "a wrong password"})
            writer.write(
                f"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            await asyncio.wait_for(reader.read(-1), 60)
        finally:
            writer.close()


async def _person(url: str, cookies: httpx.Cookies, report: FloodReport, until_s: float) -> None:
    async with httpx.AsyncClient(base_url=url, cookies=cookies, timeout=20) as client:
        while (begin_s := time.monotonic()) < until_s:
            try:
                answer = await client.get(PAGE)
                if answer.status_code != 200:
                    report.failed_pages.append(str(answer.status_code))
            except httpx.HTTPError as error:
                report.failed_pages.append(repr(error))
            report.pages_s.append(time.monotonic() - begin_s)
            await asyncio.sleep(0.1)


async def _memory(pid: int, report: FloodReport, until_s: float) -> None:
    process = psutil.Process(pid)
    before = process.memory_info().rss
    while time.monotonic() < until_s + SETTLE_S:
        await asyncio.sleep(0.5)
        report.grown_mb = max(report.grown_mb, (process.memory_info().rss - before) / 1e6)


def figures_of(url: str) -> dict[str, float]:
    """Return the figures of /metrics that have no label."""
    lines = httpx.get(f"{url}/metrics", timeout=30).text.splitlines()
    pairs = (line.split(" ") for line in lines if line and not line.startswith("#") and "{" not in line)
    return {name: float(value) for name, value in pairs}


async def flood(url: str, *, pid: int, what: Flood, username: str, password: str) -> FloodReport:
    """Flood a running product; return what a signed-in person, the collector and the memory saw."""
    report = FloodReport()
    with httpx.Client(base_url=url, timeout=30) as client:
        client.post("/api/v1/login", json={"username": username, "password": password}).raise_for_status()
        for _ in range(20):
            client.get(PAGE).raise_for_status()  # what is made once is made before the memory is read
        cookies = client.cookies
    before = figures_of(url)
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    attackers = _Attackers(url, what, cookie)
    until_s = time.monotonic() + what.seconds
    tasks = attackers.tasks()
    watch = asyncio.create_task(_memory(pid, report, until_s))
    await _person(url, cookies, report, until_s)
    pending = set(tasks)
    while pending:  # once is not enough: `wait_for` of Python 3.11 loses a cancellation that meets its result
        for task in pending:
            task.cancel()
        _done, pending = await asyncio.wait(pending, timeout=1.0)
    await watch
    after = figures_of(url)
    report.attacks = attackers.begun
    report.accepted = after[TAKEN] - before[TAKEN]
    report.parts = {name: value for name, value in after.items() if "connections_" in name}
    return report


def flood_a_demo(
    folder: Path, what: Flood, *, files: int | None = None, scenario: str = "smoke"
) -> FloodReport:
    """Start a demo, flood it, end it.

    Parameters
    ----------
    files : int, optional
        How many files the demo may open; as many as this process may by default.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    try:
        demo = Nuanliu(
            [
                *("demo", "--scenario", scenario, "--history-days", "0", "--data", str(folder / "data")),
                *("--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"),
            ],
            log_path=folder / "demo.log",
        )
        if files is not None:
            resource.prlimit(demo.process.pid, resource.RLIMIT_NOFILE, (files, files))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        ready = demo.ready(timeout_s=180)
        logins = json.loads((folder / "data" / "demo-logins.json").read_text())
        who = next(login for login in logins if login["role"] == "dispatcher")
        pid = demo.process.pid
        names = {"username": who["username"], "password": who["password"]}
        report = asyncio.run(flood(ready["http"], pid=pid, what=what, **names))
        report.alive = demo.process.poll() is None
        return report
    finally:
        demo.end()


if __name__ == "__main__":
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else FULL.seconds
    with tempfile.TemporaryDirectory(prefix="nuanliu-flood-") as data:
        print(flood_a_demo(Path(data), FULL.scaled(seconds=seconds, share=1.0)))
