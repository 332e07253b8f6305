"""A DuckDB log broken on purpose is set aside, and the forwarder rebuilds what was lost from the spool."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from collector.intake.forwarder import Forwarder
from collector.intake.spool.spool import Spool
from collector.messages.decoded import Decoded
from config.settings.tree import CollectorSettings
from heating.clock import ManualClock
from heating.intervals import Interval, to_epoch_ms
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.duckdb.store import DuckDBStore
from tests.support.waiting import wait_until

NOW = datetime(2026, 1, 6, 12, tzinfo=UTC)
REF = ObjectRef(Measurement.ROOM, "R-1")
BATCHES, ROWS = 40, 5


class House:
    """A spool with batches in it, and a store behind it that is copied as a crash would leave it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = CollectorSettings.model_validate({"spool_dir": str(folder / "spool")})
        self.spool = Spool(folder / "spool", clock=ManualClock(NOW), future_tolerance_ms=300_000)

    def commit(self, number: int) -> None:
        start_ms = to_epoch_ms(NOW) + number * 10_000 - 1_000_000
        samples = SampleBatch.from_samples(
            [Sample(REF, "room_temp_c", start_ms + i * 1000, float(number * ROWS + i)) for i in range(ROWS)]
        )
        message = RawMessage(
            topic="heat/a/room/R-1/telemetry", payload=b"%d" % number, received_ms=to_epoch_ms(NOW)
        )
        self.spool.commit([message], _decoded(samples))

    def forward(self, store: DuckDBStore) -> None:
        forwarder = Forwarder(spool=self.spool, store=store, slot="slot-0", settings=self.settings)
        forwarder.start()
        try:
            wait_until(lambda: forwarder.is_drained and forwarder._aligned, timeout_s=20)
        finally:
            forwarder.stop()


def _decoded(samples: SampleBatch) -> Decoded:
    n = len(samples)
    return Decoded(
        samples=samples,
        message=np.zeros(n, np.int32),
        reading=np.arange(n, dtype=np.int32),
        areas=(None,) * len(samples.objects),
    )


def crash(store: DuckDBStore, source: Path, target: Path) -> Path:
    """Copy the files of an open store as a kill would leave them, and return the log."""
    target.mkdir()
    for path in source.iterdir():
        shutil.copyfile(path, target / path.name)
    store.close()
    return target / "timeseries.duckdb.wal"


def values_in(store: DuckDBStore) -> list[float]:
    window = Interval(NOW.replace(hour=11), NOW.replace(hour=13))
    return store.series(REF, ["room_temp_c"], window).values["room_temp_c"].tolist()


@pytest.mark.parametrize("damage", ["a bit in the middle", "cut short", "nothing but rubbish"])
def test_what_a_broken_log_lost_is_forwarded_again(tmp_path: Path, damage: str) -> None:
    house = House(tmp_path)
    store = DuckDBStore(tmp_path / "store")
    for number in range(BATCHES):
        house.commit(number)
        if number == 10:
            house.forward(store)
            store.checkpoint()
        if number % 5 == 0:
            house.forward(store)
    house.forward(store)
    log = crash(store, tmp_path / "store", tmp_path / "crashed")
    size = log.stat().st_size
    assert size > 1000
    match damage:
        case "a bit in the middle":
            with log.open("r+b") as file:
                file.seek(size // 2)
                byte = file.read(1)
                file.seek(size // 2)
                file.write(bytes([byte[0] ^ 0x10]))
        case "cut short":
            os.truncate(log, size // 2)
        case _:
            log.write_bytes(os.urandom(size))
    broken = DuckDBStore(tmp_path / "crashed")
    assert broken.set_aside is not None and broken.set_aside.path.exists()
    assert broken.health().status == "degraded"
    assert len(values_in(broken)) < BATCHES * ROWS
    house.forward(broken)
    assert values_in(broken) == [float(i) for i in range(BATCHES * ROWS)]
    broken.close()
    house.spool.close()


def test_without_the_marks_of_the_store_the_readings_would_stay_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: a store that claims to have everything is not rebuilt."""
    house = House(tmp_path)
    store = DuckDBStore(tmp_path / "store")
    for number in range(BATCHES):
        house.commit(number)
    house.forward(store)
    log = crash(store, tmp_path / "store", tmp_path / "crashed")
    log.write_bytes(b"")
    broken = DuckDBStore(tmp_path / "crashed")
    monkeypatch.setattr(DuckDBStore, "last_mark", lambda self, source: 10**9)
    house.forward(broken)
    assert values_in(broken) == []
    broken.close()
    house.spool.close()
