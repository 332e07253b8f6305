"""Buckets of 2.x and databases of 3.x are made where the server allows, against a small server of the test."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from heating.errors import HeatingError
from storage.readings.influxdb.flavour import Flavour
from storage.readings.influxdb.store import InfluxDBStore
from tests.contract.readings.readings import batch_of, reading, rollup

TOKEN = "right-token"


class Server(ThreadingHTTPServer):
    """Speaks as much of 2.x and 3.x as the store asks for."""

    def __init__(self, *, flavour: Flavour, allow_management: bool, knows_retention: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.flavour = flavour
        self.allow_management = allow_management
        self.knows_retention = knows_retention
        self.kept: dict[str, object] = {}
        self.written: dict[str, list[str]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, document: object = None) -> None:
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if self.path.startswith("/ping"):
            versions = {Flavour.V2: "v2.7.1", Flavour.V3: "3.2.0"}
            self.send_header("X-Influxdb-Version", versions[self.server.flavour])
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """Answer questions."""
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        server = self.server
        if parts.path == "/ping":
            self._answer(204)
        elif not server.allow_management:
            self._answer(403, {"message": "forbidden"})
        elif parts.path == "/api/v2/buckets" and server.flavour is Flavour.V2:
            if asked["name"] in server.kept:
                self._answer(200, {"buckets": [{"name": asked["name"]}]})
            else:
                self._answer(404, {"code": "not found", "message": f'bucket "{asked["name"]}" not found'})
        elif parts.path == "/api/v2/orgs":
            self._answer(200, {"orgs": [{"id": "0123", "name": asked["org"]}]})
        elif parts.path == "/api/v3/configure/database":
            self._answer(200, [{"iox::database": name} for name in server.kept])
        else:
            self._answer(404, {"message": "no such path"})

    def do_POST(self) -> None:
        """Take writes and orders."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        parts = urlsplit(self.path)
        server = self.server
        if self.headers.get("Authorization") != f"Token {TOKEN}":
            self._answer(401, {"message": "unauthorized"})
        elif parts.path == "/api/v2/write":
            bucket = parse_qs(parts.query)["bucket"][0]
            if server.flavour is Flavour.V2 and bucket not in server.kept:
                self._answer(404, {"message": f'bucket "{bucket}" not found'})
                return
            lines = [line for line in body.decode().splitlines() if not line.startswith("#")]
            server.written.setdefault(bucket, []).extend(lines)
            self._answer(204)
        elif parts.path == "/api/v2/buckets":
            asked = json.loads(body)
            assert asked["orgID"] == "0123"
            server.kept[asked["name"]] = asked["retentionRules"][0]["everySeconds"]
            self._answer(201, {"name": asked["name"]})
        else:
            asked = json.loads(body)
            if "_" in asked["db"]:
                self._answer(400, {"error": "invalid character in database name"})
                return
            if "retention_period" in asked and not server.knows_retention:
                self._answer(400, {"error": "unknown field"})
                return
            server.kept[asked["db"]] = asked.get("retention_period")
            self._answer(200, None)


@pytest.fixture
def start() -> Iterator[object]:
    servers: list[Server] = []

    def begin(**more: object) -> Server:
        server = Server(**more)  # type: ignore[arg-type]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return server

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


def write_both(url: str, token: str = TOKEN) -> None:
    store = InfluxDBStore(url, token=token)
    try:
        store.append(batch_of(reading(21.0)))
        store.write_rollup(rollup(["R-1"], [20.0]))
    finally:
        store.close()


def test_v2_gets_a_bucket_for_readings_and_one_for_rollups(start: object) -> None:
    server: Server = start(flavour=Flavour.V2, allow_management=True)  # type: ignore[operator]
    write_both(server.url)
    assert server.kept == {"nuanliu": 400 * 86_400, "nuanliu_rollup": 1826 * 86_400}
    assert server.written["nuanliu"][0].startswith("room,sensor=R-0001 ")
    assert server.written["nuanliu_rollup"][0].startswith("room_1h,sensor=R-1 ")


def test_a_bucket_that_was_there_keeps_its_owners_retention(start: object) -> None:
    server: Server = start(flavour=Flavour.V2, allow_management=True)  # type: ignore[operator]
    server.kept["nuanliu"] = 7
    write_both(server.url)
    assert server.kept == {"nuanliu": 7, "nuanliu_rollup": 1826 * 86_400}


@pytest.mark.parametrize(("knows", "kept"), [(True, "9600h"), (False, None)])
def test_v3_gets_databases_with_retention_where_it_knows_one(
    start: object, knows: bool, kept: object
) -> None:
    server: Server = start(flavour=Flavour.V3, allow_management=True, knows_retention=knows)  # type: ignore[operator]
    write_both(server.url)
    assert server.kept["nuanliu"] == kept and set(server.written) == {"nuanliu", "nuanliu-rollup"}


def test_v3_that_may_make_no_second_database_keeps_both_in_the_first(
    start: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    server: Server = start(flavour=Flavour.V3, allow_management=True)  # type: ignore[operator]
    monkeypatch.setattr("storage.readings.influxdb.buckets._ROLLUP_ENDINGS", {Flavour.V3: "_no"})
    write_both(server.url)
    assert set(server.kept) == set(server.written) == {"nuanliu"}


def test_a_token_that_may_only_write_writes_into_one_bucket(start: object) -> None:
    server: Server = start(flavour=Flavour.V2, allow_management=False)  # type: ignore[operator]
    server.kept["nuanliu"] = 7
    write_both(server.url)
    assert set(server.written) == {"nuanliu"} and len(server.written["nuanliu"]) == 2


def test_a_missing_bucket_that_may_not_be_made_is_named(start: object) -> None:
    server: Server = start(flavour=Flavour.V2, allow_management=False)  # type: ignore[operator]
    with pytest.raises(HeatingError, match='no such database: bucket "nuanliu" not found') as refused:
        write_both(server.url)
    assert refused.value.retryable


def test_a_wrong_token_is_named_with_its_setting(start: object) -> None:
    server: Server = start(flavour=Flavour.V3, allow_management=True)  # type: ignore[operator]
    with pytest.raises(HeatingError, match=r"timeseries\.token") as refused:
        write_both(server.url, token="wrong")
    assert refused.value.retryable
