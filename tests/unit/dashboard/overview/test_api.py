"""The overview: counts and ratios with their denominators, over the areas of the viewer only."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from heating.alarms import AlarmEvent, AlarmEventKind, Priority
from heating.quality import Quality
from tests.support.dashboard_house import House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


def test_the_pass_rate_names_its_denominator_and_leaves_out_stale_and_bad(house: House) -> None:
    house.room("jx-12-1-101", 18.0)
    house.room("jx-12-1-102", 17.9)
    house.room("jx-12-1-201", 25.0, age_s=7201.0)
    house.room("jx-12-1-202", 25.0, quality=Quality.BAD_SENSOR_FAULT)
    house.room("jx-12-3-102", 25.0)  # suspended by contract: neither warm nor cold
    rate = house.client("dispatcher").get("/api/v1/overview").json()["pass_rate"]
    heated = 3 * 17
    assert (rate["numerator"], rate["denominator"]) == (1, 2)
    assert (rate["total"], rate["excluded"]) == (heated, heated - 2)
    assert rate["pct"] == 50.0
    assert rate["interval_pct"][0] < 50.0 < rate["interval_pct"][1]


def test_without_data_the_overview_knows_nothing_and_says_so(house: House) -> None:
    overview = house.client("dispatcher").get("/api/v1/overview").json()
    assert overview["pass_rate"]["pct"] is None
    assert overview["heat_rate"]["value"] is None
    assert overview["outdoor"]["value"] is None
    assert overview["data_age_s"] is None
    assert overview["stations"] == {
        "numerator": 0,
        "denominator": 1,
        "total": 1,
        "excluded": 0,
        "pct": 0.0,
        "interval_pct": pytest.approx((0.0, 79.3), abs=0.1),
    }


def test_the_overview_counts_only_the_areas_of_the_viewer(house: House) -> None:
    house.warm_station()
    house.warm_station("st-west")
    house.raise_alarm()
    house.raise_alarm("a-west", station_id="st-west", area_id="abag")
    own = house.client("dispatcher").get("/api/v1/overview").json()
    whole = house.client("admin").get("/api/v1/overview").json()
    assert (own["stations"]["numerator"], whole["stations"]["numerator"]) == (1, 2)
    assert (own["open_alarms"]["P1"], whole["open_alarms"]["P1"]) == (1, 2)
    assert (own["heat_rate"]["value"], whole["heat_rate"]["value"]) == (12.5, 25.0)
    assert [area["area_id"] for area in own["areas"]] == ["xilinhot"]
    assert own["unacknowledged"] == 1
    assert [row["alarm_id"] for row in own["ticker"]] == ["a1"]


def test_figures_count_what_the_lists_show_announced_active_and_on_no_shelf(house: House) -> None:
    alarm = house.raise_alarm()
    silent = replace(alarm, alarm_id="a-silent", rule_id="ST-15", priority=Priority.P2)
    raised = AlarmEvent(alarm_id="a-silent", kind=AlarmEventKind.RAISED, at=house.clock.now(), opening=silent)
    house.records.alarms.append_events([raised])
    overview = house.client("dispatcher").get("/api/v1/overview").json()
    assert (overview["open_alarms"]["P1"], overview["open_alarms"]["P2"]) == (1, 0)
    assert overview["unacknowledged"] == 1
    house.client("dispatcher").post("/api/v1/alarms/a1/acknowledge")
    assert house.client("dispatcher").get("/api/v1/overview").json()["unacknowledged"] == 0
