"""The default site: deterministic, complete, inside its polygons, sensors where the rules want them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heating.assets import Contract, Position, Site
from heating.heat_tree import Level, build_heat_tree
from simulators.site.generator import SITE_PRESETS, generate_preset_site, generate_site
from simulators.site.geography import inside_polygon, league_areas
from tests.support.examples import examples

NOW = datetime(2026, 1, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def city() -> Site:
    return generate_preset_site("city", seed=1, now=NOW)[0]


@pytest.mark.parametrize("name", ["smoke", "city"])
def test_a_preset_has_the_size_it_promises(name: str) -> None:
    site, contacts = generate_preset_site(name, seed=3, now=NOW)
    preset = SITE_PRESETS[name]
    assert len(site.stations) == preset.stations
    assert len(site.households) == preset.households == len(contacts)
    assert len(site.sensors) >= preset.sensed_fraction * preset.households
    assert {station.report_interval_s for station in site.stations} == {preset.station_interval_s}


def test_the_same_seed_gives_the_same_site_and_another_seed_another() -> None:
    first = generate_preset_site("smoke", seed=7, now=NOW)
    assert first == generate_preset_site("smoke", seed=7, now=datetime(2026, 3, 1, tzinfo=UTC))
    assert first != generate_preset_site("smoke", seed=8, now=NOW)


def test_ids_follow_the_promised_forms(city: Site) -> None:
    assert city.stations[0].station_id == "st-001"
    assert city.buildings[0].building_id == "b-0001"
    assert city.households[0].household_id == "h-000001"
    assert city.sensors[0].sensor_id == "rs-000001"
    assert [source.source_id for source in city.sources] == ["src-01"]
    assert city.weather_sites == ("xilinhot",)
    assert {station.area_id for station in city.stations} == {"xilinhot"}


def test_every_asset_hangs_on_the_tree_and_every_id_is_unique(city: Site) -> None:
    tree = build_heat_tree(city)
    assert len(tree.numbers(Level.HOUSEHOLD)) == len(city.households)
    for assets, key in (
        (city.households, "household_id"),
        (city.sensors, "sensor_id"),
        (city.areas, "area_id"),
    ):
        ids = [getattr(asset, key) for asset in assets]
        assert len(ids) == len(set(ids))
    doors = {(home.building_id, home.unit, home.room) for home in city.households}
    assert len(doors) == len(city.households)
    areas = {area.area_id for area in city.areas}
    assert {community.area_id for community in city.communities} <= areas
    assert {area.parent_id for area in city.areas if area.parent_id} <= areas


def test_the_league_has_stations_in_all_twelve_areas_inside_their_outlines() -> None:
    site, _ = generate_site(stations=643, households=643 * 12, sensed_fraction=0.03, seed=1, now=NOW)
    polygons = {area.area_id: area.polygon for area in league_areas()}
    assert {station.area_id for station in site.stations} == set(polygons)
    for station in site.stations:
        assert station.longitude_deg is not None and station.latitude_deg is not None
        assert inside_polygon(station.longitude_deg, station.latitude_deg, polygons[station.area_id])
    assert len(site.sources) == 12


def test_a_point_of_another_banner_is_outside_the_outline() -> None:
    xilinhot, erenhot = league_areas()[:2]
    assert inside_polygon(*xilinhot.centre_deg, xilinhot.polygon)
    assert not inside_polygon(*erenhot.centre_deg, xilinhot.polygon)


def test_most_sensors_are_in_exposed_homes_and_shares_of_contracts_are_as_planned(city: Site) -> None:
    sensed = {assignment.household_id for assignment in city.assignments}
    exposed = [h for h in city.households if h.household_id in sensed and h.position is not Position.MIDDLE]
    outer = [h for h in exposed if h.position is not Position.GROUND]
    assert len(outer) >= 0.6 * len(sensed)
    suspended = sum(home.contract is Contract.SUSPENDED for home in city.households)
    assert 0.04 < suspended / len(city.households) < 0.06
    vulnerable = sum(home.vulnerable for home in city.households)
    assert 0.013 < vulnerable / len(city.households) < 0.027


@settings(max_examples=examples(12), deadline=None)
@given(
    stations=st.integers(1, 6),
    per_station=st.integers(12, 180),
    fraction=st.floats(0, 1),
    seed=st.integers(0, 2**31),
)
def test_whatever_is_asked_for_is_met(stations: int, per_station: int, fraction: float, seed: int) -> None:
    homes = stations * per_station
    site, contacts = generate_site(
        stations=stations, households=homes, sensed_fraction=fraction, seed=seed, now=NOW
    )
    assert len(site.households) == homes
    assert {building.station_id for building in site.buildings} == {s.station_id for s in site.stations}
    assert len(site.sensors) >= fraction * homes - 1e-6
    assert len({contact.phone for contact in contacts}) == homes
    assert all(contact.phone.startswith("100") and len(contact.phone) == 11 for contact in contacts)


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="11 homes"):
        generate_site(stations=1, households=11, sensed_fraction=0.1, seed=1, now=NOW)
