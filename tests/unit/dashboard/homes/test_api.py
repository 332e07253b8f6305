"""The clerk's search and card of a home over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from heating.points import Measurement
from tests.support.dashboard_house import OWN_HOME, House, open_house

CARD = f"/api/v1/households/{OWN_HOME}/card"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        opened.warm_station()
        yield opened


def neighbours(house: House, temp_c: float) -> None:
    for room in ("101", "102", "201", "202"):
        house.room(f"jx-12-1-{room}", temp_c)


@pytest.mark.parametrize("text", ["13812345678", "5678", "12-3-301", "锦绣花园 301"])
def test_a_home_is_found_by_phone_and_address_with_the_phone_masked(house: House, text: str) -> None:
    hits = house.client("hotline").get("/api/v1/search", params={"q": text}).json()["items"]
    hit = next(hit for hit in hits if hit["household_id"] == OWN_HOME)
    assert hit["address"] == "锦绣花园12号楼3单元301"
    assert hit["phone_masked"] == "138****5678"
    assert "13812345678" not in str(hit)


def test_a_card_of_a_home_below_an_incident_names_the_cause(house: House) -> None:
    house.room(OWN_HOME, 16.5)
    house.raise_alarm()
    card = house.client("hotline").get(CARD).json()
    assert card["cause"]["code"] == "incident"
    assert card["cause"]["parameters"]["incident_id"] == "i-a1"
    assert card["cause"]["evidence"][0]["code"] == "root_alarm"
    assert card["incidents"][0]["node_name"]["zh"] == "东站"
    assert card["script"]["code"] == "incident"
    assert card["proposal"]["incident_id"] == "i-a1"
    assert card["verdict"] == "cool"


def test_an_incident_at_another_station_is_not_on_the_card(house: House) -> None:
    house.room(OWN_HOME, 16.5)
    house.raise_alarm("a-west", station_id="st-west", area_id="abag")
    assert house.client("hotline").get(CARD).json()["incidents"] == []


def test_a_cold_home_among_warm_neighbours_is_the_only_one(house: House) -> None:
    house.room(OWN_HOME, 15.0)
    neighbours(house, 21.0)
    card = house.client("hotline").get(CARD).json()
    assert card["cause"]["code"] == "single_home"
    assert card["neighbours_median_c"] == 21.0
    assert (card["neighbours"]["numerator"], card["neighbours"]["denominator"]) == (0, 4)
    assert card["verdict"] == "cold"


def test_a_cold_building_is_named(house: House) -> None:
    house.room(OWN_HOME, 15.0)
    neighbours(house, 15.5)
    assert house.client("hotline").get(CARD).json()["cause"]["code"] == "building"


def test_the_day_is_read_from_the_history_against_the_standard(house: House) -> None:
    now_ms = house.clock.now_ms()
    rows = [(now_ms - hours * 3_600_000, 16.0 + hours) for hours in (1, 2, 3, 4)]
    rows.append((now_ms - 25 * 3_600_000, 5.0))
    house.series.put(Measurement.ROOM, f"s-{OWN_HOME}", "room_temp_c", rows)
    day = house.client("hotline").get(CARD).json()["day"]
    assert (day["minimum_c"], day["mean_c"], day["maximum_c"], day["count"]) == (17.0, 18.5, 20.0, 4)
    assert (day["below_standard"]["numerator"], day["below_standard"]["denominator"]) == (1, 4)


def test_a_card_without_values_says_so_and_shows_no_zero(house: House) -> None:
    card = house.client("hotline").get(CARD).json()
    assert card["room_now"]["value"] is None
    assert card["day"]["mean_c"] is None
    assert card["neighbours_median_c"] is None
    assert card["verdict"] == "stale"


def test_a_suspended_home_is_told_as_such(house: House) -> None:
    card = house.client("hotline").get("/api/v1/households/jx-12-3-102/card").json()
    assert (card["verdict"], card["cause"]["code"]) == ("suspended", "suspended")


def test_who_looks_at_a_home_is_written_down(house: House) -> None:
    house.client("hotline").get(CARD)
    house.client("hotline").get(f"/api/v1/households/{OWN_HOME}/trend")
    house.client("hotline").get("/api/v1/households/lt-a-2-202/card")
    entries = house.records.audit.entries(subject=f"household:{OWN_HOME}", limit=10)
    assert [(entry.who, entry.action) for entry in entries] == [
        ("hotline", "household.trend_seen"),
        ("hotline", "household.seen"),
    ]
    assert house.records.audit.entries(subject="household:lt-a-2-202", limit=10) == []


def test_a_trend_follows_the_sensor_only_while_it_measured_this_home(house: House) -> None:
    own, other = f"s-{OWN_HOME}", "s-jx-12-3-302"
    now_ms = house.clock.now_ms()
    house.series.put(Measurement.ROOM, own, "room_temp_c", [(now_ms - 3_600_000, 17.0)])
    house.series.put(Measurement.ROOM, other, "room_temp_c", [(now_ms - 3_600_000, 25.0)])
    shown = house.client("hotline").get(f"/api/v1/households/{OWN_HOME}/trend").json()
    assert shown["columns"]["room_temp_c"] == [17.0]
    assert {ref.object_id for ref, _, _ in house.series.asked} == {own, "xilinhot"}
