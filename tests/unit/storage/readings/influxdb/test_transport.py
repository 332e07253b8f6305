"""Requests as each InfluxDB wants them, and answers as errors of ours, against a small server of the test's own."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from heating.errors import HeatingError
from storage.readings.errors import StoreQueryError, StoreRejectedError, StoreUnavailableError
from storage.readings.influxdb.flavour import Flavour, flavour_of_ping
from storage.readings.influxdb.transport import InfluxTransport, detect_flavour


class Answering(BaseHTTPRequestHandler):
    """Answers everything with what the test set, and keeps the requests."""

    status = 204
    body = b""
    headers_out: dict[str, str] = {}  # noqa: RUF012 - replaced whole by each test
    seen: list[tuple[str, str, dict[str, str], bytes]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        cls = type(self)
        cls.seen.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
        self.send_response(cls.status)
        for name, value in cls.headers_out.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(cls.body) if cls.status != 204 else 0))
        self.end_headers()
        if cls.status != 204:
            self.wfile.write(cls.body)

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[tuple[str, type[Answering]]]:
    handler = type("Handler", (Answering,), {"seen": [], "headers_out": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}", handler
        http.shutdown()
        thread.join()


def transport_to(url: str, flavour: Flavour, token: str | None = "secret") -> InfluxTransport:
    return InfluxTransport(url, flavour=flavour, token=token, org="heat", timeout_s=2.0)


def test_v1_writes_go_to_its_own_endpoint_with_basic_credentials(server: tuple[str, type[Answering]]) -> None:
    url, handler = server
    transport = transport_to(url, Flavour.V1, "user:pass")
    transport.write("nuanliu/policy", ["room,sensor=R-1 room_temp_c=21.0 1"])
    transport.close()
    ((_, path, headers, body),) = handler.seen
    assert urlsplit(path).path == "/write"
    assert parse_qs(urlsplit(path).query) == {"db": ["nuanliu"], "rp": ["policy"], "precision": ["ms"]}
    assert headers["Authorization"] == "Basic dXNlcjpwYXNz"
    assert "Content-Encoding" not in headers
    assert body == b"room,sensor=R-1 room_temp_c=21.0 1"


@pytest.mark.parametrize("flavour", [Flavour.V2, Flavour.V3])
def test_later_writes_go_to_the_bucket_with_a_token(
    server: tuple[str, type[Answering]], flavour: Flavour
) -> None:
    url, handler = server
    transport = transport_to(url, flavour)
    transport.write("nuanliu", ["a b=1 1"])
    transport.close()
    ((_, path, headers, _),) = handler.seen
    assert urlsplit(path).path == "/api/v2/write"
    assert parse_qs(urlsplit(path).query) == {"bucket": ["nuanliu"], "org": ["heat"], "precision": ["ms"]}
    assert headers["Authorization"] == "Token secret"


def test_many_lines_go_in_several_requests_in_order(server: tuple[str, type[Answering]]) -> None:
    url, handler = server
    transport = transport_to(url, Flavour.V1)
    lines = [f"a b={i} {i}" for i in range(11_000)]
    transport.write("db", lines)
    transport.close()
    assert [len(body.split(b"\n")) for *_, body in handler.seen] == [5000, 5000, 1000]
    assert b"\n".join(body for *_, body in handler.seen).decode().split("\n") == lines


@pytest.mark.parametrize("status", [400, 413, 422])
def test_refused_lines_are_refused_for_good(server: tuple[str, type[Answering]], status: int) -> None:
    url, handler = server
    handler.status, handler.body = status, b'{"error":"partial write: field type conflict dropped=1"}'
    transport = transport_to(url, Flavour.V1)
    with pytest.raises(StoreRejectedError, match="partial write: field type conflict dropped=1") as refused:
        transport.write("db", ["a b=1 1"])
    assert not refused.value.retryable
    transport.close()


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 502, 503, 504])
def test_other_refusals_may_be_tried_again_and_are_tried_once(
    server: tuple[str, type[Answering]], status: int
) -> None:
    url, handler = server
    handler.status, handler.body = status, b"not json"
    transport = transport_to(url, Flavour.V2)
    for act in (
        lambda: transport.write("db", ["a b=1 1"]),
        lambda: transport.query("SELECT 1", database="db"),
    ):
        handler.seen.clear()
        with pytest.raises(HeatingError) as failed:
            act()
        assert failed.value.retryable
        assert len(handler.seen) == 1, "the forwarder retries, not the client"
    transport.close()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"results":[{"error":"shard is down"}]}', "shard is down"),
        (
            b'{"results":[{"series":[{"columns":["time"],"values":[[1]],"partial":true}]}]}',
            "cut its answer short",
        ),
    ],
)
def test_answers_that_are_not_whole_are_errors(
    server: tuple[str, type[Answering]], body: bytes, message: str
) -> None:
    url, handler = server
    handler.status, handler.body = 200, body
    transport = transport_to(url, Flavour.V1)
    with pytest.raises(StoreQueryError, match=message):
        transport.query("SELECT 1", database="db")
    handler.body = b"<html>proxy</html>"
    with pytest.raises(StoreUnavailableError, match="something else"):
        transport.query("SELECT 1", database="db")
    transport.close()


def test_an_answer_in_chunks_is_put_together(server: tuple[str, type[Answering]]) -> None:
    url, handler = server
    chunks = [
        '{"results":[{"statement_id":0,"series":[{"tags":{"s":"a"},"values":[[1],[2]],"partial":true}],"partial":true}]}',
        '{"results":[{"statement_id":0,"series":[{"tags":{"s":"a"},"values":[[3]]}],"partial":true}]}',
        '{"results":[{"statement_id":0,"series":[{"tags":{"s":"b"},"values":[[4]]}]}]}',
        '{"results":[{"statement_id":1}]}',
    ]
    handler.status, handler.body = 200, "\n".join(chunks).encode()
    transport = transport_to(url, Flavour.V1)
    first, second = transport.query("SELECT 1; SELECT 2", database="db")
    transport.close()
    assert [series["values"] for series in first] == [[[1], [2], [3]], [[4]]]
    assert second == []


def test_ids_travel_as_parameters(server: tuple[str, type[Answering]]) -> None:
    url, handler = server
    handler.status, handler.body = 200, b'{"results":[{}]}'
    transport = transport_to(url, Flavour.V1)
    assert transport.query(
        "SELECT x FROM room WHERE sensor = $id", database="db", parameters={"id": "星河"}
    ) == [[]]
    transport.close()
    form = parse_qs(handler.seen[0][3].decode())
    assert form["q"] == ["SELECT x FROM room WHERE sensor = $id"]
    assert form["params"] == ['{"id":"星河"}']


@pytest.mark.parametrize(
    ("status", "headers", "flavour"),
    [
        (204, {"X-Influxdb-Version": "1.6.7", "X-Influxdb-Build": "OSS"}, Flavour.V1),
        (204, {"x-influxdb-version": "1.8.10"}, Flavour.V1),
        (204, {"X-Influxdb-Version": "v2.7.11", "X-Influxdb-Build": "OSS"}, Flavour.V2),
        (200, {"X-Influxdb-Version": "3.2.1", "X-Influxdb-Build": "Core"}, Flavour.V3),
        (401, {}, Flavour.V3),
        (200, {"Server": "nginx"}, None),
        (204, {"X-Influxdb-Version": "unknown"}, None),
    ],
)
def test_ping_tells_the_flavour(
    server: tuple[str, type[Answering]], status: int, headers: dict[str, str], flavour: Flavour | None
) -> None:
    url, handler = server
    handler.status, handler.headers_out = status, headers
    assert flavour_of_ping(status, headers) is flavour
    if flavour is not None:
        assert detect_flavour(url, timeout_s=2.0) is flavour
        return
    with pytest.raises(StoreUnavailableError, match=r"timeseries\.flavour"):
        detect_flavour(url, timeout_s=2.0)


def test_v3_binds_no_parameters_so_they_are_written_out_as_text(server: tuple[str, type[Answering]]) -> None:
    url, handler = server
    handler.status, handler.body = 200, b'{"results":[{"statement_id":0}]}'
    transport = transport_to(url, Flavour.V3)
    transport.query(
        "SELECT x FROM room WHERE sensor = $id1 OR sensor = $id10",
        database="db",
        parameters={"id1": "it's $id10", "id10": "back\\slash"},
    )
    form = parse_qs(handler.seen[0][3].decode())
    assert form["q"] == ["SELECT x FROM room WHERE sensor = 'it\\'s $id10' OR sensor = 'back\\\\slash'"]
    assert "params" not in form
    transport.close()


def test_pieces_of_a_series_that_are_not_marked_are_put_together(
    server: tuple[str, type[Answering]],
) -> None:
    url, handler = server
    piece = '{"results":[{"statement_id":0,"series":[{"name":"room","columns":["time","x"],"values":[[%d,1.5]]}]}]}'
    handler.status, handler.body = 200, "\r\n".join([piece % 1, piece % 2]).encode()
    transport = transport_to(url, Flavour.V3)
    (series,) = transport.query("SELECT x FROM room", database="db")[0]
    assert series["values"] == [[1, 1.5], [2, 1.5]]
    transport.close()
