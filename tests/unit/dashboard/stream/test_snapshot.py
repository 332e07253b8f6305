"""The snapshot that a page starts from."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from heating.points import Measurement
from tests.support.dashboard_house import House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


def test_the_snapshot_has_every_station_as_columns_with_flags(house: House) -> None:
    house.warm_station()
    house.clock.advance(timedelta(seconds=100))
    at_ms = house.clock.now_ms()
    house.live.put(Measurement.STATION, "st-east", at_ms, secondary_supply_temp_c=49.1234)
    house.clock.advance(timedelta(seconds=30))
    shown = house.client("admin").get("/api/v1/snapshot").json()["stations"]
    assert shown["ids"] == ["st-east", "st-west"]
    assert shown["state"] == ["online", "never"]
    assert shown["values"]["secondary_supply_temp_c"] == [49.123, None]
    assert shown["flags"]["secondary_supply_temp_c"] == "03"
    assert shown["flags"]["secondary_return_temp_c"] == "13"
    assert shown["age_s"] == [30.0, None]


def test_large_answers_are_compressed(house: House) -> None:
    answer = house.client("admin").get("/api/v1/stations", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
