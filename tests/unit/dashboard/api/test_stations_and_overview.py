"""What the interface says of stations, communities and the whole: ages, denominators, missing values."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from heating.alarms import AlarmEvent, AlarmEventKind, Priority
from heating.points import Measurement
from heating.quality import Quality
from tests.support.dashboard_house import OWN_HOME, House, open_house


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


def test_the_pass_rate_names_its_denominator_and_leaves_out_stale_and_bad(house: House) -> None:
    house.room("jx-12-1-101", 18.0)
    house.room("jx-12-1-102", 17.9)
    house.room("jx-12-1-201", 25.0, age_s=7201.0)
    house.room("jx-12-1-202", 25.0, quality=Quality.BAD_SENSOR_FAULT)
    house.room("jx-12-3-102", 25.0)  # suspended by contract: neither warm nor cold
    rate = house.client("dispatcher").get("/api/v1/overview").json()["pass_rate"]
    heated = 3 * 17
    assert (rate["numerator"], rate["denominator"]) == (1, 2)
    assert (rate["total"], rate["excluded"]) == (heated, heated - 2)
    assert rate["pct"] == 50.0
    assert rate["interval_pct"][0] < 50.0 < rate["interval_pct"][1]


def test_without_data_the_overview_knows_nothing_and_says_so(house: House) -> None:
    overview = house.client("dispatcher").get("/api/v1/overview").json()
    assert overview["pass_rate"]["pct"] is None
    assert overview["heat_rate"]["value"] is None
    assert overview["outdoor"]["value"] is None
    assert overview["data_age_s"] is None
    assert overview["stations"] == {
        "numerator": 0,
        "denominator": 1,
        "total": 1,
        "excluded": 0,
        "pct": 0.0,
        "interval_pct": pytest.approx((0.0, 79.3), abs=0.1),
    }


def test_the_overview_counts_only_the_areas_of_the_viewer(house: House) -> None:
    house.warm_station()
    house.warm_station("st-west")
    house.raise_alarm()
    house.raise_alarm("a-west", station_id="st-west", area_id="abag")
    own = house.client("dispatcher").get("/api/v1/overview").json()
    whole = house.client("admin").get("/api/v1/overview").json()
    assert (own["stations"]["numerator"], whole["stations"]["numerator"]) == (1, 2)
    assert (own["open_alarms"]["P1"], whole["open_alarms"]["P1"]) == (1, 2)
    assert (own["heat_rate"]["value"], whole["heat_rate"]["value"]) == (12.5, 25.0)
    assert [area["area_id"] for area in own["areas"]] == ["xilinhot"]
    assert own["unacknowledged"] == 1
    assert [row["alarm_id"] for row in own["ticker"]] == ["a1"]


def test_only_announced_alarms_wait_for_somebody(house: House) -> None:
    alarm = house.raise_alarm()
    silent = replace(alarm, alarm_id="a-silent", rule_id="ST-15", priority=Priority.P2)
    raised = AlarmEvent(alarm_id="a-silent", kind=AlarmEventKind.RAISED, at=house.clock.now(), opening=silent)
    house.records.alarms.append_events([raised])
    overview = house.client("dispatcher").get("/api/v1/overview").json()
    assert (overview["open_alarms"]["P1"], overview["open_alarms"]["P2"]) == (1, 1)
    assert overview["unacknowledged"] == 1
    house.client("dispatcher").post("/api/v1/alarms/a1/acknowledge")
    assert house.client("dispatcher").get("/api/v1/overview").json()["unacknowledged"] == 0


def test_the_regulator_reads_aggregates_of_five_homes_or_more(house: House) -> None:
    for door in ("101", "102", "201", "202"):
        house.room(f"jx-12-1-{door}", 20.0)
    regulator, clerk = house.client("regulator"), house.client("hotline")
    path = "/api/v1/communities/jinxiu"
    assert regulator.get(path).json()["median_c"] is None
    assert regulator.get(path).json()["pass_rate"]["pct"] is None
    assert clerk.get(path).json()["median_c"] == 20.0
    house.room("jx-12-1-301", 21.0)
    shown = regulator.get(path).json()
    assert shown["median_c"] == 20.0
    assert shown["buildings"] == []
    overview = regulator.get("/api/v1/overview").json()
    assert overview["worst"] == []
    assert overview["ticker"] == []


def test_the_facade_tells_apart_measured_stale_bad_suspended(house: House) -> None:
    house.room("jx-12-1-101", 19.0)
    house.room("jx-12-1-102", 18.5, age_s=9000.0)
    house.room("jx-12-1-201", 70.0, quality=Quality.BAD_RANGE)
    shown = house.client("dispatcher").get("/api/v1/buildings/jx-12/facade").json()
    cells = {(cell["unit"], cell["room"]): cell for cell in shown["cells"]}
    states = {
        key: cells[key]["state"] for key in ((1, "101"), (1, "102"), (1, "201"), (1, "202"), (3, "102"))
    }
    assert list(states.values()) == ["measured", "stale", "bad", "stale", "suspended"]
    assert cells[1, "101"]["temperature_c"] == 19.0
    assert cells[1, "201"]["temperature_c"] is None
    assert shown["coverage"]["pct"] == 100.0
    assert shown["cells"][0]["floor"] == 3
    assert shown["median_c"] == 19.0


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


def test_the_snapshot_has_every_station_as_columns_with_flags(house: House) -> None:
    house.warm_station()
    house.clock.advance(timedelta(seconds=100))
    at_ms = house.clock.now_ms()
    house.live.put(Measurement.STATION, "st-east", at_ms, secondary_supply_temp_c=49.1234)
    house.clock.advance(timedelta(seconds=30))
    shown = house.client("admin").get("/api/v1/snapshot").json()["stations"]
    assert shown["ids"] == ["st-east", "st-west"]
    assert shown["state"] == ["online", "never"]
    assert shown["values"]["secondary_supply_temp_c"] == [49.123, None]
    assert shown["flags"]["secondary_supply_temp_c"] == "03"
    assert shown["flags"]["secondary_return_temp_c"] == "13"
    assert shown["age_s"] == [30.0, None]


def test_large_answers_are_compressed(house: House) -> None:
    answer = house.client("admin").get("/api/v1/stations", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


def test_the_resident_is_not_shown_a_building_of_fewer_than_five_homes(house: House) -> None:
    house.room(OWN_HOME, 17.0)
    home = house.client("resident").get("/api/v1/my/home").json()
    assert home["building_median_c"] is None
    assert home["building_counted"] == 1
