"""Requests to InfluxDB by influxdb-client: writes of 1.x mapped to its endpoint, InfluxQL, errors of ours.

The client keeps the pool, the credentials and the write service; retries are off because the forwarder retries
without an end and in order.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import structlog
import urllib3
from influxdb_client._sync.api_client import ApiClient
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from storage.readings.errors import (
    StoreAccessError,
    StoreMissingError,
    StoreNotFoundError,
    StoreQueryError,
    StoreRejectedError,
    StoreUnavailableError,
    TimeSeriesError,
)
from storage.readings.influxdb.flavour import Flavour, flavour_of_ping
from storage.readings.influxdb.refusals import query_refused, write_refused

__all__ = ["LINES_IN_A_REQUEST", "InfluxTransport", "Series", "V1ApiClient", "detect_flavour"]

LINES_IN_A_REQUEST = 5000
"""Lines in one write; InfluxDB's own advice is 5,000 to 10,000."""
CHUNK_ROWS = 50_000
"""Rows in a chunk of an answer; without chunks InfluxDB 1.x stops after 10,000 rows."""
STREAM_BUFFER_BYTES = 1 << 18
"""Read-ahead of an answer that is taken chunk by chunk [bytes]."""
PING_TIMEOUT_S = 1.5
"""Longest wait for ``/ping`` [s]; the health must answer within 2 s."""

_V1_PRECISION = {"ns": "n", "us": "u", "ms": "ms", "s": "s"}
"""1.x reads ``us`` silently as nanoseconds and wants ``u``."""
_REFUSED = frozenset({400, 413, 422})
"""Answers to a write that will be the same next time; the caller halves the batch."""

_log = structlog.get_logger()

Series = dict[str, Any]
"""One series of an answer: ``tags``, ``columns``, ``values``."""


class V1ApiClient(ApiClient):
    """The client's last step before the wire, with 2.x writes turned into 1.x writes."""

    def request(self, method: Any, url: Any, query_params: Any = None, *args: Any, **more: Any) -> Any:
        """Send a request; ``bucket`` of a write is ``database`` or ``database/retention policy``."""
        write = "/api/v2/write"
        if url.endswith(write):
            asked = dict(query_params)
            database, _, policy = asked["bucket"].partition("/")
            precision = _V1_PRECISION[str(asked.get("precision", "ns"))]
            query_params = [("db", database), ("precision", precision)]
            if policy:
                query_params.append(("rp", policy))
            url = url.removesuffix(write) + "/write"
        send: Any = super().request
        return send(method, url, query_params, *args, **more)


class InfluxTransport:
    """A connection pool to one server.

    Parameters
    ----------
    url
        ``http://host:port`` or ``https://host:port``.
    flavour
        How to speak.
    token
        ``user:password`` for 1.x, a token otherwise; None without credentials.
    org
        Organisation of 2.x.
    timeout_s
        Longest wait for one request [s].
    """

    def __init__(self, url: str, *, flavour: Flavour, token: str | None, org: str, timeout_s: float) -> None:
        self._url = url
        self._client: Any = InfluxDBClient(
            url=url,
            token=token or "",
            org=org,
            timeout=round(timeout_s * 1000),
            enable_gzip=False,
            auth_basic=bool(token) and flavour is Flavour.V1,
            retries=False,
        )
        if flavour is Flavour.V1:
            make: Any = V1ApiClient
            self._client.api_client = make(
                configuration=self._client.conf,
                header_name=self._client.auth_header_name,
                header_value=self._client.auth_header_value,
                retries=False,
            )
        self._org = org
        self._flavour = flavour
        self._write_api: Any = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, bucket: str, lines: Sequence[str]) -> None:
        """Write lines with times in milliseconds, some thousands a request; done when the server has them.

        Raises
        ------
        StoreRejectedError
            When the server refuses lines; of a partial write it keeps the good ones, and the requests behind a
            refused one are sent all the same.
        StoreUnavailableError
            When the server is away, busy or does not let us in.
        """
        refused: list[StoreRejectedError] = []
        for start in range(0, len(lines), LINES_IN_A_REQUEST):
            portion = lines[start : start + LINES_IN_A_REQUEST]
            try:
                # Once: the forwarder tries again, without an end and in order. What a lost answer hides may be in the
                # store; a repeat overwrites the same rows with the same values.
                self._write_api.write(
                    bucket=bucket, org=self._org, record="\n".join(portion).encode(), write_precision="ms"
                )
            except ApiException as error:
                found = self._write_error(error, lines=len(portion))
                if not isinstance(found, StoreRejectedError):
                    raise found from error
                refused.append(found)
            except urllib3.exceptions.HTTPError as error:
                raise self._away(error) from error
        if refused:
            reasons = [refusal for each in refused for refusal in each.refusals]
            raise StoreRejectedError(str(refused[0]), refusals=reasons, lines=len(lines)) from refused[0]

    def query(
        self, statements: str, *, database: str | None = None, parameters: Mapping[str, str] | None = None
    ) -> list[list[Series]]:
        """Run InfluxQL with bound parameters and return the series of each statement; times are epoch ms.

        Raises
        ------
        StoreQueryError
            When the server refuses a statement or cuts its answer short.
        StoreUnavailableError
            When the server is away, busy or does not let us in.
        """
        with self._asking():
            response = self._send_query(statements, database, parameters)
            documents = [orjson.loads(line) for line in response.data.splitlines() if line.strip()]
        return _joined(documents)

    def stream(
        self, statement: str, *, database: str, parameters: Mapping[str, str] | None = None
    ) -> Iterator[Series]:
        """Run one statement and yield its series chunk by chunk, so that a long answer is never held whole.

        A series may come in several pieces. Raises as `query` does, also between the pieces.
        """
        with self._asking():
            response = self._send_query(statement, database, parameters)
            response.auto_close = False  # else the last read closes it under the reader of lines
            try:
                whole = True
                for line in io.BufferedReader(response, STREAM_BUFFER_BYTES):
                    if not line.strip():
                        continue
                    document = orjson.loads(line)
                    _refuse_errors(document)
                    for result in document.get("results", []):
                        yield from result.get("series", [])
                        whole = not result.get("partial", False)
                if not whole:
                    raise StoreQueryError(
                        "InfluxDB cut its answer short: raise max-row-limit or ask for less"
                    )
            except BaseException:
                response.close()
                raise
            finally:
                response.release_conn()

    def _send_query(self, statements: str, database: str | None, parameters: Mapping[str, str] | None) -> Any:
        if parameters and self._flavour is Flavour.V3:
            statements, parameters = _with_texts(statements, parameters), None
        fields = [("q", statements), ("epoch", "ms"), ("chunked", "true"), ("chunk_size", str(CHUNK_ROWS))]
        if database is not None:
            fields.append(("db", database))
        if parameters:
            fields.append(("params", orjson.dumps(dict(parameters)).decode()))
        return self._client.api_client.call_api(
            "/query",
            "POST",
            header_params={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            post_params=fields,
            _preload_content=False,
            _return_http_data_only=True,
        )

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except ApiException as error:
            raise self._query_error(error) from error
        except urllib3.exceptions.HTTPError as error:
            raise self._away(error) from error
        except orjson.JSONDecodeError as error:
            raise StoreUnavailableError(f"{self._url} answered a query with something else") from error

    def call(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: object = None
    ) -> Any:
        """Call an endpoint of the management API and return its JSON document; None when the body is empty.

        Raises
        ------
        StoreNotFoundError
            When the server knows no such endpoint, or nothing of the name that was asked for.
        StoreQueryError
            When the server refuses the request.
        StoreUnavailableError
            When the server is away, busy or does not let us in.
        """
        try:
            response = self._client.api_client.call_api(
                path,
                method,
                query_params=list((query or {}).items()),
                header_params={"Accept": "application/json", "Content-Type": "application/json"},
                body=body,
                _preload_content=False,
                _return_http_data_only=True,
            )
            return orjson.loads(response.data) if response.data.strip() else None
        except ApiException as error:
            if error.status in (404, 405, 409):
                kind = StoreNotFoundError if error.status == 404 else StoreQueryError
                raise kind(f"{self._url}{path} answered {error.status}: {_message(error)}") from error
            raise self._query_error(error) from error
        except urllib3.exceptions.HTTPError as error:
            raise self._away(error) from error
        except orjson.JSONDecodeError as error:
            raise StoreQueryError(f"{self._url}{path} answered with something else than JSON") from error

    def ping(self) -> tuple[int, Mapping[str, str]]:
        """Return status and headers of ``/ping``.

        Raises
        ------
        StoreUnavailableError
            When nothing answers in time.
        """
        try:
            _, status, headers = self._client.api_client.call_api(
                "/ping", "GET", _request_timeout=round(PING_TIMEOUT_S * 1000)
            )
        except ApiException as error:
            if not error.status:
                raise self._away(error) from error
            status, headers = error.status, error.headers or {}
        except urllib3.exceptions.HTTPError as error:
            raise self._away(error) from error
        return int(status), dict(headers)

    def close(self) -> None:
        """Let go of the connections."""
        self._write_api.close()
        self._client.close()

    def _away(self, error: Exception) -> StoreUnavailableError:
        return StoreUnavailableError(f"{self._url} does not answer: {type(error).__name__}")

    def _write_error(self, error: ApiException, *, lines: int) -> TimeSeriesError:
        if error.status in _REFUSED:
            return write_refused(self._url, _words(error), lines=lines)
        return self._unavailable(error)

    def _query_error(self, error: ApiException) -> TimeSeriesError:
        # 3.x answers 500 to what it refuses, as it does when it is in trouble: only its words tell the two apart.
        if refused := query_refused(self._url, _words(error)):
            return refused
        if error.status in _REFUSED:
            return StoreQueryError(f"{self._url} refused a query: {_message(error)}")
        return self._unavailable(error)

    def _unavailable(self, error: ApiException) -> StoreUnavailableError:
        if error.status in (401, 403):
            return StoreAccessError(
                f"{self._url} does not let us in ({error.status} {_message(error)}): check timeseries.token and "
                "its rights",
                is_stranger=error.status == 401,
            )
        if error.status == 404:
            return StoreMissingError(f"{self._url} knows no such database: {_message(error)}")
        return StoreUnavailableError(f"{self._url} answered {error.status}: {_message(error)}")


def detect_flavour(url: str, *, timeout_s: float) -> Flavour:
    """Ask ``/ping`` which InfluxDB answers.

    Raises
    ------
    StoreUnavailableError
        When nothing answers, or the answer does not show it; then the setting must name the flavour.
    """
    transport = InfluxTransport(url, flavour=Flavour.V2, token=None, org="-", timeout_s=timeout_s)
    try:
        status, headers = transport.ping()
    finally:
        transport.close()
    flavour = flavour_of_ping(status, headers)
    if flavour is None:
        raise StoreUnavailableError(
            f"{url} does not say which InfluxDB it is (/ping: {status}): set timeseries.flavour to v1, v2 or v3"
        )
    _log.info("storage.influxdb_flavour_found", url=url, flavour=flavour.value)
    return flavour


def _message(error: ApiException) -> str:
    """Return the server's own words from an error answer, one line that is not too long for a log."""
    return _words(error)[:300]


def _words(error: ApiException) -> str:
    """Return the server's own words from an error answer, one line."""
    body = error.body.decode(errors="replace") if isinstance(error.body, bytes) else str(error.body or "")
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    if isinstance(answer, dict):
        body = str(answer.get("error") or answer.get("message") or body)
    return " ".join(body.split()) or str(error.reason)


def _refuse_errors(document: dict[str, Any]) -> None:
    if "error" in document:
        raise StoreQueryError(f"InfluxDB refused a query: {document['error']}")
    for result in document.get("results", []):
        if "error" in result:
            raise StoreQueryError(f"InfluxDB refused a statement: {result['error']}")


_BOUND = re.compile(r"\$(\w+)")


def _with_texts(statement: str, parameters: Mapping[str, str]) -> str:
    """Return a statement with its parameters written out: InfluxDB 3 binds none in ``/query``.

    A parameter is replaced where the statement names it, in one pass, so that no text of a parameter is read again.
    """

    def text(found: re.Match[str]) -> str:
        value = parameters[found[1]].replace("\\", "\\\\").replace("'", "\\'")
        return f"'{value}'"

    return _BOUND.sub(text, statement)


def _goes_on(last: Series, one: Series) -> bool:
    """Return whether a piece belongs to the series before it: 1.x says so, 3.x just sends the same series again."""
    same = all(last.get(key) == one.get(key) for key in ("name", "tags", "columns"))
    return (bool(last.get("partial")) and last.get("tags") == one.get("tags")) or same


def _joined(documents: Sequence[dict[str, Any]]) -> list[list[Series]]:
    """Return the series of each statement, those that came in several chunks put together."""
    answers: dict[int, list[Series]] = {}
    unfinished: dict[int, bool] = {}
    for document in documents:
        _refuse_errors(document)
        for place, result in enumerate(document.get("results", [])):
            statement = result.get("statement_id", place)
            series = answers.setdefault(statement, [])
            for one in result.get("series", []):
                if series and _goes_on(series[-1], one):
                    series[-1]["values"] += one["values"]
                    series[-1]["partial"] = one.get("partial", False)
                else:
                    series.append(one)
            unfinished[statement] = result.get("partial", False)
    if any(unfinished.values()) or any(series and series[-1].get("partial") for series in answers.values()):
        raise StoreQueryError("InfluxDB cut its answer short: raise max-row-limit or ask for less")
    return [answers[statement] for statement in sorted(answers)]
