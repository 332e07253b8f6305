"""The roll-up engine of one collector, on an embedded store, against sums made by hand from what was sent."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from heating.assets import Building, Community, Household, Sensor, SensorAssignment, Site
from heating.clock import ManualClock
from heating.intervals import Interval, from_epoch_ms, to_epoch_ms
from heating.points import Measurement
from heating.protocols import HealthStatus, RollupBatch, RollupName
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.duckdb.store import DuckDBStore
from storage.readings.errors import StoreUnavailableError
from storage.readings.rollups.engine import RollupEngine
from storage.readings.rollups.noting_store import NotingStore
from storage.readings.rollups.state import NotedState, load_state
from storage.records.database import RecordsUnavailableError
from storage.records.records import open_records

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
NOON_MS = to_epoch_ms(NOON)
LONG = Interval(NOON - timedelta(days=9), NOON + timedelta(days=1))
BUILDINGS, HOMES = 3, 4


def site() -> Site:
    homes = [(b, h) for b in range(BUILDINGS) for h in range(HOMES)]
    return Site(
        communities=(Community(community_id="C-0", name="星河", area_id="A"),),
        buildings=tuple(
            Building(building_id=f"B-{b}", name="楼", community_id="C-0", station_id="S-0")
            for b in range(BUILDINGS)
        ),
        households=tuple(
            Household(household_id=f"H-{b}-{h}", building_id=f"B-{b}", unit=1, floor=1, room=str(h))
            for b, h in homes
        ),
        sensors=tuple(Sensor(sensor_id=f"R-{b}-{h}") for b, h in homes),
        assignments=tuple(
            SensorAssignment(
                sensor_id=f"R-{b}-{h}", household_id=f"H-{b}-{h}", start=datetime(2020, 1, 1, tzinfo=UTC)
            )
            for b, h in homes
        ),
    )


class House:
    """A store, records, a clock and an engine; `send` stores readings as a collector does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = DuckDBStore(folder / "store")
        self.records = open_records(f"sqlite:///{folder}/records.sqlite3")
        self.clock = ManualClock(NOON - timedelta(minutes=7))
        self.sent: list[Sample] = []
        self.restart()

    def restart(self) -> None:
        """Start the process again; what the one before had in memory is lost, as after a kill."""
        self.engine = RollupEngine(
            store=self.store,
            notes=self.records.rollup_work,
            holder="alone",
            site=site(),
            clock=self.clock,
            state_file=self.folder / "rollups.json",
        )

    def send(self, *rows: Sample, again: bool = False) -> None:
        NotingStore(self.store, self.engine).append(SampleBatch.from_samples(rows))
        if not again:
            self.sent += rows

    def close(self) -> None:
        self.store.close()
        self.records.close()

    def go_to(self, moment: datetime) -> None:
        self.clock.set(moment)
        for _ in range(40):
            self.engine.run_once()

    def rollup(self, name: RollupName, ids: list[str], point: str = "room_temp_c") -> RollupBatch:
        return self.store.read_rollup(name, point, ids, LONG)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def room(value: float, minute: float, *, b: int = 0, h: int = 0, quality: int = 0) -> Sample:
    ref = ObjectRef(Measurement.ROOM, f"R-{b}-{h}")
    return Sample(ref, "room_temp_c", NOON_MS + round(minute * 60_000), value, quality)


def cells(rows: RollupBatch) -> dict[tuple[str, float], tuple[float, float, float, int]]:
    """Minutes after noon and object -> mean, minimum, maximum, count."""
    columns = (rows.mean.round(6), rows.minimum, rows.maximum, rows.count)
    minute = ((rows.bucket_ms - NOON_MS) / 60_000).tolist()
    values = zip(*(column.tolist() for column in columns), strict=True)
    return dict(zip(zip(rows.object_ids, minute, strict=True), values, strict=True))


def expected_hours(sent: list[Sample]) -> dict[tuple[str, float], tuple[float, float, float, int]]:
    found: dict[tuple[str, float], list[float]] = {}
    for row in sent:
        hour = (row.measured_ms // 3_600_000 * 3_600_000 - NOON_MS) / 60_000
        if row.quality < 128:
            found.setdefault((row.ref.object_id, hour), []).append(row.value)
    return {
        key: (round(float(np.mean(values)), 6), min(values), max(values), len(values))
        for key, values in found.items()
    }


def test_a_bucket_is_written_when_it_is_over_and_not_before(house: House) -> None:
    house.send(room(20.0, 1), room(22.0, 2), room(99.0, 3, quality=129))
    house.go_to(NOON + timedelta(minutes=6))
    assert not len(house.rollup(RollupName.BUILDING_5M, ["B-0"]).count)
    house.go_to(NOON + timedelta(minutes=6, seconds=30))
    assert cells(house.rollup(RollupName.BUILDING_5M, ["B-0"])) == {("B-0", 0.0): (21.0, 21.0, 21.0, 1)}


def test_groups_count_each_room_once_by_its_mean(house: House) -> None:
    house.send(room(10.0, 1), room(20.0, 2), room(18.0, 1, h=1), room(24.0, 1, b=1))
    house.go_to(NOON + timedelta(minutes=7))
    assert cells(house.rollup(RollupName.BUILDING_5M, ["B-0", "B-1"])) == {
        ("B-0", 0.0): (16.5, 15.0, 18.0, 2),
        ("B-1", 0.0): (24.0, 24.0, 24.0, 1),
    }
    assert cells(house.rollup(RollupName.COMMUNITY_5M, ["C-0"])) == {("C-0", 0.0): (19.0, 15.0, 24.0, 3)}


def test_stations_have_every_point(house: House) -> None:
    ref = ObjectRef(Measurement.STATION, "ST-1")
    names = ["secondary_supply_temp_c", "secondary_return_temp_c"]
    house.send(*(Sample(ref, name, NOON_MS + i * 1000, 40.0 + i) for i in range(300) for name in names))
    house.go_to(NOON + timedelta(minutes=7))
    for name in names:
        found = cells(house.rollup(RollupName.STATION_5M, ["ST-1"], name))
        assert found == {("ST-1", 0.0): (189.5, 40.0, 339.0, 300)}


def test_late_readings_amend_what_was_written_even_days_later(house: House) -> None:
    house.send(room(20.0, 1))
    house.go_to(NOON + timedelta(minutes=70))
    house.send(room(10.0, 2), room(30.0, 3, h=1))
    house.go_to(NOON + timedelta(days=6))
    assert cells(house.rollup(RollupName.ROOM_1H, ["R-0-0", "R-0-1"])) == expected_hours(house.sent)
    building = cells(house.rollup(RollupName.BUILDING_5M, ["B-0"]))[("B-0", 0.0)]
    assert building[1:3] == (15.0, 30.0)


def test_what_is_sent_again_is_counted_once_in_time_and_late(house: House) -> None:
    rows = [room(20.0, 1), room(30.0, 2), room(12.0, 1, h=1)]
    house.send(*rows)
    house.send(*rows[:2], again=True)
    house.go_to(NOON + timedelta(minutes=70))
    assert cells(house.rollup(RollupName.ROOM_1H, ["R-0-0", "R-0-1"])) == expected_hours(house.sent)
    house.send(*rows, room(40.0, 50), again=True)
    house.sent.append(room(40.0, 50))
    house.restart()
    house.send(*rows, again=True)
    house.go_to(NOON + timedelta(minutes=140))
    assert cells(house.rollup(RollupName.ROOM_1H, ["R-0-0", "R-0-1"])) == expected_hours(house.sent)
    assert cells(house.rollup(RollupName.BUILDING_5M, ["B-0"]))[("B-0", 0.0)] == (18.5, 12.0, 25.0, 2)


def test_roll_ups_equal_sums_from_raw_whatever_the_order_the_delay_and_the_restarts(house: House) -> None:
    random = np.random.default_rng(7)
    rows = [
        room(
            float(random.normal(20, 3)),
            float(minute),
            b=b,
            h=h,
            quality=int(random.choice([0, 0, 0, 65, 130])),
        )
        for minute in range(0, 240, 4)
        for b in range(BUILDINGS)
        for h in range(HOMES)
    ]
    delay = random.exponential(30, len(rows))
    arrival = np.array([row.measured_ms for row in rows]) + delay * 60_000
    begin = 0
    order = np.argsort(arrival)
    for end_ms in range(NOON_MS, NOON_MS + 10 * 3_600_000, 600_000):
        end = int(np.searchsorted(arrival[order], end_ms))
        if end > begin:
            house.send(*(rows[place] for place in order[begin:end].tolist()))
        begin = end
        house.clock.set(from_epoch_ms(end_ms))
        if random.random() < 0.2:
            house.restart()
        else:
            house.engine.run_once()
    house.go_to(NOON + timedelta(hours=11))
    ids = [f"R-{b}-{h}" for b in range(BUILDINGS) for h in range(HOMES)]
    assert begin == len(rows)
    assert cells(house.rollup(RollupName.ROOM_1H, ids)) == expected_hours(house.sent)


def test_a_restart_computes_what_was_open_and_what_came_while_no_engine_ran(house: House) -> None:
    house.send(room(20.0, 1), room(21.0, 31))
    house.go_to(NOON + timedelta(minutes=33))
    house.store.append(SampleBatch.from_samples([room(25.0, 34)]))  # stored, and the process was killed
    house.sent.append(room(25.0, 34))
    house.clock.set(NOON + timedelta(minutes=100))
    house.restart()
    house.send(room(26.0, 101), room(30.0, 119))
    house.go_to(NOON + timedelta(minutes=131))
    assert cells(house.rollup(RollupName.ROOM_1H, ["R-0-0"])) == expected_hours(house.sent)
    minutes = [minute for _, minute in cells(house.rollup(RollupName.BUILDING_5M, ["B-0"]))]
    assert minutes == [0, 30, 100, 115]


def test_late_readings_stored_just_before_a_kill_are_computed_again(house: House) -> None:
    house.send(room(20.0, 1))
    house.go_to(NOON + timedelta(hours=50))
    house.send(room(10.0, 2))
    assert load_state(house.folder / "rollups.json").late_hours_ms == {NOON_MS}
    house.restart()
    house.go_to(NOON + timedelta(hours=51))
    house.go_to(NOON + timedelta(hours=52))
    assert cells(house.rollup(RollupName.ROOM_1H, ["R-0-0"])) == expected_hours(house.sent)


def test_a_state_file_of_0_1_0_is_gone_on_from(house: House) -> None:
    until = {"station_5m": NOON_MS - 600_000, "groups_5m": NOON_MS, "room_1h": NOON_MS - 7_200_000}
    text = json.dumps({"written_until_ms": until, "late_hours_ms": [NOON_MS - 48 * 3_600_000]})
    (house.folder / "rollups.json").write_text(text)
    house.store.append(
        SampleBatch.from_samples(rows := [room(20.0, -90), room(22.0, -48 * 60 + 5), room(9.0, 1)])
    )
    house.clock.set(NOON + timedelta(minutes=30))
    house.restart()
    house.go_to(NOON + timedelta(minutes=30))
    house.go_to(NOON + timedelta(hours=2))
    assert cells(house.rollup(RollupName.ROOM_1H, ["R-0-0"])) == expected_hours(rows)
    minutes = [minute for _, minute in cells(house.rollup(RollupName.BUILDING_5M, ["B-0"]))]
    assert minutes == [-48 * 60 + 5, 0]  # the group of half past ten was written by 0.1.0
    assert load_state(house.folder / "rollups.json") == NotedState(to_epoch_ms(NOON + timedelta(hours=2)))


def test_an_open_bucket_is_noted_once_however_often_it_gets_readings(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[int] = []
    note = house.records.rollup_work.note

    def counted(buckets: Mapping[tuple[str, int], int]) -> None:
        noted.append(len(buckets))
        note(buckets)

    house.engine.run_once()
    monkeypatch.setattr(house.records.rollup_work, "note", counted)
    for second in range(0, 240, 5):
        house.clock.set(NOON + timedelta(seconds=second))
        house.send(room(20.0, second / 60))
        house.engine.run_once()
    assert sum(noted) == 2  # the groups' five minutes and the room's hour
    house.clock.set(NOON + timedelta(minutes=5, seconds=5))
    house.send(room(20.0, 4.9))
    house.engine.run_once()
    assert sum(noted) == 3
    house.go_to(NOON + timedelta(minutes=70))
    assert cells(house.rollup(RollupName.ROOM_1H, ["R-0-0"])) == expected_hours(house.sent)


def test_a_store_that_is_away_loses_and_doubles_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.send(room(20.0, 1))
    house.go_to(NOON + timedelta(minutes=70))
    write = DuckDBStore.write_rollups
    calls: list[int] = []

    def away(store: DuckDBStore, batches: list[RollupBatch]) -> None:
        calls.append(len(batches))
        if len(calls) % 2:
            write(store, batches)  # taken, but the answer is lost
        raise StoreUnavailableError("away")

    house.send(room(10.0, 2), room(24.0, 61))
    with monkeypatch.context() as patched:
        patched.setattr(DuckDBStore, "write_rollups", away)
        for minute in (85, 125, 130):
            house.clock.set(NOON + timedelta(minutes=minute))
            with pytest.raises(StoreUnavailableError):
                house.engine.run_once()
    house.go_to(NOON + timedelta(minutes=131))
    assert len(calls) == 3
    assert cells(house.rollup(RollupName.ROOM_1H, ["R-0-0"])) == expected_hours(house.sent)


def test_storing_goes_on_when_the_state_file_cannot_be_written(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.engine.run_once()
    house.clock.set(NOON + timedelta(hours=3))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("storage.readings.rollups.engine.save_state", full)
        house.send(room(20.0, 1))
        assert house.engine.health().status is HealthStatus.DEGRADED
    house.go_to(NOON + timedelta(hours=3, minutes=15))
    assert cells(house.rollup(RollupName.ROOM_1H, ["R-0-0"])) == expected_hours(house.sent)


def test_an_unreadable_state_file_is_reported_and_the_first_horizon_is_noted(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    (house.folder / "rollups.json").write_text("{broken")
    assert load_state(house.folder / "rollups.json") == NotedState()
    house.store.append(SampleBatch.from_samples(rows := [room(20.0, -100)]))
    house.restart()
    house.go_to(NOON)
    house.go_to(NOON + timedelta(hours=1))
    assert cells(house.rollup(RollupName.ROOM_1H, ["R-0-0"])) == expected_hours(rows)


def groups(house: House) -> dict[tuple[str, float], tuple[float, float, float, int]]:
    return cells(house.rollup(RollupName.BUILDING_5M, ["B-0"]))


def test_a_kill_after_the_end_of_a_bucket_and_before_it_is_over_forgets_nothing(house: House) -> None:
    house.go_to(NOON + timedelta(minutes=5, seconds=30))
    house.send(room(20.0, 4))
    house.restart()
    house.go_to(NOON + timedelta(minutes=6))
    house.go_to(NOON + timedelta(minutes=10))
    assert groups(house) == {("B-0", 0.0): (20.0, 20.0, 20.0, 1)}


def test_what_is_being_stored_while_buckets_are_noted_survives_a_kill(house: House) -> None:
    house.go_to(NOON + timedelta(minutes=2))
    batch = SampleBatch.from_samples([room(20.0, 1)])
    storing = house.engine.storing(batch)
    storing.__enter__()
    house.go_to(NOON + timedelta(minutes=20))
    house.store.append(batch)
    house.restart()
    house.go_to(NOON + timedelta(minutes=20))
    house.go_to(NOON + timedelta(minutes=25))
    assert groups(house) == {("B-0", 0.0): (20.0, 20.0, 20.0, 1)}


def test_notes_that_the_records_refuse_are_made_later(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.go_to(NOON)
    house.send(room(20.0, 1))

    def away(*_: object) -> None:
        raise RecordsUnavailableError("away")

    with monkeypatch.context() as patched:
        patched.setattr(house.records.rollup_work, "note", away)
        with pytest.raises(RecordsUnavailableError):
            house.engine.run_once()
    house.go_to(NOON + timedelta(minutes=7))
    assert groups(house) == {("B-0", 0.0): (20.0, 20.0, 20.0, 1)}


def test_late_readings_of_a_bucket_just_over_gather_for_a_minute(house: House) -> None:
    house.send(room(20.0, 1))
    house.go_to(NOON + timedelta(minutes=7))
    house.send(room(30.0, 2))
    house.go_to(NOON + timedelta(minutes=7, seconds=59))
    assert groups(house)["B-0", 0.0][0] == 20.0
    house.go_to(NOON + timedelta(minutes=8))
    assert groups(house)["B-0", 0.0][0] == 25.0
