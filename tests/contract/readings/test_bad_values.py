"""A bad value is never in the field that colleagues average; what was written before that is read as before."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from heating.points import Measurement
from heating.protocols import TimeSeriesStore
from heating.quality import Quality
from heating.samples import SampleBatch
from storage.readings.duckdb import pivot
from storage.readings.influxdb import line_protocol
from storage.readings.influxdb import store as influxdb_store
from storage.readings.influxdb.scanning import within
from storage.readings.influxdb.store import InfluxDBStore
from tests.contract.readings.readings import NOON, OTHER_ROOM, ROOM, batch_of, minutes, reading
from tests.support.servers.influxdb import InfluxdbServer

HOUR = minutes(0, 60)
SAMPLES = (
    reading(20.0),
    reading(327.67, minute=1, quality=Quality.BAD_RANGE),
    reading(22.0, minute=2, quality=Quality.UNCERTAIN_MOVED),
    reading(float("nan"), minute=3, quality=Quality.BAD_SENTINEL),
    reading(-99.0, minute=1, ref=OTHER_ROOM, quality=Quality.BAD_SENSOR_FAULT),
)
CODES = [0, Quality.BAD_RANGE, Quality.UNCERTAIN_MOVED, Quality.BAD_SENTINEL]
VALUES = [20.0, 327.67, 22.0, None]


def write_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let both stores write as 0.1.0 did: a bad value in the field of the good ones, its reason in ``__q``."""

    def part(
        columns: pivot.WideColumns, name: str, _values: NDArray[np.float64], quality: NDArray[np.uint8]
    ) -> None:
        columns[f"{name}__q"] = np.ma.masked_array(quality, quality == 0)

    def lines(batch: SampleBatch) -> list[str]:
        new = line_protocol.sample_lines(batch)
        return [line.replace("__bad=", "=").replace("__bad_q=", "__q=") for line in new]

    monkeypatch.setattr(pivot, "_part_by_quality", part)
    monkeypatch.setattr(influxdb_store, "sample_lines", lines)


def check_every_read(store: TimeSeriesStore) -> None:
    columns = store.series(ROOM, ["room_temp_c"], HOUR)
    found = [None if np.isnan(value) else value for value in columns.values["room_temp_c"].tolist()]
    assert (found, columns.quality["room_temp_c"].tolist()) == (VALUES, CODES)
    window = store.window(Measurement.ROOM, HOUR)
    of_room = [row for row in range(len(window)) if window.objects[window.object_index[row]] == ROOM]
    assert window.quality[of_room].tolist() == CODES
    latest = store.latest(Measurement.ROOM, HOUR).to_samples()
    newest = {sample.ref: (sample.value, sample.quality) for sample in latest}
    assert np.isnan(newest[ROOM][0]) and newest[ROOM][1] == Quality.BAD_SENTINEL
    assert newest[OTHER_ROOM] == (-99.0, Quality.BAD_SENSOR_FAULT)
    (statistics,) = store.statistics(Measurement.ROOM, ["room_temp_c"], HOUR, step=timedelta(hours=1))
    assert statistics.object_ids == (ROOM.object_id,)
    assert (statistics.mean.tolist(), statistics.count.tolist()) == ([21.0], [2])


def test_bad_values_come_back_as_bad_on_every_way(store: TimeSeriesStore) -> None:
    store.append(batch_of(*SAMPLES))
    check_every_read(store)


def test_readings_of_the_version_before_come_back_the_same(
    open_store: Callable[..., TimeSeriesStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        write_as_before(before)
        store = open_store()
        store.append(batch_of(*SAMPLES[:3]))
        store.close()
    store = open_store()
    store.append(batch_of(*SAMPLES[3:]))
    check_every_read(store)
    # A day that is closed is written again whole.
    store.apply_retention(now=NOON + timedelta(days=3))
    check_every_read(store)


def test_the_servers_own_mean_is_that_of_the_good_values(influxdb_server: InfluxdbServer) -> None:
    store = InfluxDBStore(influxdb_server.url, database="test_bad_values")
    store.append(batch_of(*SAMPLES))
    statement = f'SELECT mean("room_temp_c") FROM "room" WHERE {within(HOUR)}'
    answer = store._ready().query(statement, database=store.database)
    assert answer[0][0]["values"][0][1] == 21.0
    store.close()
    influxdb_server.drop_database("test_bad_values")
