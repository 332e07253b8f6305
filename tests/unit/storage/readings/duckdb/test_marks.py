"""Marks make a batch count once, whatever is in it, and travel in the transaction of their rows."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from heating.errors import HeatingError
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import AppendMark, HealthStatus
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.duckdb.catalogue import Catalogue
from storage.readings.duckdb.store import DuckDBStore

ROOM = ObjectRef(Measurement.ROOM, "R-1")
START = datetime(2026, 1, 6, 12, tzinfo=UTC)
WINDOW = Interval(START, START + timedelta(hours=1))


def one(second: int) -> SampleBatch:
    at_ms = WINDOW.start_ms + second * 1000
    return SampleBatch.from_samples([Sample(ROOM, "room_temp_c", at_ms, float(second))])


def stored(store: DuckDBStore) -> list[float]:
    return store.series(ROOM, ["room_temp_c"], WINDOW).values["room_temp_c"].tolist()


def test_a_batch_at_or_below_the_last_mark_is_skipped(tmp_path: Path) -> None:
    with closing(DuckDBStore(tmp_path)) as store:
        for second, sequence in ((1, 7), (2, 7), (3, 6), (4, 8)):
            store.append(one(second), mark=AppendMark("slot-0", sequence))
        store.append(one(5), mark=AppendMark("slot-1", 1))
        assert stored(store) == [1.0, 4.0, 5.0]
        assert (store.last_mark("slot-0"), store.last_mark("slot-1"), store.last_mark("")) == (8, 1, None)


def test_an_empty_batch_moves_the_mark_on(tmp_path: Path) -> None:
    with closing(DuckDBStore(tmp_path)) as store:
        store.append(SampleBatch.empty(), mark=AppendMark("slot-0", 0))
        assert store.last_mark("slot-0") == 0


def test_a_failed_append_leaves_neither_rows_nor_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise duckdb.IOException("No space left on device")

    with closing(DuckDBStore(tmp_path)) as store:
        store.append(one(1), mark=AppendMark("slot-0", 1))
        with monkeypatch.context() as broken:
            broken.setattr(Catalogue, "write_staged", full)
            with pytest.raises(HeatingError, match="No space left") as failed:
                store.append(one(2), mark=AppendMark("slot-0", 2))
        assert failed.value.retryable
        assert store.health().status is HealthStatus.DOWN
        assert (stored(store), store.last_mark("slot-0")) == ([1.0], 1)
        store.append(one(2), mark=AppendMark("slot-0", 2))
        assert (stored(store), store.last_mark("slot-0")) == ([1.0, 2.0], 2)
        assert store.health().status is HealthStatus.OK


def test_a_checkpoint_tells_what_a_broken_log_cannot_take_away(tmp_path: Path) -> None:
    with closing(DuckDBStore(tmp_path)) as store:
        store.append(one(1), mark=AppendMark("slot-0", 1))
        assert store.checkpointed_mark("slot-0") == 0
        store.checkpoint()
        store.append(one(2), mark=AppendMark("slot-0", 2))
        assert store.checkpointed_mark("slot-0") == 1
        assert store.health().figures["log_bytes"] > 0
