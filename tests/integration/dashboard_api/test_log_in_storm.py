"""A storm of log-ins, and records that take no writes, keep nobody from the pages and end streams in time."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from dashboard.web.security.log_in_desk import LONGEST_QUEUE
from dashboard.web.security.passwords import PasswordVerifier
from tests.support.dashboard_house import PASSWORD, House, open_house
from tests.support.event_stream import EventStream
from tests.support.quick_hashing import quick_verifier
from tests.support.waiting import wait_until

STORM = 64
"""Log-ins at once, each from an address of its own."""
PROMPT_S = 4.0
"""What is not held up answers within this, also on a busy machine [s]."""


class HeldVerifier(PasswordVerifier):
    """Compares nothing before the gate opens."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self._inner = quick_verifier()

    def verify(self, password: str, stored_hash: str | None) -> bool:
        self.gate.wait(60)
        return self._inner.verify(password, stored_hash)


@contextmanager
def storm(house: House) -> Iterator[list["Future[httpx.Response]"]]:
    """Send the log-ins of a storm and give what becomes of them."""

    def log_in(number: int) -> httpx.Response:
        form = {"username": "wall", "password": PASSWORD}
        headers = {"x-forwarded-for": f"203.0.113.{number}"}
        return httpx.post(f"{house.url}/api/v1/login", json=form, headers=headers, timeout=60)

    with ThreadPoolExecutor(STORM) as pool:
        yield [pool.submit(log_in, number) for number in range(STORM)]


def refused(answers: list["Future[httpx.Response]"]) -> list[httpx.Response]:
    done = [answer.result() for answer in answers if answer.done()]
    return [answer for answer in done if answer.status_code == 503]


def prompt_answers(house: House, *, cookie: httpx.Client) -> None:
    """Ask for what must not wait."""
    for path in ("/healthz", "/readyz", "/metrics", "/login"):
        assert httpx.get(house.url + path, timeout=PROMPT_S).status_code == 200, path
    for path in ("/api/v1/me", "/stations"):
        assert cookie.get(path, timeout=PROMPT_S).status_code == 200, path


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[House, HeldVerifier]]:
    verifier = HeldVerifier()
    with open_house(tmp_path, web={"trusted_proxies": ["127.0.0.1"]}, verifier=verifier) as house:
        house.warm_station()
        yield house, verifier
        verifier.gate.set()


def test_log_ins_that_wait_for_the_hash_hold_up_nobody_else(held: tuple[House, HeldVerifier]) -> None:
    house, verifier = held
    verifier.gate.set()
    person, _ = house.signed_in("hotline")
    shut_out, _ = house.signed_in("dispatcher")
    verifier.gate.clear()
    with storm(house) as answers, EventStream(shut_out, "snapshot") as stream:
        wait_until(lambda: len(refused(answers)) >= STORM - LONGEST_QUEUE, 30, what="the rest is refused")
        assert {answer.headers["retry-after"] for answer in refused(answers)} == {"5"}
        wait_until(lambda: stream.of("snapshot"), 10)
        prompt_answers(house, cookie=person)
        house.records.people.set_disabled("dispatcher", True)
        began_s = time.monotonic()
        wait_until(stream.ended.is_set, 10)
        assert time.monotonic() - began_s < 5.0
        verifier.gate.set()
    served = [answer.result().status_code for answer in answers].count(200)
    assert served >= LONGEST_QUEUE


def test_records_that_take_no_writes_hold_up_no_page(
    held: tuple[House, HeldVerifier], tmp_path: Path
) -> None:
    house, verifier = held
    verifier.gate.set()
    person, _ = house.signed_in("hotline")
    with closing(sqlite3.connect(tmp_path / "records.sqlite3", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with storm(house) as answers:
            wait_until(lambda: len(refused(answers)) >= STORM - LONGEST_QUEUE, 30, what="the rest is refused")
            prompt_answers(house, cookie=person)
            writer.execute("ROLLBACK")
