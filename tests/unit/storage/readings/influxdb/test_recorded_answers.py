"""What the transport makes of each answer that InfluxDB 2.9.1 and 3.6.0 Core really gave."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from heating.errors import HeatingError
from heating.intervals import to_epoch_ms
from storage.readings.errors import (
    Refusal,
    RefusalKind,
    StoreAccessError,
    StoreLimitError,
    StoreMissingError,
    StoreQueryError,
    StoreRejectedError,
    StoreUnavailableError,
    WindowTooLongError,
)
from storage.readings.influxdb.flavour import Flavour
from storage.readings.influxdb.refusals import refusal_of
from storage.readings.influxdb.transport import InfluxTransport, detect_flavour
from tests.support.servers.recorded_influxdb import (
    RecordedAnswer,
    RecordedServer,
    recorded,
    recorded_answers,
    serving,
)

FLAVOURS = {"2": Flavour.V2, "3": Flavour.V3}
WRITE = "/api/v2/write"
ERRORS: dict[tuple[str, str], type[HeatingError]] = {
    ("2", "partly older than the retention"): StoreRejectedError,
    ("2", "field type conflict"): StoreRejectedError,
    ("2", "malformed line among good ones"): StoreRejectedError,
    ("2", "time out of range"): StoreRejectedError,
    ("2", "wrong token"): StoreAccessError,
    ("2", "no token"): StoreAccessError,
    ("2", "write with a read-only token"): StoreAccessError,
    ("2", "write to a missing bucket"): StoreMissingError,
    ("2", "write to a missing organisation"): StoreMissingError,
    ("2", "make a bucket with a bucket token"): StoreAccessError,
    ("2", "InfluxQL with a write-only token"): StoreQueryError,
    ("2", "InfluxQL on a missing database"): StoreQueryError,
    ("2", "InfluxQL syntax error"): StoreQueryError,
    ("3", "field type conflict"): StoreRejectedError,
    ("3", "malformed line among good ones"): StoreRejectedError,
    ("3", "wrong token"): StoreAccessError,
    ("3", "no token"): StoreAccessError,
    ("3", "sixth database by writing"): StoreLimitError,
    ("3", "sixth database by the management address"): StoreLimitError,
    ("3", "InfluxQL on a missing database"): StoreMissingError,
    ("3", "InfluxQL syntax error"): StoreQueryError,
    ("3", "more than 432 Parquet files"): WindowTooLongError,
}
"""Every answer that is an error; all others must be none."""


@pytest.fixture
def server() -> Iterator[RecordedServer]:
    with serving() as running:
        yield running


def ask(transport: InfluxTransport, answer: RecordedAnswer) -> None:
    if answer.address == WRITE:
        transport.write("one", (answer.request or "").splitlines())
    elif answer.address == "/query":
        transport.query("SELECT room_temp_c FROM room", database="one")
    else:
        transport.call(answer.method, answer.address, body=answer.request)


@pytest.mark.parametrize("answer", recorded_answers(), ids=lambda answer: f"{answer.version}: {answer.case}")
def test_each_answer_is_what_it_means(server: RecordedServer, answer: RecordedAnswer) -> None:
    generation = answer.version[0]
    server.give(generation, answer.case)
    if answer.address in ("/ping", "/health"):
        if answer.address == "/ping":
            assert detect_flavour(server.url, timeout_s=2.0) is FLAVOURS[generation]
        return
    transport = InfluxTransport(
        server.url, flavour=FLAVOURS[generation], token="t", org="nuanliu", timeout_s=2.0
    )
    expected = ERRORS.get((generation, answer.case))
    try:
        if expected is None:
            ask(transport, answer)
            return
        with pytest.raises(HeatingError) as failed:
            ask(transport, answer)
        assert type(failed.value) is expected
        assert failed.value.retryable is issubclass(expected, StoreUnavailableError)
        assert len(server.asked) == 1, "the forwarder tries again, nobody else"
    finally:
        transport.close()


def refusals(server: RecordedServer, generation: str, case: str) -> tuple[Refusal, ...]:
    server.give(generation, case)
    transport = InfluxTransport(
        server.url, flavour=FLAVOURS[generation], token="t", org="nuanliu", timeout_s=2.0
    )
    with pytest.raises(StoreRejectedError) as failed:
        ask(transport, recorded(generation, case))
    transport.close()
    return failed.value.refusals


def test_what_is_too_old_is_named_by_the_oldest_time_that_is_kept(server: RecordedServer) -> None:
    (refusal,) = refusals(server, "2", "partly older than the retention")
    oldest = to_epoch_ms(datetime(2026, 11, 30, 8, 39, 22, tzinfo=UTC))
    assert (refusal.kind, refusal.oldest_ms, refusal.dropped) == (RefusalKind.RETENTION, oldest, 1)


def test_a_field_of_another_type_is_named_with_the_type_that_is_there(server: RecordedServer) -> None:
    (refusal,) = refusals(server, "2", "field type conflict")
    named = (refusal.kind, refusal.measurement, refusal.field, refusal.there_type)
    assert named == (RefusalKind.FIELD_TYPE, "room", "co2", "integer")
    assert "co2" in refusal.remedy and "integer" in refusal.remedy


def test_3x_names_nothing_of_a_refused_line(server: RecordedServer) -> None:
    (refusal,) = refusals(server, "3", "field type conflict")
    assert (refusal.kind, refusal.dropped) == (RefusalKind.LINES, None)


def test_the_file_limit_of_a_query_is_a_number(server: RecordedServer) -> None:
    server.give("3", "more than 432 Parquet files")
    transport = InfluxTransport(server.url, flavour=Flavour.V3, token="t", org="", timeout_s=2.0)
    with pytest.raises(WindowTooLongError, match="--query-file-limit") as failed:
        transport.query("SELECT room_temp_c FROM room", database="one")
    assert failed.value.file_limit == 432
    transport.close()


def test_the_database_that_has_no_room_is_said_with_the_limit(server: RecordedServer) -> None:
    server.give("3", "sixth database by writing")
    transport = InfluxTransport(server.url, flavour=Flavour.V3, token="t", org="", timeout_s=2.0)
    with pytest.raises(StoreLimitError, match="holds its 5 databases already"):
        transport.write("d9", ["room,sensor=R-1 room_temp_c=20.5 1"])
    transport.close()


@pytest.mark.parametrize(
    ("text", "kind", "limit"),
    [
        ("partial write: points beyond retention policy dropped=7", RefusalKind.RETENTION, None),
        (
            'partial write: max-values-per-tag limit exceeded (100000/100000): measurement="room" tag="sensor" '
            'value="R-9" dropped=7',
            RefusalKind.SERIES_LIMIT,
            100_000,
        ),
        (
            "partial write: max-series-per-database limit exceeded: (1000000) dropped=7",
            RefusalKind.SERIES_LIMIT,
            1_000_000,
        ),
    ],
)
def test_1x_says_how_many_lines_it_dropped_and_why(text: str, kind: RefusalKind, limit: int | None) -> None:
    refusal = refusal_of(text)
    assert (refusal.kind, refusal.limit, refusal.dropped) == (kind, limit, 7)
    assert StoreRejectedError("x", refusals=[refusal], lines=7).took_nothing
    assert not StoreRejectedError("x", refusals=[refusal], lines=8).took_nothing


def test_an_answer_that_says_nothing_of_lines_is_of_an_unknown_kind() -> None:
    assert refusal_of("<html>proxy</html>").kind is RefusalKind.UNKNOWN
