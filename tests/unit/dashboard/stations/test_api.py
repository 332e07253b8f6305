"""Stations as the JSON interface gives them: fresh, stale and missing are never mixed; filters, trends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from heating.points import Measurement
from heating.quality import Quality
from tests.support.dashboard_house import House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


def station(house: House, station_id: str = "st-east") -> dict[str, object]:
    rows = house.client("admin").get("/api/v1/stations").json()["items"]
    return next(row for row in rows if row["station_id"] == station_id)


def test_a_value_carries_time_age_quality_and_unit(house: House) -> None:
    house.warm_station(secondary_supply_temp_c=48.5)
    value = station(house)["values"]["secondary_supply_temp_c"]  # type: ignore[index]
    assert value["value"] == 48.5
    assert value["unit"] == "°C"
    assert value["t"] == "2026-12-01T03:59:55Z"
    assert value["age_s"] == 5.0
    assert value["quality"] == "good"
    assert value["stale"] is False


def test_a_point_that_never_came_is_missing_and_never_zero(house: House) -> None:
    house.warm_station()
    value = station(house)["values"]["makeup_flow_m3_per_h"]  # type: ignore[index]
    assert value["value"] is None
    assert value["t"] is None
    assert value["quality"] == "missing"


@pytest.mark.parametrize(
    ("silent_s", "state"), [(119, "online"), (121, "stale"), (299, "stale"), (301, "offline")]
)
def test_a_station_goes_stale_after_two_intervals_and_offline_after_five(
    house: House, silent_s: int, state: str
) -> None:
    house.warm_station()
    house.clock.advance(silent_s - 5.0)
    assert station(house)["state"] == state


def test_a_station_that_never_spoke_is_so_called(house: House) -> None:
    row = station(house, "st-west")
    assert row["state"] == "never"
    assert row["age_s"] is None
    assert row["last_seen"] is None


def test_a_gateway_that_said_goodbye_is_offline_at_once(house: House) -> None:
    house.warm_station()
    house.live.put(Measurement.STATION, "st-east", house.clock.now_ms(), gateway_online=0.0)
    assert station(house)["state"] == "offline"
    house.clock.advance(1.0)
    house.live.put(
        Measurement.STATION, "st-east", house.clock.now_ms(), gateway_online=1.0, primary_supply_temp_c=90.0
    )
    assert station(house)["state"] == "online"


def link_of(house: House) -> dict[str, object]:
    shown = house.client("dispatcher").get("/api/v1/stations/st-east").json()["points"]["gateway_online"]
    return {name: shown[name] for name in ("value", "stale")}


def test_a_gateway_is_there_until_its_telemetry_ends_and_gone_until_it_says_otherwise(house: House) -> None:
    house.live.put(Measurement.STATION, "st-east", house.clock.now_ms(), gateway_online=1.0)
    house.clock.advance(86_400.0)
    house.warm_station()
    assert link_of(house) == {"value": 1.0, "stale": False}
    house.clock.advance(130.0)
    assert link_of(house) == {"value": 1.0, "stale": True}
    house.live.put(Measurement.STATION, "st-east", house.clock.now_ms(), gateway_online=0.0)
    house.clock.advance(86_400.0)
    assert link_of(house) == {"value": 0.0, "stale": False}


def test_a_deviation_needs_two_fresh_values(house: House) -> None:
    house.warm_station(secondary_supply_temp_c=44.0)
    assert station(house)["deviation_k"] == pytest.approx(-7.0)
    at_ms = house.clock.now_ms()
    house.live.put(
        Measurement.STATION, "st-east", at_ms, quality=Quality.BAD_RANGE, secondary_supply_temp_c=44.0
    )
    assert station(house)["deviation_k"] is None


def test_an_urgent_alarm_shows_on_the_station(house: House) -> None:
    house.warm_station()
    house.raise_alarm()
    row = station(house)
    assert (row["state"], row["worst_priority"], row["open_alarms"]) == ("alarm", 1, 1)


def test_a_trend_leaves_gaps_and_names_units(house: House) -> None:
    end_ms = house.clock.now_ms()
    rows = [(end_ms - minutes * 60_000, 50.0 - minutes) for minutes in (30, 20, 10)]
    house.series.put(Measurement.STATION, "st-east", "secondary_supply_temp_c", rows)
    house.series.put(Measurement.WEATHER, "xilinhot", "outdoor_temp_c", [(end_ms - 1_200_000, -12.0)])
    shown = (
        house.client("dispatcher")
        .get("/api/v1/stations/st-east/trend?points=secondary_supply_temp_c,outdoor")
        .json()
    )
    assert shown["time_ms"] == [time_ms for time_ms, _ in rows]
    assert shown["columns"]["secondary_supply_temp_c"] == [20.0, 30.0, 40.0]
    assert shown["columns"]["outdoor_temp_c"] == [None, -12.0, None]
    assert shown["units"]["outdoor_temp_c"] == "°C"
    assert (
        shown["gap_ms"] == 1_200_000
    )  # twice the distance of the data, which is wider than that of the messages


def test_a_gap_in_dense_data_is_twice_the_interval_of_the_station(house: House) -> None:
    end_ms = house.clock.now_ms()
    rows = [(end_ms - minute * 60_000, 50.0) for minute in range(30, 0, -1) if not 10 < minute < 20]
    house.series.put(Measurement.STATION, "st-east", "secondary_supply_temp_c", rows)
    trend = house.client("dispatcher").get("/api/v1/stations/st-east/trend?points=secondary_supply_temp_c")
    assert trend.json()["gap_ms"] == 120_000


@pytest.mark.parametrize(
    "query",
    [
        "points=nonsense",
        "points=" + ",".join(f"p{n}" for n in range(9)),
        "start=2026-12-01T00:00:00",
        "start=2026-12-01T00:00:00Z&end=2026-11-01T00:00:00Z",
        "start=2020-01-01T00:00:00Z&end=2026-01-01T00:00:00Z",
        "start=9999-12-31T23:59:59Z",
        "end=0001-01-01T00:00:00Z",
        "max_points=0",
    ],
)
def test_a_senseless_trend_is_refused_with_a_reason(house: House, query: str) -> None:
    answer = house.client("dispatcher").get(f"/api/v1/stations/st-east/trend?{query}")
    assert answer.status_code == 422
    assert answer.json()["title"]


def test_stations_are_filtered_sorted_and_paged(house: House) -> None:
    house.warm_station(secondary_supply_temp_c=40.0)
    house.warm_station("st-west")
    client = house.client("admin")
    first = client.get("/api/v1/stations?sort=-deviation&limit=1").json()
    assert [row["station_id"] for row in first["items"]] == ["st-east"]
    second = client.get(f"/api/v1/stations?sort=-deviation&limit=1&cursor={first['next_cursor']}").json()
    assert [row["station_id"] for row in second["items"]] == ["st-west"]
    assert second["next_cursor"] is None
    assert [r["station_id"] for r in client.get("/api/v1/stations?q=西").json()["items"]] == ["st-west"]
    assert client.get("/api/v1/stations?state=offline").json()["items"] == []
    assert client.get("/api/v1/stations?sort=colour").status_code == 422
