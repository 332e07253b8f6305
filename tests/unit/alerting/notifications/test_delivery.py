"""Notices are delivered, retried with jitter, given up visibly; webhooks are signed and kept off private addresses."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from random import Random
from typing import ClassVar

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from alerting.notifications.console.channel import ConsoleChannel
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
    assert (content["key"], content["rule_id"], content["text"]) == (
        "hook:1",
        "ST-01",
        "[P1] 报警 1号站 站内掉电：市电中断，全部水泵停运",
    )


def test_a_private_target_is_refused_before_anything_is_sent(port: int) -> None:
    delivery = deliver(f"http://gateway.example:{port}/in")
    assert (delivery.ok, delivery.retryable) == (False, False)
    assert Receiver.seen == []


@pytest.mark.parametrize(
    ("status", "retryable"),
    [
        (500, True),
        (503, True),
        (408, True),
        (425, True),
        (429, True),
        (400, False),
        (404, False),
        (409, False),
        (302, False),
    ],
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
        "::10.0.0.1",
        "64:ff9b::192.168.1.1",
        "64:ff9b:1::8.8.8.8",
        "192.88.99.1",
        "fec0::1",
    ],
)
def test_addresses_inside_are_no_public_addresses(address: str) -> None:
    assert not is_public_address(address)


def test_addresses_outside_are_public_addresses() -> None:
    assert is_public_address("8.8.8.8")
    assert is_public_address("2001:4860:4860::8888")
    assert is_public_address("64:ff9b::8.8.8.8")


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
    assert records.dead == {1: "no channel 'hook' in the settings"}
    assert OutboxDispatcher(outbox=records, channels=[]).dispatch(now=NOW + timedelta(days=1)).dead == 0


def test_waits_grow_and_are_jittered() -> None:
    whole_s = [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]
    for tries, whole in enumerate(whole_s):
        waits = [retry_delay(tries, Random(seed)).total_seconds() for seed in range(200)]
        assert whole / 2 <= min(waits) < 0.52 * whole and 0.98 * whole < max(waits) <= whole
    assert retry_delay(100_000, Random(1)).total_seconds() <= 900
    assert retry_delay(3, Random(1)) != retry_delay(3, Random(2))


def test_many_homes_are_told_as_a_number() -> None:
    body = {**BODY, "rule_id": "HB-03", "count": 40}
    assert notice_text(body, RULES, "zh_CN").endswith("危险低温，共 40 户")
    assert notice_text(body, RULES, "en").endswith("Dangerously cold home: 40 homes")


def test_what_will_never_be_delivered_is_given_up_at_once() -> None:
    records, channel = FakeRecords(), Stubborn("hook", retryable=False)
    records.append_events([], outbox=[MESSAGE])
    dispatcher = OutboxDispatcher(outbox=records, channels=[channel])
    assert dispatcher.dispatch(now=NOW).dead == 1
    assert dispatcher.dispatch(now=NOW + timedelta(days=1)).dead == 0
    assert channel.tries == 1


def test_what_was_delivered_is_not_delivered_again_and_channels_are_closed_in_the_end() -> None:
    class Listener(Stubborn):
        def deliver(self, message: OutboxMessage) -> Delivery:
            self.tries += 1
            return Delivery(ok=True)

    records, channel = FakeRecords(), Listener("hook")
    records.append_events([], outbox=[MESSAGE])
    dispatcher = OutboxDispatcher(outbox=records, channels=[channel])
    assert dispatcher.dispatch(now=NOW).delivered == 1
    assert dispatcher.dispatch(now=NOW + timedelta(days=1)).delivered == 0
    assert channel.tries == 1
    dispatcher.close()
    assert channel.tries == 0


def test_at_most_a_hundred_notices_are_tried_at_a_time_and_the_rest_the_next_time() -> None:
    records = FakeRecords()
    records.append_events([], outbox=[replace(MESSAGE, key=f"hook:{n}") for n in range(101)])
    dispatcher = OutboxDispatcher(outbox=records, channels=[Stubborn("hook", retryable=False)])
    assert [dispatcher.dispatch(now=NOW).dead for _ in range(3)] == [100, 1, 0]


@pytest.mark.parametrize("url", ["ftp://gateway.example/in", "file:///etc/passwd", "http:///in"])
def test_an_address_that_is_not_of_the_web_is_given_up_before_it_is_looked_up(url: str) -> None:
    delivery = deliver(url, allow_private=True)
    assert (delivery.ok, delivery.retryable, delivery.reason) == (
        False,
        False,
        "the address is not http or https",
    )


@pytest.mark.parametrize(
    ("url", "port"),
    [("http://a.example/", 80), ("https://a.example/", 443), ("https://a.example:8443/", 8443)],
)
def test_a_host_is_looked_up_for_the_port_of_its_address_and_a_failed_look_up_is_tried_again(
    url: str, port: int
) -> None:
    asked: list[tuple[str, int]] = []

    def away(host: str, port: int) -> list[str]:
        asked.append((host, port))
        raise OSError("no such name")

    channel = WebhookChannel(WebhookSettings(name="hook", url=url), rules=RULES, resolver=away)
    assert channel.name == "hook"
    delivery = channel.deliver(MESSAGE)
    channel.close()
    assert asked == [("a.example", port)]
    assert (delivery.ok, delivery.retryable) == (False, True)
    assert delivery.reason == "a.example: no such name"


def test_a_host_without_an_address_and_one_with_a_private_address_among_others_are_refused() -> None:
    for addresses in ([], ["8.8.8.8", "10.0.0.1"]):
        settings = WebhookSettings(name="hook", url="http://a.example/")
        channel = WebhookChannel(settings, rules=RULES, resolver=lambda host, port, found=addresses: found)
        delivery = channel.deliver(MESSAGE)
        channel.close()
        assert (delivery.ok, delivery.retryable) == (False, False)


def test_the_console_writes_a_line_and_has_always_delivered() -> None:
    with capture_logs() as lines:
        channel = ConsoleChannel(rules=RULES)
        assert channel.name == "console"
        assert channel.deliver(MESSAGE) == Delivery(ok=True)
        channel.close()
    assert [(line["event"], line["text"], line["rule"]) for line in lines] == [
        ("alerting.announced", "[P1] 报警 1号站 站内掉电：市电中断，全部水泵停运", "ST-01")
    ]
