"""Two collectors on one shared subscription of Mosquitto and one InfluxDB: the figures of groups equal the truth."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from collector.intake.mqtt.publisher import publish_all
from config.settings.tree import Settings
from heating.clock import SystemClock
from heating.intervals import Interval, from_epoch_ms
from heating.protocols import RollupName
from runtime.assemble import open_house
from runtime.house import House
from runtime.rooms import Room
from storage.records.records import open_records
from tests.support.servers.influxdb import InfluxdbServer
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.small_site import small_site
from tests.support.waiting import wait_until

BUCKET_MS = 300_000
SITE = small_site(stations=3, homes=4)


class SkippingClock(SystemClock):
    """Runs like the real one, and can be put forward."""

    ahead_ms = 0

    def now_ms(self) -> int:
        """Return the time it shows [epoch ms]."""
        return super().now_ms() + self.ahead_ms

    def now(self) -> datetime:
        """Return the time it shows."""
        return from_epoch_ms(self.now_ms())


def settings_of(slot: str, broker: MosquittoBroker, store: InfluxdbServer, folder: Path) -> Settings:
    return Settings.model_validate(
        {
            "mqtt": {
                "host": broker.host,
                "port": broker.port,
                "client_id": f"slot-{slot}",
                "share_group": "nuanliu",
            },
            "timeseries": {"url": f"influxdb://{store.host}:{store.port}"},
            "records": {"url": f"sqlite:///{folder}/records.sqlite3"},
            "collector": {"spool_dir": str(folder / f"spool-{slot}"), "late_limit_s": 86400},
        }
    )


@contextmanager
def running(settings: Settings, clock: SkippingClock) -> Iterator[House]:
    house = open_house(settings, clock=clock, rooms=frozenset({Room.COLLECTOR}))
    supervisor = house.supervisor()
    try:
        supervisor.start()
        yield house
    finally:
        supervisor.stop()
        house.close()


def messages(values: dict[tuple[str, int], float]) -> list[tuple[str, bytes]]:
    return [
        (
            f"heat/xilinhot/room/{room}/telemetry",
            json.dumps({"t": measured_ms, "v": {"room_temp_c": value}}).encode(),
        )
        for (room, measured_ms), value in values.items()
    ]


def truth(values: dict[tuple[str, int], float], groups: dict[str, str]) -> dict[tuple[str, int], list[float]]:
    """Mean, minimum, maximum and number of the rooms' means by group and bucket."""
    rooms: dict[tuple[str, int], list[float]] = {}
    for (room, measured_ms), value in values.items():
        rooms.setdefault((room, measured_ms // BUCKET_MS * BUCKET_MS), []).append(value)
    grouped: dict[tuple[str, int], list[float]] = {}
    for (room, bucket), column in rooms.items():
        grouped.setdefault((groups[room], bucket), []).append(float(np.mean(column)))
    return {
        key: [round(figure, 6) for figure in (float(np.mean(means)), min(means), max(means), len(means))]
        for key, means in grouped.items()
    }


def found(
    house: House, name: RollupName, ids: set[str], window: Interval
) -> dict[tuple[str, int], list[float]]:
    rows = house.store.read_rollup(name, "room_temp_c", sorted(ids), window)
    columns = np.stack([rows.mean, rows.minimum, rows.maximum, rows.count]).round(6).T.tolist()
    return dict(zip(zip(rows.object_ids, rows.bucket_ms.tolist(), strict=True), columns, strict=True))


def differing(
    found: dict[tuple[str, int], list[float]], expected: dict[tuple[str, int], list[float]]
) -> list[tuple[str, int]]:
    """Return the groups and buckets that one of both lacks or that differ by more than rounding."""
    return [
        key
        for key in found.keys() | expected.keys()
        if key not in found or key not in expected or not np.allclose(found[key], expected[key], atol=1e-5)
    ]


def on_time_and_late(start_ms: int) -> tuple[dict[tuple[str, int], float], dict[tuple[str, int], float]]:
    """Return room temperatures by room and time of the bucket before `start_ms`, and some that come later."""
    chance = random.Random(5)
    rooms = [sensor.sensor_id for sensor in SITE.sensors]
    sent = {
        (room, start_ms - BUCKET_MS + step * 20_000): round(chance.uniform(16, 24), 2)
        for step in range(15)
        for room in rooms
    }
    late = {(room, start_ms - 2 * BUCKET_MS + 1_000): 30.0 for room in rooms[::3]}
    late |= {(room, start_ms - 10_500): 12.0 for room in rooms[::2]}
    return sent, late


@pytest.mark.mosquitto
@pytest.mark.influxdb
def test_groups_of_two_collectors_equal_the_truth_and_follow_late_readings(
    mosquitto_factory: Callable[..., MosquittoBroker],
    influxdb_factory: Callable[..., InfluxdbServer],
    tmp_path: Path,
) -> None:
    broker = mosquitto_factory(configuration="max_queued_messages 0")
    server = influxdb_factory()
    clock = SkippingClock()
    records = open_records(f"sqlite:///{tmp_path}/records.sqlite3")
    records.registry.apply_site(SITE, {}, by="test", now=clock.now())
    records.close()
    start_ms = clock.now_ms() // BUCKET_MS * BUCKET_MS
    window = Interval(from_epoch_ms(start_ms - 2 * BUCKET_MS), from_epoch_ms(start_ms + BUCKET_MS))
    sent, late = on_time_and_late(start_ms)
    rooms = [sensor.sensor_id for sensor in SITE.sensors]
    building = {room: f"B{room[1]}" for room in rooms}
    community = {room: f"C{room[1]}" for room in rooms}
    with (
        running(settings_of("a", broker, server, tmp_path), clock) as first,
        running(settings_of("b", broker, server, tmp_path), clock) as second,
    ):
        for house in (first, second):
            assert house.source is not None
            source = house.source
            wait_until(lambda source=source: source.health().status == "ok", 20, what="a subscription")

        def wrong(values: dict[tuple[str, int], float]) -> list[tuple[str, int]]:
            return [
                key
                for name, groups in (
                    (RollupName.BUILDING_5M, building),
                    (RollupName.COMMUNITY_5M, community),
                )
                for key in differing(found(first, name, set(groups.values()), window), truth(values, groups))
            ]

        def check(values: dict[tuple[str, int], float]) -> None:
            clock.ahead_ms += timedelta(minutes=8) // timedelta(milliseconds=1)
            wait_until(lambda: not wrong(values), 40, interval_s=0.3, what="groups to be true")

        publish_all(messages(sent), settings=settings_of("a", broker, server, tmp_path).mqtt)
        check(sent)
        publish_all(messages(late), settings=settings_of("a", broker, server, tmp_path).mqtt)
        wait_until(lambda: sum(_accepted(house) for house in (first, second)) >= len(sent) + len(late), 20)
        check({**sent, **late})
        shares = [_accepted(house) for house in (first, second)]
        assert min(shares) > len(sent) // 4, shares


def _accepted(house: House) -> float:
    assert house.collector is not None
    return house.collector.health().figures["accepted"]
