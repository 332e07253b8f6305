"""Notices are delivered, retried with jitter, given up visibly; webhooks are signed and kept off private addresses."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from random import Random
from typing import ClassVar

import pytest
from pydantic import SecretStr

from alerting.notifications.dispatcher import OutboxDispatcher, retry_delay
from alerting.notifications.rendering import notice_text
from alerting.notifications.webhook.channel import WebhookChannel, is_public_address
from config.rules.reading import load_rules
from config.settings.tree import RulesSettings, WebhookSettings
from heating.protocols import Delivery, OutboxMessage
from tests.support.fake_records import FakeRecords

NOW = datetime(2026, 1, 10, tzinfo=UTC)
RULES = load_rules(RulesSettings())
BODY = {"reason": "raised", "rule_id": "ST-01", "priority": "P1", "subject_name": "1号站", "parameters": {}}
MESSAGE = OutboxMessage(channel="hook", key="hook:1", due_at=NOW, body=BODY)


class Receiver(BaseHTTPRequestHandler):
    status: ClassVar[int] = 200
    seen: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Receiver.seen.append((dict(self.headers), body))
        self.send_response(Receiver.status)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    Receiver.status, Receiver.seen = 200, []
    yield server.server_port
    server.shutdown()
    thread.join(5)
    server.server_close()


def deliver(url: str, *, allow_private: bool = False, address: str = "127.0.0.1") -> Delivery:
    settings = WebhookSettings(name="hook", url=url, secret=SecretStr("s3"), allow_private=allow_private)
    channel = WebhookChannel(settings, rules=RULES, resolver=lambda host, port: [address])
    try:
        return channel.deliver(MESSAGE)
    finally:
        channel.close()


def test_a_webhook_is_signed_and_carries_code_parameters_and_text(port: int) -> None:
    assert deliver(f"http://gateway.example:{port}/in", allow_private=True).ok
    ((headers, body),) = Receiver.seen
    stamp, signature = headers["X-Nuanliu-Signature"].split(",")
    expected = hmac.new(b"s3", stamp[2:].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert signature == f"v1={expected}"
    assert headers["Host"] == f"gateway.example:{port}"
    assert headers["Idempotency-Key"] == "hook:1"
    content = json.loads(body)
    assert (content["rule_id"], content["text"]) == (
        "ST-01",
        "[P1] 报警 1号站 站内掉电：市电中断，全部水泵停运",
    )


def test_a_private_target_is_refused_before_anything_is_sent(port: int) -> None:
    delivery = deliver(f"http://gateway.example:{port}/in")
    assert (delivery.ok, delivery.retryable) == (False, False)
    assert Receiver.seen == []


@pytest.mark.parametrize(
    ("status", "retryable"), [(500, True), (429, True), (404, False), (302, False), (503, True)]
)
def test_only_passing_faults_are_tried_again_and_redirects_are_not_followed(
    port: int, status: int, retryable: bool
) -> None:
    Receiver.status = status
    delivery = deliver(f"http://gateway.example:{port}/in", allow_private=True)
    assert (delivery.ok, delivery.retryable, len(Receiver.seen)) == (False, retryable, 1)


def test_a_closed_port_is_tried_again() -> None:
    delivery = deliver("http://gateway.example:9/", allow_private=True)
    assert (delivery.ok, delivery.retryable) == (False, True)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "224.0.0.1",
        "2002:7f00:1::",
    ],
)
def test_addresses_inside_are_no_public_addresses(address: str) -> None:
    assert not is_public_address(address)


def test_addresses_outside_are_public_addresses() -> None:
    assert is_public_address("8.8.8.8")
    assert is_public_address("2001:4860:4860::8888")


class Stubborn:
    def __init__(self, name: str, *, retryable: bool = True) -> None:
        self.name, self.tries, self.retryable = name, 0, retryable

    def deliver(self, message: OutboxMessage) -> Delivery:
        self.tries += 1
        return Delivery(ok=False, retryable=self.retryable, reason="away")

    def close(self) -> None:
        self.tries = 0


def test_a_notice_comes_again_later_and_is_given_up_visibly_in_the_end() -> None:
    records, channel = FakeRecords(), Stubborn("hook")
    records.append_events([], outbox=[MESSAGE])
    dispatcher = OutboxDispatcher(outbox=records, channels=[channel], random=Random(1))
    assert dispatcher.dispatch(now=NOW).retried == 1
    assert dispatcher.dispatch(now=NOW).retried == 0
    now = NOW
    for _ in range(20):
        now += timedelta(minutes=16)
        dispatcher.dispatch(now=now)
    assert channel.tries == 12
    assert records.dead == {1: "away"}


def test_a_notice_for_a_channel_that_is_gone_is_dead_at_once() -> None:
    records = FakeRecords()
    records.append_events([], outbox=[MESSAGE])
    assert OutboxDispatcher(outbox=records, channels=[]).dispatch(now=NOW).dead == 1


def test_waits_grow_and_are_jittered() -> None:
    waits = [retry_delay(n, Random(n)).total_seconds() for n in range(12)]
    assert all(2.5 * 2 ** min(n, 7) <= wait <= 900 for n, wait in enumerate(waits))
    assert retry_delay(3, Random(1)) != retry_delay(3, Random(2))


def test_many_homes_are_told_as_a_number() -> None:
    body = {**BODY, "rule_id": "HB-03", "count": 40}
    assert notice_text(body, RULES, "zh_CN").endswith("危险低温，共 40 户")
    assert notice_text(body, RULES, "en").endswith("Dangerously cold home: 40 homes")
