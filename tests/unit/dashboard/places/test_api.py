"""Buildings and communities: what is measured and what is not, and aggregates for the regulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from heating.quality import Quality
from tests.support.dashboard_house import House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


def test_the_regulator_reads_aggregates_of_five_homes_or_more(house: House) -> None:
    for door in ("101", "102", "201", "202"):
        house.room(f"jx-12-1-{door}", 20.0)
    regulator, clerk = house.client("regulator"), house.client("hotline")
    path = "/api/v1/communities/jinxiu"
    assert regulator.get(path).json()["median_c"] is None
    assert regulator.get(path).json()["pass_rate"]["pct"] is None
    assert clerk.get(path).json()["median_c"] == 20.0
    house.room("jx-12-1-301", 21.0)
    shown = regulator.get(path).json()
    assert shown["median_c"] == 20.0
    assert shown["buildings"] == []
    overview = regulator.get("/api/v1/overview").json()
    assert overview["worst"] == []
    assert overview["ticker"] == []


def test_the_facade_tells_apart_measured_stale_bad_suspended(house: House) -> None:
    house.room("jx-12-1-101", 19.0)
    house.room("jx-12-1-102", 18.5, age_s=9000.0)
    house.room("jx-12-1-201", 70.0, quality=Quality.BAD_RANGE)
    shown = house.client("dispatcher").get("/api/v1/buildings/jx-12/facade").json()
    cells = {(cell["unit"], cell["room"]): cell for cell in shown["cells"]}
    states = {
        key: cells[key]["state"] for key in ((1, "101"), (1, "102"), (1, "201"), (1, "202"), (3, "102"))
    }
    assert list(states.values()) == ["measured", "stale", "bad", "stale", "suspended"]
    assert cells[1, "101"]["temperature_c"] == 19.0
    assert cells[1, "201"]["temperature_c"] is None
    assert shown["coverage"]["pct"] == 100.0
    assert shown["cells"][0]["floor"] == 3
    assert shown["median_c"] == 19.0
