"""Pages over the real views: tickets below a station, lines of the day, and what is shown without data."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from heating.points import Measurement
from tests.support.dashboard_house import OWN_HOME, House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def silent_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house in which nothing was ever received; its tests only read."""
    with open_house(tmp_path_factory.mktemp("silent")) as opened:
        yield opened


EMPTY = [
    ("/overview", "dispatcher", "没有可比较的换热站"),
    ("/overview", "wall", "还没有播报过的告警"),
    ("/overview", "regulator", "没有可用的室温数据"),
    ("/stations", "dispatcher", "从未上报"),
    ("/stations/st-east", "dispatcher", "这座站没有数据上报"),
    ("/alarms", "dispatcher", "没有未确认的告警"),
    ("/alarms/health", "dispatcher", "没有反复出现的告警"),
    ("/incidents", "dispatcher", "没有进行中的事件"),
    ("/hotline", "hotline", "还没有选择住户"),
    ("/tickets", "hotline", "没有工单"),
    ("/my", "resident", "没有收到数据"),
]


@pytest.mark.parametrize(("path", "role", "said"), EMPTY)
def test_without_any_data_a_page_says_so_and_shows_no_zero_degrees(
    silent_house: House, path: str, role: str, said: str
) -> None:
    answer = silent_house.client(role).get(path)
    assert answer.status_code == 200
    assert said in answer.text
    assert '>0.0</span><span class="unit">°C' not in answer.text


def test_a_clerk_sees_the_tickets_of_the_homes_below_a_station_and_the_wall_does_not(house: House) -> None:
    house.client("resident").post("/api/v1/my/tickets", json={})
    shown = house.client("dispatcher").get("/stations/st-east").text
    assert "下游住户的未办结工单" in shown and f"/hotline/households/{OWN_HOME}" in shown
    hidden = house.client("wall").get("/stations/st-east").text
    assert "下游住户的未办结工单" not in hidden and OWN_HOME not in hidden


def test_the_line_of_the_last_day_is_read_once_and_only_for_stations_in_sight(house: House) -> None:
    end_ms = house.clock.now_ms()
    rows = [(end_ms - hour * 3_600_000, 50.0) for hour in range(10, 0, -1)]
    house.series.put(Measurement.STATION, "st-east", "secondary_supply_temp_c", rows)
    client = house.client("dispatcher")
    drawn = client.get("/stations/sparks?ids=st-east,st-west").json()
    assert set(drawn) == {"st-east"}
    assert drawn["st-east"].count("M") == 10
    assert 'class="day-spark"' in client.get("/stations").text
