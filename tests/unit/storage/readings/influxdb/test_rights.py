"""Health asks for the rights it needs and names what is missing, by the answers that 2.9.1 and 3.6.0 Core gave."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from heating.protocols import Health, HealthStatus
from storage.readings.influxdb.store import InfluxDBStore
from tests.support.servers.recorded_influxdb import RecordedAnswer, RecordedServer, recorded, serving

V2 = ("ping", "organisations seen by a bucket token", "buckets seen by a bucket token")


@pytest.fixture
def server() -> Iterator[RecordedServer]:
    with serving() as running:
        yield running


def health(server: RecordedServer, generation: str, *cases: str) -> Health:
    server.give(generation, *cases)
    store = InfluxDBStore(server.url, database="one", token="t")
    try:
        return store.health()
    finally:
        store.close()


@pytest.mark.parametrize(
    ("cases", "missing"),
    [
        (("write with a read-only token", "InfluxQL answer"), "may not write to bucket «one»"),
        (("write accepted", "InfluxQL with a write-only token"), "may not read bucket «one»"),
        (("write to a missing bucket", "InfluxQL on a missing database"), "there is no bucket «one»"),
        (("wrong token", "InfluxQL answer"), "does not know timeseries.token"),
    ],
)
def test_what_a_token_of_2x_lacks_is_named(
    server: RecordedServer, cases: tuple[str, ...], missing: str
) -> None:
    found = health(server, "2", *V2, *cases)
    assert found.status is HealthStatus.DOWN and missing in found.reason


def test_a_token_for_one_bucket_is_told_where_rollups_live_and_how_long(server: RecordedServer) -> None:
    """2.9.1 shows such a token no organisation, so no second bucket can be made; the log said an index error."""
    kept_for_ever = health(server, "2", *V2, "write accepted", "InfluxQL answer")
    assert (kept_for_ever.status, kept_for_ever.reason) == (HealthStatus.OK, "")

    def for_a_week(method: str, path: str, _body: str) -> RecordedAnswer | None:
        if method == "GET" and path.startswith("/api/v2/buckets"):
            answer = recorded("2", "buckets seen by a bucket token")
            return replace(answer, body=answer.body.replace('"everySeconds": 0', '"everySeconds": 604800'))
        return None

    server.decide = for_a_week
    found = health(server, "2")
    assert found.status is HealthStatus.DEGRADED
    assert (
        "roll-ups live in the bucket «one» of the readings and are kept for 7 d instead of 1826 d"
        in found.reason
    )
    assert "make a bucket one_rollup" in found.reason
    assert found.figures == {"readings_kept_days": 7, "rollups_kept_days": 7}


def test_the_rights_are_asked_for_once_and_again_after_a_refusal(server: RecordedServer) -> None:
    server.give("2", *V2, "write accepted", "InfluxQL answer")
    store = InfluxDBStore(server.url, database="one", token="t")
    assert store.health().status is HealthStatus.OK
    asked = len(server.asked)
    assert store.health().status is HealthStatus.OK
    assert [path for _, path, _ in server.asked[asked:]] == ["/ping"]
    server.give("2", "write with a read-only token")
    with pytest.raises(Exception, match="insufficient permissions"):
        store._write(["room,sensor=R-1 room_temp_c=1.0 1"], rollup=False)
    assert "may not write" in store.health().reason
    store.close()


def test_3x_without_a_database_says_so(server: RecordedServer) -> None:
    found = health(
        server,
        "3",
        "ping",
        "databases",
        "sixth database by the management address",
        "InfluxQL on a missing database",
    )
    # The list names «one», so it is there; the question says otherwise.
    assert found.status is HealthStatus.DOWN and "there is no database «one»" in found.reason
    assert "five at the most" in found.reason


def test_a_wrong_token_of_3x_is_named(server: RecordedServer) -> None:
    def closed(_method: str, path: str, _body: str) -> RecordedAnswer:
        return recorded("3", "ping without a token" if path == "/ping" else "wrong token")

    server.decide = closed
    found = health(server, "3")
    assert found.status is HealthStatus.DOWN and "does not know timeseries.token" in found.reason


def test_rollups_beside_readings_in_3x_are_told(server: RecordedServer) -> None:
    cases = (
        "ping",
        "databases",
        "sixth database by the management address",
        "InfluxQL answer",
        "write accepted",
    )
    store_for = health(server, "3", *cases)
    assert store_for.status is HealthStatus.DEGRADED and "make a database one-rollup" in store_for.reason


def test_preparing_2x_with_a_small_token_says_the_commands_of_an_administrator(
    server: RecordedServer,
) -> None:
    server.give("2", *V2)
    store = InfluxDBStore(server.url, database="one", token="t")
    prepared = store.prepare()
    store.close()
    assert prepared.there == ["bucket one"]
    assert prepared.remarks == ["bucket one keeps rows for ever, the settings say 400 d"]
    assert prepared.to_do == [
        "influx bucket update --id ID-OF-one --retention 9600h",
        "influx bucket create --org nuanliu --name one_rollup --retention 43824h",
    ]


def test_preparing_3x_without_room_says_which_database_is_missing(server: RecordedServer) -> None:
    server.give("3", "ping", "databases", "sixth database by the management address")
    store = InfluxDBStore(server.url, database="one")
    prepared = store.prepare()
    store.close()
    assert prepared.to_do[-2:] == [
        "influxdb3 create database --retention-period 43824h one-rollup",
        "influxdb3 create token --admin",
    ]
