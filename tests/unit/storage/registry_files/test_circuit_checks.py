"""Circuits of a registry: every mistake is named, and what is whole goes through files and back."""

from dataclasses import replace
from pathlib import Path

import pytest

from heating.assets import Building, Circuit, Emitter, Site
from storage.registry_files.checks import find_mistakes
from storage.registry_files.reading import RegistryFileError, read_registry
from storage.registry_files.writing import write_registry
from tests.support.small_site import small_site
from tests.support.two_circuits import CIRCUITS, two_circuit_site

SITE = two_circuit_site()
LOW, HIGH = CIRCUITS


def with_circuits(*circuits: Circuit) -> Site:
    return replace(SITE, circuits=circuits)


def with_building(**changes: object) -> Site:
    changed: Building = replace(SITE.buildings[0], **changes)  # type: ignore[arg-type]
    return replace(SITE, buildings=(changed, *SITE.buildings[1:]))


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (with_circuits(LOW, replace(HIGH, zone="attic")), "circuit 'S1-high', zone: 'attic' is no pressure zone."),
        (with_circuits(LOW, HIGH, replace(HIGH, circuit_id="x")), "Station 'S1' has a circuit 'high' already."),
        (with_circuits(LOW, replace(HIGH, station_id="S9")), "There is no station 'S9'"),
        (with_circuits(LOW, replace(HIGH, circuit_id="S2")), "circuit_id: A station has this id."),
        (with_circuits(LOW, replace(HIGH, circuit_id="a/b")), "circuit_id: The id is not valid."),
        (with_circuits(LOW, replace(HIGH, static_head_mpa=0.0)), "static_head_mpa: 0.0 is out of range."),
        (with_building(circuit="middle"), "building 'B1', circuit: Station 'S1' has no circuit 'middle'."),
        (with_circuits(LOW), "circuit 'S1-low', station_id: It is the only circuit of station 'S1'."),
    ],
)  # fmt: skip
def test_a_mistake_of_a_circuit_is_named(site: Site, expected: str) -> None:
    assert any(expected in str(found.mistake) for found in find_mistakes(site))


def test_stations_with_one_circuit_need_no_row_and_say_the_zones_of_their_buildings_as_before() -> None:
    site = small_site()
    high = replace(site.buildings[0], circuit="high")
    assert find_mistakes(replace(site, buildings=(high, *site.buildings[1:]))) == []


@pytest.mark.parametrize("name", ["site.csv", "site.xlsx"])
def test_circuits_go_through_files_and_back(tmp_path: Path, name: str) -> None:
    on_floor = replace(LOW, emitter=Emitter.FLOOR, tank_height_m=1.5)
    site = replace(SITE, circuits=(on_floor, HIGH))
    assert find_mistakes(site) == []
    write_registry(tmp_path / name, site)
    assert read_registry(tmp_path / name).site == site


def test_circuits_are_read_from_a_chinese_table_and_a_mistake_names_its_cell(tmp_path: Path) -> None:
    write_registry(tmp_path / "whole.csv", small_site(1))
    whole = (tmp_path / "whole.csv").read_text("utf-8-sig")
    header = whole.splitlines()[0].split(",")
    rows = []
    for zone, circuit in (("高区", "S1-g"), ("低区", "S1-d")):
        cells = {"kind": "环路", "circuit_id": circuit, "name": zone, "station_id": "S1", "circuit": zone}
        rows.append(",".join(cells.get(column, "") for column in header))
    (tmp_path / "two.csv").write_text(whole + "\n".join(rows) + "\n", "utf-8")
    read = read_registry(tmp_path / "two.csv").site.circuits
    assert [(one.circuit_id, one.zone, one.name) for one in read] == [("S1-g", "high", "高区"), ("S1-d", "low", "低区")]  # fmt: skip
    (tmp_path / "one.csv").write_text(whole + rows[1] + "\n", "utf-8")
    with pytest.raises(RegistryFileError, match="column station_id: It is the only circuit of station 'S1'"):
        read_registry(tmp_path / "one.csv")
