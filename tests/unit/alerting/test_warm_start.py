"""After a start the rooms know their last hours from the store, by few reads over all homes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from alerting.live_state import LiveState
from alerting.signals import Signals
from heating.heat_tree import build_heat_tree
from heating.intervals import Interval, to_epoch_ms
from heating.points import Measurement
from heating.protocols import RollupBatch, RollupName
from heating.samples import ObjectRef, Sample, SampleBatch
from tests.support.small_site import small_site

NOW = datetime(2026, 1, 11, 3, 20, tzinfo=UTC)
SITE = small_site()


class Store:
    """Keeps samples of two rooms every five minutes for two days; counts the reads."""

    def __init__(self, *, with_rollups: bool) -> None:
        self.with_rollups = with_rollups
        self.reads = 0
        self.samples = [
            Sample(ObjectRef(Measurement.ROOM, sensor), "room_temp_c", to_epoch_ms(at), value(sensor, at))
            for at in (NOW - timedelta(minutes=5 * n) for n in range(1, 576))
            for sensor in ("R1-1", "R1-2")
        ]

    def latest(self, measurement: Measurement, window: Interval) -> SampleBatch:
        self.reads += 1
        start, end = to_epoch_ms(window.start), to_epoch_ms(window.end)
        newest: dict[str, Sample] = {}
        for sample in self.samples:
            inside = start <= sample.measured_ms < end and sample.ref.measurement is measurement
            known = newest.get(sample.ref.object_id)
            if inside and (known is None or known.measured_ms < sample.measured_ms):
                newest[sample.ref.object_id] = sample
        return SampleBatch.from_samples(list(newest.values()))

    def read_rollup(
        self, name: RollupName, point: str, object_ids: Sequence[str], window: Interval
    ) -> RollupBatch:
        self.reads += 1
        hours = range(to_epoch_ms(window.start), to_epoch_ms(window.end), 3_600_000)
        rows = [(sensor, hour) for sensor in ("R1-1", "R1-2") for hour in hours] if self.with_rollups else []
        mean = np.array([value(sensor, datetime.fromtimestamp(hour / 1000, UTC)) for sensor, hour in rows])
        ids = tuple(sensor for sensor, _ in rows)
        bucket_ms = np.array([hour for _, hour in rows], np.int64)
        return RollupBatch(name, ids, point, bucket_ms, mean, mean, mean, np.full(len(rows), 12, np.int64))


def value(sensor: str, at: datetime) -> float:
    """Cold until an hour ago in the first room, warm in the second."""
    return 21.0 if sensor == "R1-2" else 17.0 if at < NOW - timedelta(minutes=35) else 19.0


def warmed(store: Store) -> dict[str, list[float]]:
    live = LiveState(SITE, build_heat_tree(SITE), now=NOW)
    live.warm_from(store, now=NOW)  # type: ignore[arg-type]  # only what a warm start calls
    table = Signals(live, standard_c=18.0, watching_since_ms=0).tables(now_ms=to_epoch_ms(NOW)).household
    rows = [[live.tree.ids[n] for n in table.subjects].index(home) for home in ("H1-1", "H1-2", "H1-3")]
    return {name: column[rows].tolist() for name, column in table.columns.items()}


@pytest.mark.parametrize("with_rollups", [True, False])
def test_medians_and_degree_hours_do_not_start_from_one_reading(with_rollups: bool) -> None:
    signals = warmed(Store(with_rollups=with_rollups))
    assert signals["t_room"][:2] == [19.0, 21.0]
    assert signals["t_room_med30"][0] == 19.0
    assert signals["t_room_med60"][:2] == [19.0, 21.0]  # seven warm readings of eleven
    assert min(signals["covered_hours_24h"][:2]) >= 23.0
    assert 19.5 < signals["cold_degree_hours_24h"][0] < 21.5
    assert signals["cold_degree_hours_24h"][1] == 0.0
    assert np.isnan(signals["t_room_med60"][2])
    assert signals["covered_hours_24h"][2] == 0.0


def test_a_warm_start_reads_by_time_and_never_home_by_home() -> None:
    store = Store(with_rollups=True)
    warmed(store)
    assert store.reads == 1 + 18 + len(Measurement)
    alone = Store(with_rollups=False)
    warmed(alone)
    assert alone.reads <= store.reads + 24
