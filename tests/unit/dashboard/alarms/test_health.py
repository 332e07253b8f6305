"""How well the alarm system does: what is counted, and over which areas."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.alarms.health import AlarmHealth, AlarmHealthView
from dashboard.web.security.viewer import Viewer
from heating.alarms import AlarmEvent, AlarmEventKind
from tests.support.dashboard_house import House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


def health_of(house: House) -> AlarmHealth:
    viewer = Viewer(username="x", roles=frozenset({"dispatcher"}), area_ids=frozenset({"xilinhot"}))
    return house.app.state.services[AlarmHealthView].health(viewer)  # type: ignore[no-any-return]


def test_the_alarm_system_counts_announcements_by_hour_frequent_and_standing_alarms(house: House) -> None:
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
    assert [(one.rule_id, one.count) for one in health.frequent] == [("ST-02", 3)]
    assert [row.alarm_id for row in health.standing] == ["old"]
    assert health.complete
