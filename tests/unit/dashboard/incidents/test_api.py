"""Incidents over HTTP: the promised end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dashboard_house import House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        opened.warm_station()
        opened.raise_alarm()
        yield opened


def test_a_promised_end_is_kept_and_audited(house: House) -> None:
    client = house.client("dispatcher")
    answer = client.post("/api/v1/incidents/i-a1/promise", json={"estimated_end": "2026-12-01T08:00:00Z"})
    assert answer.json()["estimated_end"] == "2026-12-01T08:00:00Z"
    assert house.records.audit.entries(limit=1)[0].action == "incident.promised"
    assert client.post("/api/v1/incidents/i-a1/promise", json={"estimated_end": None}).status_code == 200
