"""Devices: unknown ones counted and capped, assigned without a change of history, clocks kept."""

from datetime import UTC, datetime, timedelta

import pytest

from heating.assets import SensorAssignment
from heating.points import Measurement
from heating.samples import ObjectRef
from storage.records.device_values import (
    AssignmentConflictError,
    DeviceClock,
    UnknownDeviceError,
    UnknownSighting,
)
from storage.records.records import Records
from storage.records.registry import UnknownHouseholdError
from tests.support.small_town import SEASON_START, small_town, small_town_contacts

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
HOME, OTHER_HOME, FOREIGN_HOME = "jx-12-3-301", "jx-1-1-101", "lt-a-2-202"
XILINHOT = frozenset({"xilinhot"})


def sighting(
    device_id: str = "N1", *, messages: int = 1, at: datetime = NOW, area: str = "xilinhot"
) -> UnknownSighting:
    return UnknownSighting(
        device_id=device_id,
        topic=f"heat/{area}/room/{device_id}/telemetry",
        family="native",
        kind="room",
        claimed_area=area,
        messages=messages,
        first_seen=at,
        last_seen=at,
        last_payload=b'{"v":{"room_temp_c":20}}',
    )


def fill(records: Records) -> None:
    records.registry.apply_site(small_town(), small_town_contacts(), by="admin", now=NOW)


def test_sightings_add_up_and_the_last_message_stays(records: Records) -> None:
    records.devices.note_unknown([sighting(messages=3)])
    records.devices.note_unknown([sighting(messages=4, at=NOW + timedelta(hours=1))])
    (found,) = records.devices.unknown()
    assert (found.messages, found.first_seen, found.last_seen) == (7, NOW, NOW + timedelta(hours=1))
    assert found.last_payload == b'{"v":{"room_temp_c":20}}'
    assert len(records.devices.unknown()) == 1


def test_a_flood_of_invented_devices_is_counted_and_not_kept(records: Records) -> None:
    assert records.devices.note_unknown([sighting(f"N{n}") for n in range(7)], limit=5) == 2
    assert records.devices.note_unknown([sighting("N0"), sighting("N9")], limit=5) == 1
    assert len(records.devices.unknown()) == 5


def test_only_devices_of_the_own_areas_are_listed(records: Records) -> None:
    fill(records)
    records.devices.note_unknown(
        [sighting("own", area="xirtala"), sighting("foreign", area="abag"), sighting("silent", area="")]
    )
    assert [one.device_id for one in records.devices.unknown(area_ids=XILINHOT)] == ["own"]
    assert len(records.devices.unknown()) == 3


def test_a_new_device_becomes_the_sensor_of_a_home_and_replaces_the_former_one(records: Records) -> None:
    fill(records)
    records.devices.note_unknown([sighting()])
    version = records.registry.version()
    made = records.devices.assign("N1", HOME, start=NOW, by="wang", now=NOW)
    assert made == SensorAssignment(sensor_id="N1", household_id=HOME, start=NOW)
    assert records.registry.version() == version + 1
    assert [(one.sensor_id, one.start, one.end) for one in records.registry.assignments_of(HOME)] == [
        (f"s-{HOME}", SEASON_START, NOW),
        ("N1", NOW, None),
    ]
    assert records.registry.sensor_of(HOME, NOW - timedelta(seconds=1)) == f"s-{HOME}"
    assert records.devices.unknown() == []
    assert [one.household_id for one in records.devices.waiting_for_replay()] == [HOME]
    records.devices.replayed("N1", at=NOW)
    assert records.devices.waiting_for_replay() == []
    assert records.registry.load_site().sensors[-1].sensor_id == "N1"


def test_assigning_the_same_again_changes_nothing(records: Records) -> None:
    fill(records)
    records.devices.note_unknown([sighting()])
    first = records.devices.assign("N1", HOME, start=NOW, by="wang", now=NOW)
    version = records.registry.version()
    later = NOW + timedelta(hours=2)
    assert records.devices.assign("N1", HOME, start=later, by="wang", now=later) == first
    assert records.registry.version() == version


def test_a_sensor_that_moves_leaves_its_former_home_its_past(records: Records) -> None:
    fill(records)
    moved = f"s-{HOME}"
    records.devices.assign(moved, OTHER_HOME, start=NOW, by="wang", now=NOW)
    assert records.registry.sensor_of(HOME, NOW - timedelta(seconds=1)) == moved
    assert records.registry.sensor_of(HOME, NOW) is None
    assert records.registry.sensor_of(OTHER_HOME, NOW) == moved


def test_a_second_sensor_may_stay_beside_the_first(records: Records) -> None:
    fill(records)
    records.devices.note_unknown([sighting()])
    records.devices.assign("N1", HOME, start=NOW, by="wang", now=NOW, keep_other=True)
    assert [one.end for one in records.registry.assignments_of(HOME)] == [None, None]


def test_the_past_is_never_rewritten(records: Records) -> None:
    fill(records)
    records.devices.note_unknown([sighting()])
    before = records.registry.load_site()
    early = SEASON_START - timedelta(days=1)
    with pytest.raises(AssignmentConflictError, match="later start"):
        records.devices.assign("N1", HOME, start=early, by="wang", now=NOW)
    assert records.registry.load_site() == before
    assert len(records.devices.unknown()) == 1


@pytest.mark.parametrize("device_id", ["nobody", "", "a b", "x" * 65, "a/../b"])
def test_a_device_that_was_never_heard_cannot_be_assigned(records: Records, device_id: str) -> None:
    fill(records)
    with pytest.raises(UnknownDeviceError):
        records.devices.assign(device_id, HOME, start=NOW, by="wang", now=NOW)


def test_homes_and_devices_outside_the_own_areas_do_not_exist(records: Records) -> None:
    fill(records)
    records.devices.note_unknown([sighting(), sighting("far", area="abag")])

    def assign(device_id: str, household_id: str) -> None:
        records.devices.assign(device_id, household_id, start=NOW, by="li", now=NOW, area_ids=XILINHOT)

    for household_id in ("no-such-home", FOREIGN_HOME):
        with pytest.raises(UnknownHouseholdError):
            assign("N1", household_id)
    with pytest.raises(UnknownDeviceError):
        assign("far", HOME)
    with pytest.raises(UnknownDeviceError):
        assign(f"s-{FOREIGN_HOME}", HOME)
    assign("N1", HOME)


def test_a_forgotten_device_comes_again_with_its_next_message(records: Records) -> None:
    records.devices.note_unknown([sighting()])
    assert records.devices.forget("N1")
    assert not records.devices.forget("N1")
    records.devices.note_unknown([sighting()])
    assert len(records.devices.unknown()) == 1


def test_clocks_are_replaced_and_the_worst_comes_first(records: Records) -> None:
    def clock(sensor: str, skew_ms: int) -> DeviceClock:
        return DeviceClock(
            ref=ObjectRef(Measurement.ROOM, sensor), skew_ms=skew_ms, readings=9, updated_at=NOW
        )

    records.devices.note_clocks([clock("a", 10), clock("b", -90_000), clock("c", 70_000)])
    records.devices.note_clocks([clock("a", 20)])
    assert [(one.ref.object_id, one.skew_ms) for one in records.devices.clocks()] == [
        ("b", -90_000),
        ("c", 70_000),
        ("a", 20),
    ]
    assert len(records.devices.clocks(least_ms=60_000)) == 2
