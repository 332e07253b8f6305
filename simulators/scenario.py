"""Scenarios: YAML files that say which city, which weather, which faults.

What lives here: the fields of a scenario as a whole, and reading files with errors that name file, line and remedy.
What does not: the fields of its parts (`simulators.scenario_parts`), what faults do (`simulators.faults`).
"""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field, ValidationError, model_validator

from config.located_yaml import KeyPath, LocatedYaml, read_yaml
from config.mistakes import Mistake, MistakesError
from heating.errors import HeatingError
from simulators.fault_kinds import FaultType, Profile
from simulators.scenario_devices import PayloadMix, SensorMix
from simulators.scenario_parts import (
    ColdSnapPlan,
    ConfounderPlan,
    ConfounderType,
    FaultPlan,
    Part,
    RandomFaultsPlan,
    Seconds,
    SourcePlan,
    WeatherPlan,
    seconds_of,
)
from simulators.site.generator import SITE_PRESETS

__all__ = [
    "SCENARIOS_DIR",
    "ColdSnapPlan",
    "ConfounderPlan",
    "ConfounderType",
    "FaultPlan",
    "FaultType",
    "PayloadMix",
    "Profile",
    "RandomFaultsPlan",
    "Scenario",
    "ScenarioError",
    "SensorMix",
    "SourcePlan",
    "WeatherPlan",
    "load_scenario",
    "shipped_scenarios",
]

SCENARIOS_DIR = Path(__file__).parent / "scenarios"
"""Folder of the shipped scenarios."""


class ScenarioError(HeatingError):
    """A scenario cannot be used; the message lists every mistake with its place and remedy."""


def _moment_or_length(value: object) -> object:
    if isinstance(value, str) and not value[:4].isdigit():
        return timedelta(seconds=float(seconds_of(value)))  # type: ignore[arg-type]
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("write a length such as 30d, or a moment with its zone: 2026-04-15T00:00:00+08:00")
    return value.astimezone(UTC)


MomentOrLength = Annotated[datetime | timedelta, BeforeValidator(_moment_or_length)]


class Scenario(Part):
    """A whole scenario."""

    name: str = ""
    """Shown in events; the file's name when empty."""
    site: str
    """Name of a site preset: smoke, city or league."""
    stations: int | None = Field(None, ge=1, le=5000)
    """Stations instead of the preset's."""
    homes: int | None = Field(None, ge=12, le=2_000_000)
    """Homes instead of the preset's, at least 12 a station."""
    sensed_fraction: float | None = Field(None, ge=0, le=1)
    """Share of homes with a room sensor instead of the preset's."""
    seed: int = 1
    """Same seed, same city and weather, unless the command line gives another."""
    start: AwareDatetime | None = None
    """Virtual moment of going live, with its zone; the present moment when empty."""
    end: MomentOrLength | None = None
    """Virtual end, as a moment or as a length from the start; a live run without an end goes on."""
    step: Seconds = Field(60.0, ge=1, le=60)
    """Step of the stations while history is written."""
    speed: float = Field(1.0, gt=0)
    """Virtual seconds in a real second, unless the command line says otherwise."""
    weather: WeatherPlan = WeatherPlan()
    """The weather."""
    source: SourcePlan = SourcePlan()
    """The heat sources."""
    imbalance: float = Field(0.3, ge=0, le=1)
    """How unevenly water spreads over buildings: 0 balanced, 1 as built, before anybody balanced anything."""
    sensor_mix: SensorMix = SensorMix()
    """How good the room sensors are; empty takes the usual imperfections."""
    payload_mix: PayloadMix = PayloadMix()
    """Weights of payload families of rooms and stations; empty sends the native format only."""
    home_step: Seconds = Field(300.0, ge=10, le=600)
    """Step of the homes."""
    history_station_interval: Seconds = Field(300.0, ge=60)
    """Time between readings of a station in history files."""
    history_room_interval: Seconds = Field(1800.0, ge=60)
    """Time between readings of a room sensor in history files, unless the sensor's own is longer."""
    spin_up: Seconds = Field(129_600.0, ge=0, le=1_209_600)
    """Simulated without a trace before anything is written, so that nothing starts from a guess."""
    faults: tuple[FaultPlan, ...] = ()
    """What breaks, as planned."""
    random_faults: RandomFaultsPlan | None = None
    """What breaks by chance; empty means nothing."""
    confounders: tuple[ConfounderPlan, ...] = ()
    """What looks like a fault and is none."""

    @model_validator(mode="after")
    def _known_and_unique(self) -> "Scenario":
        problems = []
        if self.site not in SITE_PRESETS:
            problems.append(f"no site {self.site!r}; there are {', '.join(SITE_PRESETS)}")
        elif self.homes is not None or self.stations is not None:
            preset = SITE_PRESETS[self.site]
            stations, homes = self.stations or preset.stations, self.homes or preset.households
            if homes < 12 * stations:
                problems.append(f"{homes} homes are too few for {stations} stations; at least 12 a station")
        ids = [*(plan.id for plan in self.faults), *(plan.id for plan in self.confounders)]
        twice = sorted({plan_id for plan_id in ids if ids.count(plan_id) > 1})
        if twice:
            problems.append(f"fault ids must differ; more than once: {', '.join(twice)}")
        if self.start is not None and isinstance(self.end, datetime) and self.end <= self.start:
            problems.append("end must lie after start")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def end_after(self, origin: datetime) -> datetime | None:
        """Return the virtual end of a run that goes live at `origin`; None when it has none.

        A scenario with a start of its own keeps its length when it is moved to another origin.
        """
        match self.end:
            case None:
                return None
            case timedelta():
                return origin + self.end
            case _:
                return origin + (self.end - self.start) if self.start is not None else self.end


def shipped_scenarios() -> tuple[str, ...]:
    """Return the names of the shipped scenarios, in order of the alphabet."""
    return tuple(sorted(file.stem for file in SCENARIOS_DIR.glob("*.yaml")))


def load_scenario(name_or_file: str) -> Scenario:
    """Read a shipped scenario by name, or any by path.

    Raises
    ------
    ScenarioError
        Lists all mistakes: the file is not there, is no YAML, has unknown or impossible fields.
    """
    path = SCENARIOS_DIR / f"{name_or_file}.yaml"
    if os.sep in name_or_file or not path.exists():
        path = Path(name_or_file)
    try:
        read = read_yaml(path)
    except MistakesError as error:
        shipped = (
            ""
            if path.exists()
            else f"\nno scenario {name_or_file!r}; shipped: {', '.join(shipped_scenarios())}"
        )
        raise ScenarioError(f"{error}{shipped}") from error
    mistakes = list(read.mistakes)
    try:
        scenario = Scenario.model_validate({"name": path.stem, **_with_places(read)})
    except ValidationError as error:
        mistakes += [_mistake(read, dict(problem)) for problem in error.errors()]
    if mistakes:
        raise ScenarioError("\n".join(str(mistake) for mistake in mistakes))
    file = scenario.weather.file
    if file is not None and not file.is_absolute():
        weather = scenario.weather.model_copy(update={"file": path.parent / file})
        scenario = scenario.model_copy(update={"weather": weather})
    return scenario


def _with_places(read: LocatedYaml) -> dict[str, object]:
    """Return the values with every planned fault and confounder told where it was written."""
    values = dict(read.values)
    for name in ("faults", "confounders"):
        plans = values.get(name)
        if isinstance(plans, Sequence) and not isinstance(plans, str):
            values[name] = [
                {**plan, "written_at": read.place((name, number))} if isinstance(plan, Mapping) else plan
                for number, plan in enumerate(plans)
            ]
    return values


def _mistake(read: LocatedYaml, problem: dict[str, Any]) -> Mistake:
    location: KeyPath = tuple(problem["loc"])
    name = ".".join(str(part) for part in location) or "scenario"
    said = str(problem["msg"]).removeprefix("Value error, ")
    match problem["type"]:
        case "extra_forbidden":
            remedy = "Check its spelling, or leave it out."
        case "missing":
            remedy = "Add it."
        case _:
            given = problem.get("input")
            short = repr(given) if isinstance(given, str | int | float) else "the value"
            remedy = f"Change {short} accordingly."
    return Mistake(read.place(location), f"{name}: {said}.", remedy)
