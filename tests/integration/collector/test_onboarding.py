"""From an unknown device to the series of a home, on a real broker, DuckDB and SQLite; and times that are not now."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from collector.intake.mqtt.publisher import publish_all
from config.settings.tree import Settings
from heating.clock import SystemClock
from heating.intervals import Interval, to_epoch_ms
from heating.points import Measurement
from heating.protocols import HealthStatus
from heating.samples import ObjectRef
from runtime.assemble import open_house
from runtime.house import House
from runtime.rooms import EVERY_ROOM
from storage.records.records import open_records
from tests.support.servers.nats import NatsBroker
from tests.support.small_town import small_town, small_town_contacts
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow
HOME = "jx-12-3-301"


@pytest.fixture
def house(tmp_path: Path, nats_broker: NatsBroker) -> Iterator[House]:
    """A collector with its stores, running."""
    settings = Settings.model_validate(
        {
            "mqtt": {
                "port": nats_broker.port,
                "protocol": "3.1.1",
                "client_id": f"onboarding-{tmp_path.name}",
                "routes": [{"filter": "heat/#"}],
            },
            "collector": {"spool_dir": str(tmp_path / "spool")},
            "timeseries": {"url": f"duckdb:///{tmp_path / 'series'}"},
            "web": {"port": 0, "cookie_secure": False},
            "records": {"url": f"sqlite:///{tmp_path / 'records.sqlite3'}"},
        }
    )
    records = open_records(settings.records.url)
    records.registry.apply_site(small_town(), small_town_contacts(), by="test", now=SystemClock().now())
    records.close()
    opened = open_house(settings, clock=SystemClock(), rooms=EVERY_ROOM)
    supervisor = opened.supervisor()
    supervisor.start()
    collector = opened.collector
    assert collector is not None
    wait_until(lambda: collector.health().status is HealthStatus.OK, 30)
    yield opened
    supervisor.stop()
    opened.close()


def publish(house: House, sensor: str, *readings: tuple[int, float]) -> None:
    topic = f"heat/xilinhot/room/{sensor}/telemetry"
    messages = [(topic, json.dumps({"t": t, "v": {"room_temp_c": value}}).encode()) for t, value in readings]
    publish_all(messages, settings=house.settings.mqtt)


def stored(house: House, sensor: str) -> list[float]:
    now = SystemClock().now()
    window = Interval(now - timedelta(days=8), now + timedelta(days=1))
    series = house.store.series(ObjectRef(Measurement.ROOM, sensor), ["room_temp_c"], window)
    return [float(value) for value in series.values.get("room_temp_c", [])]


def test_an_unknown_device_is_listed_assigned_and_its_kept_messages_are_stored(house: House) -> None:
    now = SystemClock().now()
    publish(house, "fresh-1", (to_epoch_ms(now) - 60_000, 20.5), (to_epoch_ms(now) - 1_000, 21.0))
    devices = house.records.devices
    wait_until(lambda: [one.messages for one in devices.unknown()] == [2], 30)
    assert stored(house, "fresh-1") == []
    devices.assign("fresh-1", HOME, start=now, by="test", now=now)
    wait_until(lambda: stored(house, "fresh-1") == [20.5, 21.0], 40)
    wait_until(lambda: not devices.waiting_for_replay(), 20)
    publish(house, "fresh-1", (to_epoch_ms(SystemClock().now()), 21.5))
    wait_until(lambda: stored(house, "fresh-1") == [20.5, 21.0, 21.5], 20)
    assert devices.unknown() == []


def test_late_data_are_stored_without_an_alarm_and_future_data_wait_in_quarantine(house: House) -> None:
    sensor, now_ms = f"s-{HOME}", SystemClock().now_ms()
    five_days_ms = 5 * 86_400_000
    publish(house, sensor, (now_ms - 1_000, 21.0))
    publish(house, sensor, *((now_ms - five_days_ms + 60_000 * step, 3.0) for step in range(90)))
    publish(house, sensor, (now_ms + 3_600_000, 3.0), (now_ms - 9 * 86_400_000, 3.0))
    publish(house, sensor, (now_ms - 1_000, 21.0))
    wait_until(lambda: len(stored(house, sensor)) == 91, 30)
    collector, alerting = house.collector, house.alerting
    assert collector is not None and alerting is not None
    wait_until(lambda: collector.counts().duplicates == 1, 20)
    counts = collector.counts()
    assert (counts.stored, counts.rejected) == (91, 2)
    latest = house.live_state.of_object(ObjectRef(Measurement.ROOM, sensor))["room_temp_c"]
    assert latest.value == 21.0
    for minutes in range(0, 180, 10):
        alerting.tick(SystemClock().now() + timedelta(minutes=minutes))
    cold = [one for one in house.records.alarms.open_alarms() if one.rule_id.startswith("HB")]
    assert cold == []
