"""A whole city whose pumps stand: people call."""

from simulators.people.call_words import CallReason
from tests.unit.simulators.cities import small_city


def test_a_city_whose_pumps_stand_hears_of_it() -> None:
    faults: list[dict[str, object]] = [
        {"id": f"f{n}", "type": "pump_trip", "target": f"st-00{n}", "onset": "+1m"} for n in (1, 2, 3)
    ]
    city = small_city(faults=faults)
    for _ in range(18 * 60):
        city.step(60.0)
    calls = city.take_calls()
    assert sum(call.reason is CallReason.FELT_COLD for call in calls) > 3
    assert city.take_calls() == []
