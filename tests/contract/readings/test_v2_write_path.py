"""The write path of InfluxDB 2, by the client as it is, into a real VictoriaMetrics."""

import math

import pytest

from heating.points import Measurement
from heating.protocols import HealthStatus
from heating.quality import Quality
from heating.samples import ObjectRef
from storage.readings.influxdb.flavour import Flavour
from storage.readings.influxdb.store import InfluxDBStore
from tests.contract.readings.readings import NOON_MS, batch_of, reading, rollup
from tests.support.servers.victoria_metrics import VictoriaMetricsServer

pytestmark = pytest.mark.victoriametrics


def test_lines_of_a_batch_arrive_by_the_v2_endpoint(victoria_metrics_server: VictoriaMetricsServer) -> None:
    store = InfluxDBStore(victoria_metrics_server.url, flavour=Flavour.V2, token="none", database="nuanliu")
    ref = ObjectRef(Measurement.ROOM, "星河,3号楼 501")
    store.append(
        batch_of(
            reading(21.25, ref=ref),
            reading(math.nan, ref=ref, minute=1, quality=Quality.BAD_SENTINEL),
            reading(22.5, ref=ref, minute=2),
        )
    )
    found = {
        series["metric"]["__name__"]: (series["values"], series["timestamps"])
        for series in victoria_metrics_server.export('{sensor="星河,3号楼 501"}')
    }
    assert found["room_room_temp_c"] == ([21.25, 22.5], [NOON_MS, NOON_MS + 120_000])
    assert found["room_room_temp_c__bad_q"] == ([131], [NOON_MS + 60_000])
    assert found["room_received_ms"][0] == [NOON_MS + 250 + minute * 60_000 for minute in range(3)]
    # It shows no buckets, so nobody knows how long it keeps roll-ups; everything else is in order.
    health = store.health()
    assert health.status is HealthStatus.DEGRADED and health.reason.startswith("roll-ups live in")
    store.close()


def test_rollups_go_to_the_same_bucket_where_policies_are_not_ours(
    victoria_metrics_server: VictoriaMetricsServer,
) -> None:
    store = InfluxDBStore(victoria_metrics_server.url, flavour=Flavour.V2, token="none")
    store.write_rollup(rollup(["V2-R-1"], [20.0]))
    names = {
        series["metric"]["__name__"]: series["values"]
        for series in victoria_metrics_server.export('{sensor="V2-R-1"}')
    }
    assert names == {
        "room_1h_room_temp_c_mean": [20],
        "room_1h_room_temp_c_min": [19.5],
        "room_1h_room_temp_c_max": [20.5],
        "room_1h_room_temp_c_count": [12],
    }
    store.close()
