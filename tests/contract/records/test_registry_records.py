"""Registry: applied, loaded, compared, retired, and who may be rung."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from heating.assets import Household, SensorAssignment, Site
from heating.contacts import Contact
from storage.records.records import Records
from storage.records.registry import UnknownHouseholdError
from storage.registry_files.checks import BrokenRegistryError
from tests.support.small_town import SEASON_START, small_town, small_town_contacts

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
HOME = "jx-12-3-301"


def fill(records: Records) -> None:
    """Apply the small town with its contacts."""
    records.registry.apply_site(small_town(), small_town_contacts(), by="admin", now=NOW)


def test_an_empty_registry_has_version_0(records: Records) -> None:
    assert records.registry.version() == 0
    assert records.registry.load_site() == Site(weather_sites=())


def test_what_was_applied_is_loaded_equal_and_in_order(records: Records) -> None:
    fill(records)
    assert records.registry.load_site() == small_town()
    assert sorted(records.registry.contacts(), key=str) == sorted(small_town_contacts(), key=str)


def test_applying_the_same_again_changes_nothing(records: Records) -> None:
    fill(records)
    again = records.registry.apply_site(small_town(), small_town_contacts(), by="admin", now=NOW)
    assert again.is_empty
    assert records.registry.version() == 1


def test_a_dry_run_says_what_would_change_and_writes_nothing(records: Records) -> None:
    diff = records.registry.apply_site(small_town(), by="admin", now=NOW, dry_run=True)
    assert len(diff.added) == len(list(diff.lines())) > 100
    assert records.registry.version() == 0
    assert records.registry.load_site().households == ()


def test_a_changed_a_new_and_a_missing_home_are_told_apart(records: Records) -> None:
    fill(records)
    town = small_town()
    gone, changed, *rest = town.households
    new = Household(household_id="jx-1-1-401", building_id="jx-1", unit=1, floor=4, room="401")
    altered = replace(changed, area_m2=61.5)
    without = replace(
        town,
        households=(altered, *rest, new),
        assignments=tuple(one for one in town.assignments if one.household_id != gone.household_id),
    )
    diff = records.registry.apply_site(without, by="admin", now=NOW)
    assert [str(line) for line in diff.added] == ["+ household jx-1-1-401"]
    assert [str(line) for line in diff.changed] == [
        f"~ household {changed.household_id} (area_m2: 90.0 -> 61.5)"
    ]
    assert {line.kind for line in diff.removed} == {"household", "assignment"}
    assert records.registry.version() == 2
    loaded = {home.household_id: home for home in records.registry.load_site().households}
    assert gone.household_id not in loaded
    assert loaded[changed.household_id] == altered
    assert loaded["jx-1-1-401"] == new


def test_a_retired_home_keeps_its_address_and_loses_its_contact(records: Records) -> None:
    fill(records)
    town = small_town()
    smaller = replace(
        town,
        households=tuple(home for home in town.households if home.household_id != HOME),
        assignments=tuple(one for one in town.assignments if one.household_id != HOME),
    )
    records.registry.apply_site(smaller, by="admin", now=NOW)
    assert records.registry.address_of(HOME).room == "301"
    assert records.registry.contact(HOME, reveal=True) is None
    assert records.registry.contact("yg-1-1-101") is not None
    assert records.registry.search_households(HOME, area_ids=None) == []
    records.registry.apply_site(town, by="admin", now=NOW)
    assert {home.household_id for home in records.registry.load_site().households} == {
        home.household_id for home in town.households
    }


def test_a_broken_site_is_refused_whole(records: Records) -> None:
    fill(records)
    stray = Household(household_id="stray", building_id="nowhere", unit=1, floor=1, room="101")
    broken = replace(small_town(), households=(*small_town().households, stray))
    with pytest.raises(BrokenRegistryError, match="There is no building 'nowhere'"):
        records.registry.apply_site(broken, by="admin", now=NOW)
    assert records.registry.version() == 1
    assert records.registry.load_site() == small_town()


def test_a_failure_halfway_leaves_nothing_half_written(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("storage.records.registry.write_place_keys", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        fill(records)
    assert records.registry.load_site().areas == ()
    assert records.registry.version() == 0


def test_two_imports_at_once_come_one_after_the_other(
    records: Records, open_again: Callable[[], Records]
) -> None:
    other = open_again()
    threads = [threading.Thread(target=fill, args=(one,)) for one in (records, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert records.registry.version() == 1
    assert other.registry.load_site() == small_town()


def test_phones_are_masked_unless_asked_for(records: Records) -> None:
    fill(records)
    masked = records.registry.contact(HOME)
    assert masked == Contact(household_id=HOME, name="单雄信", phone="138****5678")
    revealed = records.registry.contact(HOME, reveal=True)
    assert revealed is not None
    assert revealed.phone == "13812345678"


def test_an_address_names_area_street_community_building_and_station(records: Records) -> None:
    fill(records)
    address = records.registry.address_of(HOME)
    assert (address.area_id, address.area, address.street) == ("xilinhot", "锡林浩特市", "希日塔拉街道")
    assert (address.community, address.building) == ("锦绣花园", "12号楼")
    assert (address.unit, address.floor, address.room) == (3, 3, "301")
    assert (address.station_id, address.station) == ("st-east", "东站")
    assert records.registry.address_of("yg-1-1-101").street == ""


def test_an_unknown_home_has_no_address(records: Records) -> None:
    fill(records)
    with pytest.raises(UnknownHouseholdError, match="jx-99"):
        records.registry.address_of("jx-99")


def test_the_sensor_of_a_home_follows_the_dates(records: Records) -> None:
    town = small_town()
    moved = SEASON_START + timedelta(days=10)
    first = SensorAssignment(sensor_id=f"s-{HOME}", household_id=HOME, start=SEASON_START, end=moved)
    second = SensorAssignment(sensor_id="s-jx-1-1-101", household_id=HOME, start=moved)
    kept = tuple(one for one in town.assignments if one.household_id not in (HOME, "jx-1-1-101"))
    records.registry.apply_site(replace(town, assignments=(*kept, first, second)), by="admin", now=NOW)
    registry = records.registry
    assert registry.sensor_of(HOME, SEASON_START - timedelta(seconds=1)) is None
    assert registry.sensor_of(HOME, SEASON_START) == f"s-{HOME}"
    assert registry.sensor_of(HOME, moved) == "s-jx-1-1-101"
    assert registry.assignments_of(HOME) == [first, second]


def test_the_order_of_weather_sites_is_kept_when_it_changes(records: Records) -> None:
    fill(records)
    swapped = replace(small_town(), weather_sites=("abag", "xilinhot"))
    records.registry.apply_site(swapped, by="admin", now=NOW)
    assert records.registry.load_site().weather_sites == ("abag", "xilinhot")


def test_rooms_of_one_process_share_the_registry_until_it_changes(
    records: Records, open_again: Callable[[], Records]
) -> None:
    records.registry.apply_site(small_town(), by="test", now=NOW)
    first = records.registry.load_site()
    assert records.registry.load_site() is first
    changed = replace(small_town(), weather_sites=("abag",))
    open_again().registry.apply_site(changed, by="another process", now=NOW)
    assert records.registry.load_site() == changed
    assert records.registry.load_site() is records.registry.load_site()
