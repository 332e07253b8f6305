"""The shipped smoke scenario, run: it shows what it promises."""

from datetime import UTC, datetime

import numpy as np

from simulators.city import City
from simulators.scenario import load_scenario
from simulators.site.generator import generate_preset_site


def test_smoke_shows_two_outages_within_ninety_seconds_and_cold_homes_from_the_start() -> None:
    origin = datetime(2026, 11, 21, 12, tzinfo=UTC)
    scenario = load_scenario("smoke")
    site, _ = generate_preset_site("smoke", seed=1, now=origin)
    city = City(site=site, scenario=scenario, seed=1, origin=origin, start=origin)
    city.spin_up()
    city.go_live(origin)
    seconds = {"no mains": 0, "no pump": 0}
    for _ in range(90):
        city.step(1.0)
        seconds["no mains"] += int((~city.stations.mains_ok).any())
        still = city.stations.flow_m3_per_h < 0.04 * city.stations.parameters.flow_design_m3_per_h
        seconds["no pump"] += int((city.stations.circulation.fault & still).any())
    assert seconds["no mains"] >= 30 and seconds["no pump"] >= 75
    blocked = next(f for f in city.faults.active(city.now_ms) if f.fault.plan.id == "riser-blocked")
    assert np.median(city.homes.air_c[list(blocked.fault.homes)]) < 17
