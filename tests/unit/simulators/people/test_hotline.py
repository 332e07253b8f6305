"""Calls reach the product as tickets, or a file; what cannot be taken is counted, and causes never leave."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from simulators.people import hotline
from simulators.people.call_words import Call, CallTopic
from simulators.people.hotline import CallFile, HotlineApi
from tests.support.waiting import wait_until

CALL = Call(
    "h-000001", datetime(2026, 1, 15, 4, 30, 5, tzinfo=UTC), CallTopic.NO_HEAT, "家里不热", "No heat at home"
)


class Product:
    """Stands for the product: keeps requests, answers with the given statuses and then 201."""

    def __init__(self, *statuses: int) -> None:
        self.requests: list[httpx.Request] = []
        self._statuses = list(statuses)

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url="http://product.test",
            headers={"Authorization": "Bearer secret"},
            transport=httpx.MockTransport(self._answer),
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status = self._statuses.pop(0) if self._statuses else 201
        if status == 0:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(status, json={})


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hotline, "_PAUSE_S", 0.001)


def test_a_call_becomes_a_ticket_with_what_the_clerk_heard() -> None:
    product = Product()
    desk = HotlineApi("http://product.test", "secret", client=product.client())
    desk.take([CALL])
    desk.close()
    (request,) = product.requests
    assert (request.method, request.url.path) == ("POST", "/api/v1/tickets")
    assert request.headers["Authorization"] == "Bearer secret"
    assert json.loads(request.content) == {
        "household_id": "h-000001",
        "category": "no_heat",
        "description": "家里不热",
    }
    assert (desk.posted, desk.failed) == (1, 0)


@pytest.mark.parametrize("trouble", [0, 503, 429])
def test_a_call_is_offered_again_when_the_product_is_busy(trouble: int) -> None:
    product = Product(trouble)
    desk = HotlineApi("http://product.test", "secret", client=product.client())
    desk.take([CALL, CALL])
    desk.close()
    assert (desk.posted, desk.failed, len(product.requests)) == (2, 0, 3)


@pytest.mark.parametrize(("statuses", "tries"), [((404,), 1), ((503, 503, 503), 3)])
def test_a_call_that_is_refused_is_counted_and_logged(statuses: tuple[int, ...], tries: int) -> None:
    product = Product(*statuses)
    with capture_logs() as logs:
        desk = HotlineApi("http://product.test", "secret", client=product.client())
        desk.take([CALL])
        wait_until(lambda: desk.failed == 1, timeout_s=5.0)
        desk.close()
    assert len(product.requests) == tries and desk.posted == 0
    assert [entry["event"] for entry in logs] == ["hotline.call_not_taken"]


def test_a_file_of_calls_can_be_read_again(tmp_path: Path) -> None:
    desk = CallFile(tmp_path / "hotline" / "calls.csv")
    desk.take([CALL])
    desk.close()
    with (tmp_path / "hotline" / "calls.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [
        {
            "moment": "2026-01-15T04:30:05Z",
            "household_id": "h-000001",
            "category": "no_heat",
            "description": "家里不热",
            "description_en": "No heat at home",
        }
    ]
