"""Seven simulated days in bulk: the city, and the league with 3 % of its homes sensed.

One day (city) or six hours (league) are run after a short spin-up and counted up to seven days: the work of a day does
not depend on which it is. Reading the scenario, building the city and the spin-up are not counted; writing files is.
Goals are those of issue 4: 60 s and 5 min on two cores. Reference in the same run: writing the same readings again
with nothing simulated.
"""

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.harness import Goal, Reference, Result
from config.sample_files import read_sample_file, write_sample_file
from heating.intervals import to_epoch_ms
from simulators.city import City
from simulators.publishing.history import write_history
from simulators.scenario import load_scenario
from simulators.scenario_site import site_of

ORIGIN = datetime(2026, 1, 15, tzinfo=UTC)
DAYS = 7.0
_RUNS = (("city", 1.0, 60.0), ("league", 0.25, 300.0))
"""Scenario, days that are really run, goal for seven days [s]."""


def run() -> list[Result]:
    """Write history and count it up."""
    results: list[Result] = []
    for name, days, goal_s in _RUNS:
        with tempfile.TemporaryDirectory() as folder:
            seconds, again, values = _measure(name, timedelta(days=days), Path(folder))
        scale = DAYS / days
        results += [
            Result(
                name=f"simulated_history.{name}.seven_days",
                value=seconds * scale,
                unit="s",
                reference=Reference(name="writing the same readings again", value=again * scale),
                goal=Goal(at_most=goal_s),
            ),
            Result(
                name=f"simulated_history.{name}.values_per_second", value=values / seconds, unit="values/s"
            ),
        ]
    return results


def _measure(name: str, length: timedelta, folder: Path) -> tuple[float, float, int]:
    scenario = load_scenario(name).model_copy(update={"spin_up": 3600.0})
    site, _ = site_of(scenario, seed=1, now=ORIGIN)
    city = City(site=site, scenario=scenario, seed=1, origin=ORIGIN, start=ORIGIN)
    city.spin_up()
    began = time.perf_counter()
    done = write_history(
        city,
        until_ms=to_epoch_ms(ORIGIN + length),
        folder=folder,
        after_step=lambda _city, _reports: None,
    )
    seconds = time.perf_counter() - began
    batches = [(path, read_sample_file(path)) for path in sorted(folder.glob("*.npz"))]
    began = time.perf_counter()
    for path, batch in batches:
        write_sample_file(path, batch)
    return seconds, time.perf_counter() - began, done.values
