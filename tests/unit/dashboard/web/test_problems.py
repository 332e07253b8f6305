"""What an answer says when something that it needs is away: what is true, not the phrase of the status."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from dashboard.web.problems import install_problem_handlers
from heating.errors import HeatingError
from storage.readings.errors import StoreUnavailableError
from storage.records.database import RecordsUnavailableError


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (StoreUnavailableError("10.0.0.7 does not answer"), "The store of readings does not answer."),
        (RecordsUnavailableError("no route"), "A database that this needs does not answer."),
    ],
)
def test_a_store_that_is_away_is_not_called_a_high_load(error: HeatingError, says: str) -> None:
    app = FastAPI()
    install_problem_handlers(app)

    @app.get("/api/v1/thing")
    def thing() -> None:
        raise error

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as client:
            return await client.get("/api/v1/thing")

    answer = asyncio.run(asked())
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.json()["detail"].startswith(says)
    assert "load" not in answer.text and str(error) not in answer.text
