"""Small cities for the tests of the simulator."""

from datetime import UTC, datetime, timedelta

from heating.assets import Site
from simulators.city import City
from simulators.reports import Message
from simulators.scenario import Scenario
from simulators.site.generator import generate_site

ORIGIN = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)
PROMPT = {
    "loss": 0.02,
    "outages_per_day": 0,
    "duplicates": 0,
    "late": 0,
    "clock_never_set": 0,
    "sentinels": 0,
}
"""Sensors with the usual errors whose messages come in time, once, and with a time."""


def small_site() -> Site:
    """Three stations, 240 homes, half of them with a sensor; reports every 10 s and every 60 s."""
    return generate_site(
        stations=3,
        households=240,
        sensed_fraction=0.5,
        seed=1,
        now=ORIGIN,
        station_interval_s=10.0,
        room_interval_s=(60.0,),
    )[0]


def small_city(*, faults: list[dict[str, object]] | None = None, seed: int = 1, **fields: object) -> City:
    """A city at `ORIGIN` that has run for six hours without a trace and is live."""
    plan = {
        "site": "smoke",
        "home_step": "60s",
        "spin_up": "6h",
        "history_station_interval": "60s",
        "weather": {"day_of_year": 15},
        "sensor_mix": PROMPT,
        "faults": faults or [],
        **fields,
    }
    city = City(
        site=small_site(), scenario=Scenario.model_validate(plan), seed=seed, origin=ORIGIN, start=ORIGIN
    )
    city.spin_up()
    city.go_live(ORIGIN)
    return city


def run(city: City, length: timedelta, step_s: float = 10.0) -> list[Message]:
    """Run a city and return the messages of its devices."""
    messages: list[Message] = []
    for _ in range(int(length.total_seconds() / step_s)):
        city.step(step_s)
        for report in city.reports():
            messages.extend(report.messages())
    return messages
