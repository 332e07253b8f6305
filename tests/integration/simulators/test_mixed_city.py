"""A city whose devices speak thirteen payload families, through a real broker and the collector into the store.

Every value that a simulated device sent lies under its own sensor or station afterwards.
"""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml

from config.settings.tree import Settings
from heating.assets import Site
from heating.clock import SystemClock, VirtualClock
from heating.intervals import Interval, to_epoch_ms
from heating.points import Measurement
from heating.protocols import HealthStatus
from heating.samples import ObjectRef
from runtime.assemble import open_house
from runtime.embedded_broker import EmbeddedBroker
from runtime.house import House
from runtime.rooms import EVERY_ROOM
from simulators.city import City
from simulators.devices.device_maps import ROUTES_FILE, write_device_maps
from simulators.devices.families import draw_families
from simulators.publishing.live import run_live
from simulators.publishing.mqtt_publisher import MqttPublisher
from simulators.random_streams import RandomStreams
from simulators.reports import Report
from simulators.scenario import Scenario
from simulators.scenario_devices import RoomFamily, StationFamily
from simulators.scenario_site import site_of
from storage.records.records import open_records
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow
SPEED = 60.0
LENGTH = timedelta(minutes=8)
ORIGIN = datetime(2026, 1, 15, 4, tzinfo=UTC)
SCENARIO = Scenario.model_validate(
    {
        "site": "smoke",
        "stations": 36,
        "homes": 480,
        "sensed_fraction": 0.5,
        "spin_up": "30m",
        "weather": {"day_of_year": 15},
        "sensor_mix": {"sample_interval": "1m", "intervals": ["1m", "3m"]},
        "payload_mix": {
            "rooms": dict.fromkeys(RoomFamily, 1.0),
            "stations": dict.fromkeys(StationFamily, 1.0),
        },
        "faults": [
            {"id": "g", "type": "gateway_silent", "target": "st-005", "onset": "+3m", "duration": "2m"},
            {"id": "s", "type": "sensor_sentinel", "target": "rs-000007", "onset": "+1m"},
        ],
    }
)


def settings_for(folder: Path, port: int, routes: object) -> Settings:
    return Settings.model_validate(
        {
            "mqtt": {
                "port": port,
                "client_id": f"mix-{folder.name}",
                "protocol": "3.1.1",
                "receive_maximum": 3000,
                "routes": routes,
            },
            "collector": {"spool_dir": str(folder / "spool")},
            "timeseries": {"url": f"duckdb:///{folder / 'series'}"},
            "records": {"url": f"sqlite:///{folder / 'records.sqlite3'}"},
            "web": {"port": 0, "cookie_secure": False},
        }
    )


@pytest.fixture(scope="module")
def site() -> Site:
    return site_of(SCENARIO, seed=1, now=ORIGIN)[0]


@pytest.fixture
def routes(tmp_path: Path, site: Site) -> list[dict[str, str]]:
    """The routes as the simulator writes them for the product."""
    city = City(site=site, scenario=SCENARIO, seed=1, origin=ORIGIN, start=ORIGIN)
    families = draw_families(city.layout, RandomStreams(1), SCENARIO.payload_mix)
    stations = tuple(station.station_id for station in site.stations)
    write_device_maps(tmp_path / "maps", families, sensor_ids=city.layout.sensor_ids, station_ids=stations)
    read = yaml.safe_load((tmp_path / "maps" / ROUTES_FILE).read_text(encoding="utf-8"))
    found: list[dict[str, str]] = read["mqtt"]["routes"]
    assert len(found) == 1 + len(RoomFamily) - 1 + len(StationFamily) - 1, "every family is in use"
    return found


@pytest.fixture(params=["nats", "mosquitto"])
def port(request: pytest.FixtureRequest, tmp_path: Path, routes: list[dict[str, str]]) -> Iterator[int]:
    """The embedded broker of the demo, and the broker of an operator."""
    if request.param == "nats":
        filters = [route["filter"] for route in routes]
        broker = EmbeddedBroker(host="127.0.0.1", port=0, data_dir=tmp_path / "broker", filters=filters)
        broker.start()
        yield broker.port
        broker.stop()
        return
    factory: Callable[[], MosquittoBroker] = request.getfixturevalue("mosquitto_factory")
    yield factory().port


@pytest.fixture
def house(tmp_path: Path, port: int, site: Site, routes: list[dict[str, str]]) -> Iterator[House]:
    """The whole product, its clock at the city's moment."""
    settings = settings_for(tmp_path, port, routes)
    records = open_records(settings.records.url)
    records.registry.apply_site(site, (), by="test", now=ORIGIN)
    records.close()
    clock = VirtualClock(real_origin=SystemClock().now(), virtual_origin=ORIGIN, speed=SPEED)
    opened = open_house(settings, clock=clock, rooms=EVERY_ROOM)
    supervisor = opened.supervisor()
    supervisor.start()
    collector = opened.collector
    assert collector is not None
    wait_until(lambda: collector.health().status is HealthStatus.OK, 30)
    yield opened
    supervisor.stop()
    opened.close()


def live_run(site: Site, house: House, port: int) -> tuple[City, list[Report], int]:
    """Run the city live for some minutes; return it, what it reported and the number of distinct messages."""
    city = City(site=site, scenario=SCENARIO, seed=1, origin=ORIGIN, start=ORIGIN)
    city.spin_up()
    start = house.clock.now()
    city.now_ms = to_epoch_ms(start)
    city.go_live(start)
    reports: list[Report] = []
    stop = threading.Event()
    publisher = MqttPublisher(
        host="127.0.0.1", port=port, stop=stop, listens=city.senders.command_filters, client_id=f"city-{port}"
    )
    publisher.connect()
    run_live(
        city,
        clock=house.clock,
        speed=SPEED,
        publish=publisher.publish,
        stop=stop,
        until=start + LENGTH,
        after_step=lambda _city, told: reports.extend(told),
        commands=publisher.take_commands,
    )
    assert publisher.close() == 0
    return city, reports, publisher.published - publisher.repeated


def sent_values(reports: list[Report], measurement: Measurement, point: str) -> dict[str, dict[int, float]]:
    """Return value by moment by device, of devices with a clock."""
    sent: dict[str, dict[int, float]] = {}
    for report in reports:
        if report.fleet.measurement is not measurement:
            continue
        column = report.fleet.points.index(point)
        clockless = [False] * len(report.places) if report.delivery is None else report.delivery.clockless
        rows = zip(report.places, report.measured_ms, report.values[:, column], clockless, strict=True)
        for place, moment, value, without in rows:
            if not without:
                sent.setdefault(report.fleet.ids[place], {})[int(moment)] = float(value)
    return sent


def stored_values(house: House, ref: ObjectRef, point: str) -> dict[int, float]:
    window = Interval(ORIGIN - timedelta(days=1), house.clock.now() + timedelta(days=1))
    series = house.store.series(ref, [point], window)
    return {
        round(float(t)): float(value)
        for t, value in zip(series.time_ms, series.values[point], strict=True)
        if not np.isnan(value)
    }


def test_every_family_lands_under_its_own_homes_and_stations(site: Site, house: House, port: int) -> None:
    city, reports, distinct = live_run(site, house, port)
    collector = house.collector
    assert collector is not None
    wait_until(lambda: collector.counts().accepted >= distinct, 30, what=f"{distinct} messages")
    wait_until(lambda: collector.counts().forwarded_rows == collector.counts().rows, 30)
    counts = collector.counts()
    assert (counts.accepted, counts.stored, counts.rejected) == (distinct, distinct, 0)
    assert counts.duplicates > 0, "some devices send twice"
    rooms = sent_values(reports, Measurement.ROOM, "room_temp_c")
    assert len(rooms) > 0.9 * len(city.layout.sensor_ids)
    families = dict(zip(city.layout.sensor_ids, city.families.rooms, strict=True))
    assert {families[sensor] for sensor in rooms} == set(RoomFamily)
    for sensor, sent in rooms.items():
        stored = stored_values(house, ObjectRef(Measurement.ROOM, sensor), "room_temp_c")
        sane = {moment: value for moment, value in sent.items() if value < 100}
        assert {t: stored.get(t) for t in sane} == pytest.approx(sane, abs=1e-6), families[sensor]
    for point, tolerance in (("primary_flow_m3_per_h", 1e-3), ("secondary_supply_temp_c", 1e-5)):
        stations = sent_values(reports, Measurement.STATION, point)
        assert len(stations) == len(site.stations)
        for (station, sent), family in zip(sorted(stations.items()), city.families.stations, strict=True):
            stored = stored_values(house, ObjectRef(Measurement.STATION, station), point)
            assert {t: stored.get(t) for t in sent} == pytest.approx(sent, abs=tolerance), (station, family)
