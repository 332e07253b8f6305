"""A station with two circuits: each with its own secondary side, the one furthest from its setpoint stands in the list."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from heating.assets import Circuit
from heating.heat_tree import Level, Node
from heating.points import Measurement
from tests.support.dashboard_house import NOW, House, open_house
from tests.support.small_town import small_town

LOW, HIGH = "st-east-d", "st-east-g"
CIRCUITS = (
    Circuit(circuit_id=LOW, station_id="st-east", name="低区", name_en="Low zone", zone="low"),
    Circuit(circuit_id=HIGH, station_id="st-east", name="高区", zone="high"),
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        town = small_town()
        first = next(b for b in town.buildings if b.station_id == "st-east")
        buildings = tuple(replace(b, circuit="high") if b is first else b for b in town.buildings)
        site = replace(town, circuits=CIRCUITS, buildings=buildings)
        opened.records.registry.apply_site(site, by="test", now=NOW)
        opened.clock.advance(60.0)
        opened.warm_station(secondary_supply_temp_c=11.0)
        at_ms = opened.clock.now_ms() - 5_000
        for circuit, supply_c in ((LOW, 50.5), (HIGH, 44.0)):
            opened.live.put(
                Measurement.CIRCUIT,
                circuit,
                at_ms,
                secondary_supply_temp_c=supply_c,
                secondary_supply_temp_setpoint_c=51.0,
                secondary_return_temp_c=39.0,
            )
        yield opened


def get(house: House, path: str) -> Any:
    answer = house.client("admin").get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_circuit_furthest_from_its_setpoint_stands_in_the_list(house: House) -> None:
    rows = {row["station_id"]: row for row in get(house, "/api/v1/stations")["items"]}
    east = rows["st-east"]
    assert east["shown_circuit"] == HIGH and east["deviation_k"] == -7.0
    assert east["values"]["secondary_supply_temp_c"]["value"] == 44.0
    assert east["values"]["primary_supply_temp_c"]["value"] == 92.0
    assert [(one["circuit_id"], one["deviation_k"]) for one in east["circuits"]] == [
        (LOW, -0.5),
        (HIGH, -7.0),
    ]
    assert rows["st-west"]["circuits"] == [] and rows["st-west"]["shown_circuit"] is None


def test_the_page_has_a_secondary_side_for_each_circuit_and_one_primary_side(house: House) -> None:
    detail = get(house, "/api/v1/stations/st-east")
    assert detail["points"]["primary_supply_temp_c"]["value"] == 92.0
    values = {
        one["row"]["circuit_id"]: one["points"]["secondary_supply_temp_c"]["value"]
        for one in detail["circuits"]
    }
    assert values == {LOW: 50.5, HIGH: 44.0}
    below = [building for one in detail["circuits"] for building in one["building_ids"]]
    assert sorted(below) == sorted(row["building_id"] for row in detail["buildings"])
    page = house.client("admin").get("/stations/st-east")
    assert page.text.count('class="schematic"') == 2 and 'data-circuit="st-east-g"' in page.text
    assert "低区" in page.text and "high zone" not in page.text
    west = house.client("admin").get("/stations/st-west").text
    assert (
        west.count('class="schematic"') == 1
        and "data-circuit" not in west
        and "data-trend-circuit" not in west
    )


def test_an_alarm_of_a_circuit_is_one_of_its_station_and_names_the_zone(house: House) -> None:
    house.raise_alarm(rule_id="ST-02", subject=Node(Level.CIRCUIT, HIGH))
    detail = get(house, "/api/v1/stations/st-east")
    assert [(one["subject_name"]["zh"], one["subject_name"]["en"]) for one in detail["alarms"]] == [
        ("东站 高区", "东站, high zone")
    ]
    assert detail["row"]["worst_priority"] == 1 and detail["row"]["state"] == "alarm"
    assert [one["row"]["open_alarms"] for one in detail["circuits"]] == [0, 1]
    (alarm,) = get(house, "/api/v1/alarms")["items"]
    assert (alarm["subject_level"], alarm["station_id"]) == ("circuit", "st-east")


def test_the_trend_is_that_of_a_circuit_of_this_station_and_of_no_other(house: House) -> None:
    trend = "/api/v1/stations/{}/trend?points=secondary_supply_temp_c&circuit={}"
    assert get(house, trend.format("st-east", HIGH))["columns"].keys() == {"secondary_supply_temp_c"}
    client = house.client("admin")
    assert client.get(trend.format("st-west", HIGH)).status_code == 404
    assert client.get(trend.format("st-east", HIGH).replace("secondary", "primary")).status_code in (
        400,
        404,
        422,
    )
