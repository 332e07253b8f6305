"""Circuits in the heat-supply tree: between station and building where a station has several, nowhere else."""

from dataclasses import replace

import pytest

from heating.assets import Circuit
from heating.circuits import circuit_of_buildings, circuits_of_stations
from heating.heat_tree import BrokenTreeError, Level, build_heat_tree
from heating.places import Places
from tests.support.small_site import small_site
from tests.support.two_circuits import CIRCUITS, HIGH, LOW, two_circuit_site

SITE = two_circuit_site()
TREE = build_heat_tree(SITE)


def test_only_stations_with_several_circuits_have_nodes_of_them() -> None:
    chain = [str(TREE.node(number)) for number in TREE.ancestors(TREE.find(Level.HOUSEHOLD, "H1H-1"))]
    assert chain == [
        "riser:B1H/u1",
        "building:B1H",
        f"circuit:{HIGH}",
        "station:S1",
        "branch:N1",
        "source:P1",
    ]
    chain = [str(TREE.node(number)) for number in TREE.ancestors(TREE.find(Level.BUILDING, "B2"))]
    assert chain == ["station:S2", "branch:N1", "source:P1"]
    assert not len(build_heat_tree(small_site()).numbers(Level.CIRCUIT))


def test_buildings_hang_on_the_circuit_of_their_zone() -> None:
    below = {
        circuit: [TREE.ids[n] for n in TREE.below(TREE.find(Level.CIRCUIT, circuit), Level.BUILDING)]
        for circuit in (LOW, HIGH)
    }
    assert below == {LOW: ["B1"], HIGH: ["B1H"]}
    assert {key: circuit.circuit_id for key, circuit in circuit_of_buildings(SITE).items()} == {
        "B1": LOW,
        "B1H": HIGH,
    }
    assert circuits_of_stations(SITE) == {"S1": CIRCUITS}


def test_a_circuit_is_called_by_its_station_and_zone_and_lies_in_the_area_of_its_station() -> None:
    places, number = Places(SITE, TREE), TREE.find(Level.CIRCUIT, HIGH)
    assert places.name_of(number) == "1号站 高区"
    assert places.area_of(number) == "xilinhot"
    assert places.heated_homes_below(number) == 1


def test_a_circuit_without_its_station_breaks_the_tree() -> None:
    lost = Circuit(circuit_id="x", station_id="S9", name="高区")
    with pytest.raises(BrokenTreeError, match="circuit 'x': no station 'S9'"):
        build_heat_tree(replace(small_site(), circuits=(lost,)))
