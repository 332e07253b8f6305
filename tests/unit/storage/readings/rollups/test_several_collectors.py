"""Roll-ups of several collectors, each with a share of the messages, against sums made by hand from all of them."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from heating.assets import Building, Community, Household, Sensor, SensorAssignment, Site
from heating.clock import ManualClock
from heating.intervals import Interval, to_epoch_ms
from heating.points import Measurement
from heating.protocols import RollupName
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.duckdb.store import DuckDBStore
from storage.readings.errors import StoreUnavailableError
from storage.readings.rollups.engine import LEASE_MS, RollupEngine
from storage.readings.rollups.noting_store import NotingStore
from storage.records.records import Records, open_records

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
NOON_MS = to_epoch_ms(NOON)
LONG = Interval(NOON - timedelta(days=9), NOON + timedelta(days=1))
ROOMS = [f"R-{b}-{h}" for b in range(2) for h in range(3)]
Cell = tuple[float, float, float, int]


def site() -> Site:
    return Site(
        communities=(Community(community_id="C-0", name="星河", area_id="A"),),
        buildings=tuple(
            Building(building_id=f"B-{b}", name="楼", community_id="C-0", station_id="S-0") for b in range(2)
        ),
        households=tuple(
            Household(household_id=f"H{room[1:]}", building_id=f"B-{room[2]}", unit=1, floor=1, room=room[-1])
            for room in ROOMS
        ),
        sensors=tuple(Sensor(sensor_id=room) for room in ROOMS),
        assignments=tuple(
            SensorAssignment(
                sensor_id=room, household_id=f"H{room[1:]}", start=datetime(2020, 1, 1, tzinfo=UTC)
            )
            for room in ROOMS
        ),
    )


class Slots:
    """Collectors on one store and one set of records; `send` gives each reading to one of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = DuckDBStore(folder / "store")
        self.records: Records = open_records(f"sqlite:///{folder}/records.sqlite3")
        self.clock = ManualClock(NOON)
        self.sent: list[Sample] = []
        self.chance = random.Random(7)
        self.slots: dict[str, RollupEngine] = {}
        for name in ("a", "b"):
            self.restart(name)

    def restart(self, name: str) -> None:
        """Start a slot's process again; what the one before had in memory is lost, as after a kill."""
        self.slots[name] = RollupEngine(
            store=self.store,
            notes=self.records.rollup_work,
            holder=name,
            site=site(),
            clock=self.clock,
            state_file=self.folder / f"{name}.json",
        )

    def send(self, *rows: Sample, to: str | None = None) -> None:
        for row in rows:
            taker = self.slots[to or self.chance.choice(sorted(self.slots))]
            NotingStore(self.store, taker).append(SampleBatch.from_samples([row]))
            self.sent.append(row)

    def go_to(self, moment: datetime) -> None:
        self.clock.set(moment)
        for _ in range(3):
            for slot in self.slots.values():
                slot.run_once()

    def cells(self, name: RollupName, ids: list[str]) -> dict[tuple[str, int], Cell]:
        rows = self.store.read_rollup(name, "room_temp_c", ids, LONG)
        columns = (rows.mean.round(6), rows.minimum.round(6), rows.maximum.round(6), rows.count)
        values = zip(*(column.tolist() for column in columns), strict=True)
        return dict(zip(zip(rows.object_ids, rows.bucket_ms.tolist(), strict=True), values, strict=True))

    def close(self) -> None:
        self.store.close()
        self.records.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Slots]:
    made = Slots(tmp_path)
    yield made
    made.close()


def room(value: float, minute: float, room_id: str = "R-0-0") -> Sample:
    return Sample(
        ObjectRef(Measurement.ROOM, room_id), "room_temp_c", NOON_MS + round(minute * 60_000), value
    )


def truth(sent: list[Sample], group_of: dict[str, str], step_ms: int) -> dict[tuple[str, int], Cell]:
    """Statistics by hand: of the rooms themselves, or of groups over the rooms' means."""
    by_room: dict[tuple[str, int], list[float]] = {}
    for row in sent:
        bucket = row.measured_ms // step_ms * step_ms
        by_room.setdefault((row.ref.object_id, bucket), []).append(row.value)
    if not group_of:
        return {key: cell(values) for key, values in by_room.items()}
    groups: dict[tuple[str, int], list[float]] = {}
    for (room_id, bucket), values in by_room.items():
        groups.setdefault((group_of[room_id], bucket), []).append(float(np.mean(values)))
    return {key: cell(values) for key, values in groups.items()}


def cell(values: list[float]) -> Cell:
    return round(float(np.mean(values)), 6), round(min(values), 6), round(max(values), 6), len(values)


def assert_true(house: Slots) -> None:
    buildings = {room_id: f"B-{room_id[2]}" for room_id in ROOMS}
    assert house.cells(RollupName.BUILDING_5M, ["B-0", "B-1"]) == truth(house.sent, buildings, 300_000)
    town = dict.fromkeys(ROOMS, "C-0")
    assert house.cells(RollupName.COMMUNITY_5M, ["C-0"]) == truth(house.sent, town, 300_000)
    assert house.cells(RollupName.ROOM_1H, ROOMS) == truth(house.sent, {}, 3_600_000)


def test_groups_count_every_room_whichever_collector_heard_it(house: Slots) -> None:
    chance = random.Random(1)
    house.send(*(room(18 + 6 * chance.random(), minute, name) for minute in range(30) for name in ROOMS))
    house.go_to(NOON + timedelta(hours=1, minutes=2))
    assert_true(house)
    assert house.records.rollup_work.waiting() == 0


def test_a_bucket_is_written_when_it_is_over_and_not_before(house: Slots) -> None:
    house.send(room(20.0, 1), room(22.0, 2))
    house.go_to(NOON + timedelta(minutes=6))
    assert house.cells(RollupName.BUILDING_5M, ["B-0"]) == {}
    house.go_to(NOON + timedelta(minutes=6, seconds=31))
    assert house.cells(RollupName.BUILDING_5M, ["B-0"]) == {("B-0", NOON_MS): (21.0, 21.0, 21.0, 1)}


def test_late_readings_amend_whichever_collector_hears_them(house: Slots) -> None:
    house.send(room(20.0, 1, "R-0-0"), to="a")
    house.go_to(NOON + timedelta(hours=2))
    house.send(room(24.0, 2, "R-0-1"), to="b")
    house.send(room(30.0, -60 * 24 * 2, "R-1-1"), to="b")
    house.go_to(NOON + timedelta(hours=2, minutes=20))
    assert_true(house)


def test_late_readings_of_a_bucket_gather_before_it_is_computed_again(house: Slots) -> None:
    house.send(room(20.0, 1))
    house.go_to(NOON + timedelta(hours=2))
    house.send(room(21.0, 2))
    house.go_to(NOON + timedelta(hours=2, seconds=30))
    rows = house.slots["a"].rows_written + house.slots["b"].rows_written
    house.go_to(NOON + timedelta(hours=2, seconds=61))
    assert house.slots["a"].rows_written + house.slots["b"].rows_written == rows + 2  # building, community
    house.go_to(NOON + timedelta(hours=2, minutes=13))
    assert_true(house)


def test_a_killed_collector_leaves_its_buckets_and_its_lease_to_the_other(house: Slots) -> None:
    house.send(room(20.0, 1), to="a")
    house.go_to(NOON + timedelta(minutes=3))
    assert house.slots["a"].health().figures["holds_the_lease"] == 1
    house.send(room(23.0, 4, "R-0-2"), to="b")
    del house.slots["a"]
    house.go_to(NOON + timedelta(minutes=7))
    house.go_to(NOON + timedelta(hours=1, minutes=2) + timedelta(milliseconds=LEASE_MS))
    assert_true(house)


@pytest.mark.parametrize("late", [False, True])
def test_a_kill_right_after_storing_forgets_no_bucket(house: Slots, late: bool) -> None:
    house.go_to(NOON + timedelta(minutes=2))
    if late:
        house.send(room(20.0, 1))
        house.go_to(NOON + timedelta(hours=30))
    house.send(room(25.0, 1.5, "R-0-1"), to="b")
    house.restart("b")
    house.go_to(house.clock.now() + timedelta(hours=2))
    house.go_to(house.clock.now() + timedelta(hours=2))
    assert_true(house)


def test_a_store_that_is_away_makes_nothing_forgotten(house: Slots, monkeypatch: pytest.MonkeyPatch) -> None:
    house.send(room(20.0, 1), room(22.0, 1, "R-1-0"))
    house.clock.set(NOON + timedelta(hours=2))
    with monkeypatch.context() as patched:

        def away(*_: object) -> None:
            raise StoreUnavailableError("away")

        patched.setattr(house.store, "write_rollups", away)
        with pytest.raises(StoreUnavailableError):
            house.slots["a"].run_once()
    assert house.cells(RollupName.BUILDING_5M, ["B-0"]) == {}
    house.go_to(NOON + timedelta(hours=2, minutes=1))
    assert_true(house)


def test_a_collector_that_stops_gives_the_lease_up(house: Slots) -> None:
    house.slots["a"].run_once()
    house.slots["a"].start()
    house.slots["a"].stop()
    assert not house.slots["a"].is_running
    house.slots["b"].run_once()
    assert house.slots["b"].health().figures["holds_the_lease"] == 1


def test_a_reading_that_two_collectors_kept_is_counted_once(house: Slots) -> None:
    """A slot that died between keeping and acknowledging leaves the message to its successor, too."""
    rows = [room(20.0, 1), room(24.0, 2), room(12.0, 3, "R-1-0")]
    house.send(*rows, to="a")
    house.send(*rows[:2], to="b")
    del house.sent[3:]
    house.go_to(NOON + timedelta(hours=1, minutes=2))
    assert_true(house)
    house.send(*rows, to="b")
    del house.sent[3:]
    house.go_to(NOON + timedelta(hours=2))
    assert_true(house)
