"""The difference of two registries."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from heating.assets import Sensor, Site
from heating.contacts import Contact
from storage.registry_files.differences import diff_registries
from tests.support.small_town import small_town, small_town_contacts

SENSORS = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from([60.0, 300.0, 3600.0]))


def site_with(sensors: dict[str, float]) -> Site:
    """Return a site of sensors only."""
    return Site(sensors=tuple(Sensor(sensor_id=name, interval_s=s) for name, s in sensors.items()))


def test_equal_registries_do_not_differ_whatever_their_order() -> None:
    town = small_town()
    mixed = replace(town, households=town.households[::-1], stations=town.stations[::-1])
    diff = diff_registries(
        town, mixed, old_contacts=small_town_contacts(), new_contacts=small_town_contacts()[::-1]
    )
    assert diff.is_empty
    assert diff.summary() == "added 0, changed 0, removed 0"


def test_lines_say_what_changes() -> None:
    town = small_town()
    station = replace(town.stations[0], name="新东站", tank_height_m=2.5)
    new = replace(town, stations=(station,), weather_sites=("abag", "xilinhot"))
    lines = [str(line) for line in diff_registries(town, new).lines()]
    assert lines == [
        "~ station st-east (name: 东站 -> 新东站, tank_height_m: nothing -> 2.5)",
        "~ weather_site abag (place: 1 -> 0)",
        "~ weather_site xilinhot (place: 0 -> 1)",
        "- station st-west",
    ]


def test_phones_are_masked_in_the_lines() -> None:
    old = [Contact(household_id="h", phone="13812345678")]
    new = [Contact(household_id="h", phone="13912345679")]
    (line,) = diff_registries(Site(), Site(), old_contacts=old, new_contacts=new).lines()
    assert str(line) == "~ contact h (phone: 138****5678 -> 139****5679)"


@given(SENSORS, SENSORS)
def test_added_changed_removed_account_for_every_object(old: dict[str, float], new: dict[str, float]) -> None:
    diff = diff_registries(site_with(old), site_with(new))
    assert {line.object_id for line in diff.added} == new.keys() - old.keys()
    assert {line.object_id for line in diff.removed} == old.keys() - new.keys()
    assert {line.object_id for line in diff.changed} == {
        name for name in old.keys() & new.keys() if old[name] != new[name]
    }
    back = diff_registries(site_with(new), site_with(old))
    assert len(back.added) == len(diff.removed)
