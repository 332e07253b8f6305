"""A city in which everything is broken at once still runs, and its devices still speak the language of points."""

import json
from datetime import timedelta

import numpy as np
import pytest

from heating.points import Measurement as Kind
from heating.points import points_of
from simulators.city import City
from simulators.fault_kinds import FaultType
from simulators.faults.catalogue import CATALOGUE
from tests.unit.simulators.cities import run, small_city

STATIONS = ("st-001", "st-002", "st-003")
SILENT = {FaultType.GATEWAY_SILENT, FaultType.CONCENTRATOR_SILENT, FaultType.MAINS_LOSS, FaultType.PUMP_TRIP}
"""Left to the end, because they hide the others."""


@pytest.fixture(scope="module")
def broken() -> City:
    """Every kind of fault once, dealt out over three stations; what hides others comes after an hour."""
    faults: list[dict[str, object]] = [
        {
            "id": kind.type.value,
            "type": kind.type.value,
            "target": STATIONS[number % 3],
            "onset": "+1h" if kind.type in SILENT else "+5m",
            "rise": "10m",
        }
        for number, kind in enumerate(CATALOGUE.values())
    ]
    return small_city(faults=faults, spin_up="1h", home_step="5m")


def test_a_city_with_every_fault_at_once_stays_within_what_points_can_show(broken: City) -> None:
    known = {kind.value: {point.name: point for point in points_of(kind)} for kind in Kind}
    messages = run(broken, timedelta(minutes=70), step_s=30.0)
    assert len(broken.faults.active(broken.now_ms)) == len(FaultType)
    for message in messages:
        if not message.topic.endswith("telemetry"):
            continue
        measurement = message.topic.split("/")[2]
        for name, value in json.loads(message.payload).get("v", {}).items():
            assert np.isfinite(float(value)), (message.topic, name)
            assert name in known[measurement], name
    assert np.isfinite(broken.homes.air_c).all()
    assert (broken.homes.air_c > -40).all() and (broken.homes.air_c < 45).all()
