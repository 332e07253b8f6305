"""What is assumed of an asset when the registry leaves a field out. Imports and rules rely on these figures."""

from heating.assets import Building, Contract, Emitter, Household, Position, Sensor, Station


def test_a_station_reports_every_minute_and_feeds_radiators() -> None:
    station = Station(station_id="S1", name="1号站", area_id="a", branch_id="N1")
    assert (station.report_interval_s, station.emitter) == (60.0, Emitter.RADIATOR)


def test_a_building_has_six_floors_and_one_unit_in_the_low_zone() -> None:
    building = Building(building_id="B1", name="1号楼", community_id="C1", station_id="S1")
    assert (building.floors, building.units, building.circuit) == (6, 1, "low")


def test_a_home_is_heated_by_contract_of_90_m2_and_not_vulnerable() -> None:
    home = Household(household_id="H1", building_id="B1", unit=1, floor=1, room="101")
    assert (home.area_m2, home.contract, home.vulnerable, home.position) == (
        90.0,
        Contract.HEATING,
        False,
        Position.MIDDLE,
    )


def test_a_sensor_reports_once_an_hour() -> None:
    assert Sensor(sensor_id="R1").interval_s == 3600.0
