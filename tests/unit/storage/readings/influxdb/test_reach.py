"""Windows longer than 3.x Core reads at once are read in pieces, with its recorded refusal for those too long."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import RollupName
from storage.readings.errors import WindowTooLongError
from storage.readings.influxdb.flavour import Flavour
from storage.readings.influxdb.reach import QueryReach
from storage.readings.influxdb.store import InfluxDBStore
from tests.contract.readings.readings import NOON, NOON_MS, ROOM
from tests.support.servers.recorded_influxdb import RecordedAnswer, RecordedServer, recorded, serving

HOUR_MS = 3_600_000
FIRST_MS = NOON_MS - 200 * HOUR_MS
WEEK = Interval(NOON - timedelta(hours=168), NOON)
SPAN = re.compile(r"time >= (-?\d+)ms AND time < (\d+)ms")


class Core:
    """Answers as 3.6.0 Core: a reading an hour since 200 h, a file for every 10 min of them, at most so many a query."""

    def __init__(self, server: RecordedServer, *, file_limit: int = 432) -> None:
        self.file_limit = file_limit
        self.spans_h: list[float] = []
        self.refused = 0
        server.give("3", "ping", "databases", "write accepted", "sixth database by the management address")
        server.decide = self.decide

    def decide(self, _method: str, path: str, body: str) -> RecordedAnswer | None:
        if not path.startswith("/query"):
            return None
        statement = parse_qs(body)["q"][0]
        span = SPAN.search(statement)
        if span is None:
            return self.answer(["name"], [["room_temp_c"]])
        start, end = int(span[1]), int(span[2])
        if (end - max(start, FIRST_MS)) / 600_000 > self.file_limit:
            self.refused += 1
            refusal = recorded("3", "more than 432 Parquet files")
            return replace(refusal, body=refusal.body.replace("432", str(self.file_limit)))
        self.spans_h.append((end - start) / HOUR_MS)
        hours = [at for at in range(FIRST_MS, NOON_MS, HOUR_MS) if start <= at < end]
        if "_mean" in statement:
            return self.answer(
                ["time", "m", "n", "x", "c"], [[at, 20.5, 20, 21, 12] for at in hours], {"sensor": "R-1"}
            )
        if "LIMIT 1" in statement:
            hours = hours[:1]
        if "GROUP BY" in statement or "LIMIT 1" in statement:
            rows = [[at, 20.5, 1] for at in hours if 'FROM "room"' in statement]
            return self.answer(["time", "room_temp_c", "received_ms"], rows, {"sensor": "R-1"})
        return self.answer(["time", "room_temp_c", "room_temp_c__q"], [[at, 20.5, 0] for at in hours])

    def answer(self, columns: list[str], rows: list[list[object]], tags: object = None) -> RecordedAnswer:
        series = [{"name": "room", "columns": columns, "values": rows, "tags": tags}] if rows else []
        body = json.dumps({"results": [{"statement_id": 0, "series": series}]})
        return replace(recorded("3", "InfluxQL answer"), body=body)


@pytest.fixture
def server() -> Iterator[RecordedServer]:
    with serving() as running:
        yield running


@pytest.fixture
def store(server: RecordedServer) -> Iterator[InfluxDBStore]:
    made = InfluxDBStore(server.url, database="one", token="t")
    yield made
    made.close()


def test_a_long_window_is_read_in_pieces_in_order(server: RecordedServer, store: InfluxDBStore) -> None:
    core = Core(server)
    found = store.series(ROOM, ["room_temp_c"], WEEK)
    assert found.time_ms.tolist() == list(range(NOON_MS - 168 * HOUR_MS, NOON_MS, HOUR_MS))
    assert core.refused == 0 and max(core.spans_h) == 70
    rows = store.read_rollup(RollupName.ROOM_1H, "room_temp_c", ["R-1"], WEEK)
    assert rows.bucket_ms.tolist() == found.time_ms.tolist() and set(rows.object_ids) == {"R-1"}


def test_a_lower_limit_of_the_server_shortens_the_pieces_once(
    server: RecordedServer, store: InfluxDBStore
) -> None:
    core = Core(server, file_limit=100)
    assert len(store.series(ROOM, ["room_temp_c"], WEEK).time_ms) == 168
    assert core.refused == 1
    assert len(store.series(ROOM, ["room_temp_c"], WEEK).time_ms) == 168
    assert core.refused == 1


def test_the_setting_lowers_the_length(server: RecordedServer) -> None:
    core = Core(server)
    store = InfluxDBStore(server.url, database="one", token="t", longest_query=timedelta(hours=12))
    assert len(store.series(ROOM, ["room_temp_c"], WEEK).time_ms) == 168
    assert core.spans_h == [12.0] * 14
    store.close()


def test_the_oldest_row_of_a_backup_is_found_without_one_long_query(
    server: RecordedServer, store: InfluxDBStore, tmp_path: Path
) -> None:
    core = Core(server)
    store.back_up(tmp_path, now=NOON)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[0].startswith(f"room-{NOON - timedelta(hours=200):%Y%m%d}")
    assert len(names) == 9
    # One search a measurement, each by halves; a scan of 56 years in pieces of 70 h would be 7,000 queries.
    assert core.refused < 14 * 20
    assert {Measurement.ROOM.value} == {name.split("-")[0] for name in names}


def test_a_server_that_reads_not_even_one_file_is_an_error() -> None:
    reach = QueryReach(Flavour.V3)

    def refuse(_piece: Interval) -> None:
        raise WindowTooLongError("no", file_limit=1)

    with pytest.raises(WindowTooLongError):
        reach.read(WEEK, refuse)


@pytest.mark.parametrize("flavour", [Flavour.V1, Flavour.V2])
def test_other_generations_read_any_window_at_once(flavour: Flavour) -> None:
    assert QueryReach(flavour).read(WEEK, lambda piece: piece) == [WEEK]
