"""Fixtures for every test: the real servers, golden files, and the rule about missing servers.

A server that is not installed skips its tests with a printed reason; with ``CI=true`` that is a failure.
"""

import gc
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support.examples import examples
from tests.support.golden import GoldenFiles
from tests.support.servers.child_process import ServerMissing
from tests.support.servers.influxdb import InfluxdbServer, start_influxdb
from tests.support.servers.mosquitto import MosquittoBroker, start_mosquitto
from tests.support.servers.nats import NatsBroker, start_nats
from tests.support.servers.postgresql import PostgresqlServer, start_postgresql
from tests.support.servers.requirement import missing, started_or_missing
from tests.support.servers.victoria_metrics import VictoriaMetricsServer, start_victoria_metrics

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.support.servers.named_influxdb import FailingInfluxdb

GOLDEN_FOLDER = Path(__file__).parent / "golden"

MARKS_OF_FIXTURES = {
    "mosquitto_broker": "mosquitto",
    "mosquitto_factory": "mosquitto",
    "influxdb_server": "influxdb",
    "influxdb_factory": "influxdb",
    "failing_store": "influxdb",
    "victoria_metrics_server": "victoriametrics",
    "postgresql_server": "postgresql",
    "nats_broker": "nats",
    "nats_factory": "nats",
    "chromium_browser": "browser",
}
"""Tests that take one of these fixtures carry the mark by themselves: ``pytest -m "not influxdb"``."""

os.environ["LC_ALL"] = "C.UTF-8"
"""Commands answer in the language of the shell: tests read their English, whoever runs them."""

gc.disable()
"""Collecting makes a million objects that stay: passes over them find nothing and take a tenth of its time."""

GARBAGE_THRESHOLDS = (50_000, 20, 20)
"""Each test builds whole applications and throws them away: with Python's own numbers (700, 10, 10) a tenth of the
tests' time goes to passes over what is still in use."""

settings.register_profile(
    "shared-machine",
    max_examples=examples(100),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("shared-machine")
"""Laws are judged by their results, never by how long a busy machine took."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--update-golden``."""
    parser.addoption("--update-golden", action="store_true", help="renew the files under tests/golden")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by the servers they take. (A file's tests stay on one worker: ``./run`` deals out whole files.)

    With ``--update-golden`` only the tests that use golden files run.
    """
    for item in items:
        for fixture in MARKS_OF_FIXTURES.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(MARKS_OF_FIXTURES[fixture])
    if config.getoption("--update-golden"):
        others = [item for item in items if "golden" not in getattr(item, "fixturenames", ())]
        items[:] = [item for item in items if "golden" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)


def pytest_collection_finish() -> None:
    """Leave what importing made out of later passes of the garbage collector: it stays, and is a million objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    gc.enable()


def pytest_unconfigure() -> None:
    """Take Hypothesis's watch over the garbage collector away, at the very end.

    The collector's list of watchers outlives every module, and with it whatever the watch reaches: DuckDB would find
    its own types alive when the interpreter ends, and print a page about leaks behind pytest's closing line.
    """
    gc.unfreeze()
    gc.callbacks[:] = [
        watch for watch in gc.callbacks if not getattr(watch, "__module__", "").startswith("hypothesis.")
    ]


@pytest.fixture(scope="session")
def golden(request: pytest.FixtureRequest) -> GoldenFiles:
    """Comparison with the kept files: ``golden.check_text(name, text)``, ``golden.check_json(name, value)``."""
    return GoldenFiles(folder=GOLDEN_FOLDER, update=bool(request.config.getoption("--update-golden")))


@pytest.fixture(scope="session")
def mosquitto_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MosquittoBroker]:
    """A Mosquitto that lets everybody in, shared by the session: use topics and client ids of your own."""
    broker = started_or_missing(lambda: start_mosquitto(tmp_path_factory.mktemp("mosquitto")))
    yield broker
    broker.stop()


@pytest.fixture
def mosquitto_factory(tmp_path: Path) -> Iterator[Callable[..., MosquittoBroker]]:
    """Starts brokers for one test alone, to stop, kill and restart: ``mosquitto_factory(configuration=...)``."""
    brokers: list[MosquittoBroker] = []

    def start(**options: Any) -> MosquittoBroker:
        folder = tmp_path / f"mosquitto-{len(brokers)}"
        broker = started_or_missing(lambda: start_mosquitto(folder, **options))
        brokers.append(broker)
        return broker

    yield start
    for broker in brokers:
        broker.stop()


@pytest.fixture(scope="session")
def influxdb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxdbServer]:
    """An InfluxDB 1.6.7 shared by the session: take a database of your own (``fresh_influxdb_database``)."""
    server = started_or_missing(lambda: start_influxdb(tmp_path_factory.mktemp("influxdb")))
    yield server
    server.stop()


@pytest.fixture
def influxdb_factory(tmp_path: Path) -> Iterator[Callable[..., InfluxdbServer]]:
    """Starts InfluxDB servers for one test alone: ``influxdb_factory(http="auth-enabled = true")``."""
    servers: list[InfluxdbServer] = []

    def start(**options: str) -> InfluxdbServer:
        server = started_or_missing(lambda: start_influxdb(tmp_path / f"influxdb-{len(servers)}", **options))
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(params=["own", *(["named"] if os.environ.get("NUANLIU_TEST_INFLUXDB_URL") else [])])
def failing_store(request: pytest.FixtureRequest) -> "Iterator[FailingInfluxdb]":
    """An InfluxDB that a test may take away, with a database of its own: ours, and the one that the environment names."""
    from config.settings.tree import TimeSeriesSettings
    from tests.support.servers.named_influxdb import FailingInfluxdb, failing_influxdb, named_influxdb

    if request.param == "own":
        server: InfluxdbServer = request.getfixturevalue("influxdb_factory")()
        settings = TimeSeriesSettings(url=f"influxdb://{server.host}:{server.port}")
        yield FailingInfluxdb(settings, server)
    else:
        named = named_influxdb()
        assert named is not None
        with failing_influxdb(named, f"test{uuid.uuid4().hex[:12]}") as reached:
            yield reached


@pytest.fixture
def fresh_influxdb_database(influxdb_server: InfluxdbServer) -> Iterator[str]:
    """Name of a new, empty database on the session's InfluxDB."""
    name = influxdb_server.create_database(f"test_{uuid.uuid4().hex[:12]}")
    yield name
    if influxdb_server.process.running:
        influxdb_server.drop_database(name)


@pytest.fixture(scope="session")
def victoria_metrics_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VictoriaMetricsServer]:
    """A VictoriaMetrics shared by the session: use measurement names of your own."""
    server = started_or_missing(lambda: start_victoria_metrics(tmp_path_factory.mktemp("victoria_metrics")))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A PostgreSQL cluster shared by the session: take a database of your own (``fresh_postgresql_url``)."""
    server = started_or_missing(lambda: start_postgresql())
    yield server
    server.remove()


@pytest.fixture
def fresh_postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """SQLAlchemy address of a new, empty database on the session's cluster."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    yield postgresql_server.create_database(name)
    if postgresql_server.process.running:
        postgresql_server.drop_database(name)


@pytest.fixture(scope="session")
def nats_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsBroker]:
    """A NATS server with its MQTT side, shared by the session: use topics and client ids of your own."""
    broker = started_or_missing(lambda: start_nats(tmp_path_factory.mktemp("nats")))
    yield broker
    broker.stop()


@pytest.fixture
def nats_factory(tmp_path: Path) -> Iterator[Callable[[], NatsBroker]]:
    """Starts NATS servers for one test alone, to stop, kill and restart."""
    brokers: list[NatsBroker] = []

    def start() -> NatsBroker:
        broker = started_or_missing(lambda: start_nats(tmp_path / f"nats-{len(brokers)}"))
        brokers.append(broker)
        return broker

    yield start
    for broker in brokers:
        broker.stop()


@pytest.fixture(scope="module")
def chromium_browser() -> "Iterator[Browser]":
    """A headless Chromium, one a module: its interface occupies the thread's event loop while it is open."""
    from tests.support.servers.chromium import running_chromium

    try:
        with running_chromium() as browser:
            yield browser
    except ServerMissing as error:
        missing(str(error))


@pytest.fixture
def chromium_page(chromium_browser: "Browser") -> "Iterator[Page]":
    """An empty page with cookies and storage of its own."""
    context = chromium_browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
    yield context.new_page()
    context.close()
