"""Promising an end on the page of an incident: what clerks and residents then read."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.support.dashboard_house import OWN_HOME, House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


def promise(house: House, **fields: str) -> httpx.Response:
    client, token = house.signed_in("dispatcher")
    return client.post("/incidents/i-a1/promise", data=fields, headers=token)


def test_a_promise_by_clock_time_of_the_site_reaches_clerk_and_resident(house: House) -> None:
    house.raise_alarm()
    assert promise(house, end="2026-12-01T15:30").status_code == 303
    kept = house.records.alarms.incident("i-a1")
    assert kept is not None and kept.estimated_end is not None
    assert kept.estimated_end.isoformat() == "2026-12-01T07:30:00+00:00"
    assert "预计 15:30 恢复" in house.client("resident").get("/my").text
    assert "预计 15:30 恢复" in house.client("hotline").get(f"/hotline/households/{OWN_HOME}").text
    house.clock.advance(4 * 3600.0)
    assert "原定 15:30 恢复" in house.client("resident").get("/my").text


def test_a_promise_can_be_changed_by_one_press_and_withdrawn(house: House) -> None:
    house.raise_alarm()
    promise(house, after_s="7200")
    kept = house.records.alarms.incident("i-a1")
    assert kept is not None and kept.estimated_end == house.clock.now() + timedelta(hours=2)
    promise(house, end="", withdraw="yes")
    kept = house.records.alarms.incident("i-a1")
    assert kept is not None and kept.estimated_end is None


def test_a_promise_in_the_past_or_far_away_is_refused_with_a_sentence(house: House) -> None:
    house.raise_alarm()
    client, token = house.signed_in("dispatcher")
    for end in ("2026-11-30T10:00", "2027-06-01T10:00", "soon", ""):
        answer = client.post("/incidents/i-a1/promise", data={"end": end}, headers=token)
        assert answer.status_code == 422, end
        assert "预计恢复时间要在现在之后" in answer.text


def test_only_dispatchers_are_offered_the_promise(house: House) -> None:
    house.raise_alarm()
    assert 'name="after_s"' in house.client("dispatcher").get("/incidents/i-a1").text
    assert 'name="after_s"' not in house.client("hotline").get("/incidents/i-a1").text
