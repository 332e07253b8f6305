"""Rows that a real InfluxDB refuses become rejections, live rows flow, and the rejections find their way back."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.decoders.native.decoder import NativeDecoder
from collector.intake.decoder_chain import DecoderChain
from collector.intake.forwarder import Forwarder
from collector.intake.spool.rejections import RejectionFilter, count_by_reason, list_rejections
from collector.intake.spool.rejections_of_store import ask_again
from collector.intake.spool.spool import Spool
from collector.messages.known_objects import KnownObjects
from config.settings.tree import CollectorSettings
from heating.clock import ManualClock
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import HealthStatus, RawMessage
from heating.samples import ObjectRef
from storage.readings.influxdb.store import InfluxDBStore
from tests.support.servers.influxdb import InfluxdbServer

pytestmark = pytest.mark.influxdb
NOW = datetime.now(UTC).replace(microsecond=0)
NOW_MS = int(NOW.timestamp() * 1000)
DAY_MS = 86_400_000
ROOMS = [ObjectRef(Measurement.ROOM, f"S{number}") for number in range(200)]
STATIONS = [ObjectRef(Measurement.STATION, f"T{number}") for number in range(3)]


class Rig:
    """Spool and forwarder in front of a store, without threads."""

    def __init__(self, folder: Path, store: InfluxDBStore) -> None:
        self.folder, self.store = folder, store
        self.spool = Spool(folder, clock=ManualClock(NOW))
        self.chain = DecoderChain(
            routes=[("heat/#", NativeDecoder())],
            known=KnownObjects(dict.fromkeys([*ROOMS, *STATIONS], "xl")),
        )
        self.forwarder = Forwarder(
            spool=self.spool, store=store, slot="c0", settings=CollectorSettings(spool_dir=folder)
        )

    def put(self, *messages: RawMessage) -> int:
        """Commit messages and forward all there is; return the rows that the store took."""
        self.spool.commit(messages, self.chain.read(messages))
        taken = 0
        while not self.forwarder.is_drained:
            taken += self.forwarder.forward_once()
        return taken

    def reasons(self) -> str:
        """What the forwarder says of the store, whether its thread runs or not."""
        return self.forwarder._told.reasons(now_s=0.0)


def room(number: int, *, age_ms: int = 0, value: float = 20.5) -> RawMessage:
    body = json.dumps({"t": NOW_MS - age_ms, "v": {"room_temp_c": value, "room_humidity_pct": 40}})
    return RawMessage(f"heat/xl/room/S{number}/telemetry", body.encode(), NOW_MS)


def station(number: int, *, age_ms: int = 0) -> RawMessage:
    values = {"primary_supply_temp_c": 80.0, "secondary_supply_temp_c": 45.0, "secondary_return_temp_c": 38.0}
    body = json.dumps({"t": NOW_MS - age_ms, "v": values})
    return RawMessage(f"heat/xl/station/T{number}/telemetry", body.encode(), NOW_MS)


@pytest.fixture
def open_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    opened: list[Rig] = []

    def start(server: InfluxdbServer, **store: object) -> Rig:
        rig = Rig(tmp_path / "spool", InfluxDBStore(server.url, **store))  # type: ignore[arg-type]
        opened.append(rig)
        return rig

    yield start
    for rig in opened:
        rig.spool.close()
        rig.store.close()


def test_rows_older_than_the_retention_are_rejected_and_live_rows_flow(
    influxdb_server: InfluxdbServer, open_rig: Callable[..., Rig]
) -> None:
    rig = open_rig(influxdb_server, database="test_refused_retention", retention_raw=timedelta(days=3))
    old = [station(number % 3, age_ms=5 * DAY_MS - number * 1000) for number in range(1500)]
    writes = []
    append = rig.store.append
    rig.store.append = lambda batch, mark=None: writes.append(len(batch)) or append(batch, mark=mark)  # type: ignore[method-assign, func-returns-value]
    assert rig.put(*old, *(room(number) for number in range(60))) == 120
    assert count_by_reason(rig.folder) == {"store_rejected": 4500}
    assert len(writes) < 60, "the refused are found by time, not row by row"
    (kept,) = list_rejections(rig.folder, limit=1)
    assert json.loads(kept.payload)["refusal"]["kind"] == "retention"
    assert "older than it keeps" in rig.reasons()
    influxdb_server.drop_database("test_refused_retention")


def test_a_field_of_another_type_costs_that_field_alone_and_is_named(
    influxdb_server: InfluxdbServer, fresh_influxdb_database: str, open_rig: Callable[..., Rig]
) -> None:
    rig = open_rig(influxdb_server, database=fresh_influxdb_database)
    rig.store._ready().write(fresh_influxdb_database, [f"room,sensor=X room_temp_c=20i {NOW_MS}"])
    assert rig.put(*(room(number) for number in range(200)), station(0)) == 203
    assert count_by_reason(rig.folder) == {"store_rejected": 200}
    assert "field «room_temp_c» of measurement «room» exists there as integer" in rig.reasons()
    rig.forwarder.start()
    health = rig.forwarder.health()
    assert health.status is HealthStatus.DEGRADED and "replay-rejected" in health.reason
    rig.forwarder.stop()
    # Mended: the wrong rows are gone, and what was refused is given back when someone asks.
    influxdb_server.query('DROP MEASUREMENT "room"', database=fresh_influxdb_database)
    assert ask_again(rig.folder, RejectionFilter()) == 200
    assert rig.forwarder.give_back() == 200
    day = Interval(NOW - timedelta(days=1), NOW + timedelta(seconds=1))
    found = rig.store.series(ROOMS[7], ["room_temp_c"], day)
    assert found.values["room_temp_c"].tolist() == [20.5]
    assert ask_again(rig.folder, RejectionFilter()) == 0


def test_homes_above_the_limit_of_tag_values_are_rejected_and_come_back_when_it_is_raised(
    influxdb_factory: Callable[..., InfluxdbServer], open_rig: Callable[..., Rig]
) -> None:
    server = influxdb_factory(index="inmem", max_values_per_tag=157)
    rig = open_rig(server)
    # The server counts before it takes a request in, so the limit is met by the second.
    rig.put(*(room(number) for number in range(157)))
    assert rig.put(*(room(number) for number in range(157, 200)), station(1)) == 3
    assert count_by_reason(rig.folder) == {"store_rejected": 86}
    assert "limit of 157" in rig.reasons() and "max-values-per-tag" in rig.reasons()
    (kept,) = list_rejections(rig.folder, limit=1)
    assert json.loads(kept.payload)["refusal"] == {
        "kind": "series_limit",
        "measurement": "room",
        "limit": 157,
    }
    before = rig.forwarder.appends
    assert rig.put(*(room(number, age_ms=-1000) for number in range(200))) == 314
    assert rig.forwarder.appends == before + 1
    assert count_by_reason(rig.folder) == {"store_rejected": 172}
    # The limit is not lifted yet: what is asked for comes back as a rejection.
    assert ask_again(rig.folder, RejectionFilter()) == 172 and rig.forwarder.give_back() == 0
    server.stop()
    path = next(Path(server.process.directory).glob("influxdb.conf"))
    path.write_text(path.read_text().replace("max-values-per-tag = 157", "max-values-per-tag = 0"))
    server.restart()
    assert ask_again(rig.folder, RejectionFilter()) == 172 and rig.forwarder.give_back() == 172
    assert rig.put(*(room(number, age_ms=-2000) for number in range(200))) == 400
