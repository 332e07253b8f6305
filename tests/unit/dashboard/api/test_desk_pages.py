"""Pages over the real queries: promises, the alarm system, tickets below a station, and what is shown without data."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from dashboard.alarms.health import AlarmHealth, AlarmHealthView
from dashboard.web.security.viewer import Viewer
from heating.alarms import AlarmEvent, AlarmEventKind
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


def health_of(house: House) -> AlarmHealth:
    viewer = Viewer(username="x", roles=frozenset({"dispatcher"}), area_ids=frozenset({"xilinhot"}))
    return house.app.state.services[AlarmHealthView].health(viewer)  # type: ignore[no-any-return]


def test_the_alarm_system_counts_announcements_by_hour_callers_and_what_stands(house: House) -> None:
    house.raise_alarm("old")
    house.clock.advance(25 * 3600.0)
    house.raise_alarm("b1", rule_id="ST-02", incident=False)
    for n in (2, 3):
        clear = AlarmEvent(alarm_id=f"b{n - 1}", kind=AlarmEventKind.CLEARED, at=house.clock.now())
        known = AlarmEvent(
            alarm_id=f"b{n - 1}", kind=AlarmEventKind.ACKNOWLEDGED, at=house.clock.now(), by="x"
        )
        house.records.alarms.append_events([clear, known])
        house.clock.advance(1800.0)
        house.raise_alarm(f"b{n}", rule_id="ST-02", incident=False)
    house.raise_alarm("foreign", station_id="st-west", area_id="abag", incident=False)
    health = health_of(house)
    assert [hour.count for hour in health.hours][-2:] == [1, 2]
    assert (len(health.hours), health.announced, health.busiest_hour) == (24, 3, 2)
    assert [(caller.rule_id, caller.count) for caller in health.callers] == [("ST-02", 3)]
    assert [row.alarm_id for row in health.standing] == ["old"]
    assert health.complete


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
