"""Scenarios: YAML files that say which city, which weather, which faults.

What lives here: the fields, their limits, and errors that name the file and the remedy. What does not: what faults do
(`simulators.faults.fault_schedule`). Lengths of time are written ``90s``, ``15m``, ``6h``, ``2d``; moments of faults are lengths with
a sign: ``+20s`` after the simulation goes live, ``-2d`` before.
"""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from config.site_generator import SITE_PRESETS
from heating.errors import HeatingError

__all__ = [
    "ColdSnapPlan",
    "FaultPlan",
    "FaultType",
    "Scenario",
    "ScenarioError",
    "WeatherPlan",
    "load_scenario",
]

SCENARIOS_DIR = Path(__file__).parent / "scenarios"
"""Folder of the shipped scenarios."""
_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LENGTH = re.compile(r"([+-]?)(\d+(?:\.\d+)?)\s*([smhd])")


class ScenarioError(HeatingError):
    """A scenario cannot be used; the message lists every mistake with its place and remedy."""


def _seconds(value: object) -> object:
    if isinstance(value, str):
        match = _LENGTH.fullmatch(value.strip())
        if match is None:
            raise ValueError(f"{value!r} is no length of time; write a number and s, m, h or d, such as 90s")
        sign = -1.0 if match[1] == "-" else 1.0
        return sign * float(match[2]) * _UNITS_S[match[3]]
    return value


Seconds = Annotated[float, BeforeValidator(_seconds)]


class FaultType(StrEnum):
    """Faults that this simulator can make."""

    PUMP_TRIP = "pump_trip"
    MAINS_LOSS = "mains_loss"
    GATEWAY_SILENT = "gateway_silent"
    RISER_BLOCKED = "riser_blocked"
    HOUSEHOLD_VALVE_SHUT = "household_valve_shut"
    SENSOR_SILENT = "sensor_silent"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ColdSnapPlan(_Part):
    """A sudden fall of temperature."""

    onset: Seconds
    """Start against the virtual origin."""
    drop_k: float = Field(gt=-30, le=30)
    """Depth [K]; negative for a thaw."""
    duration: Seconds = Field(gt=0)
    """Until the old level is back."""


class WeatherPlan(_Part):
    """The weather."""

    day_of_year: int | None = Field(None, ge=1, le=366)
    """Climate of this day at all times; empty follows the calendar."""
    shift_k: float = Field(0.0, ge=-40, le=40)
    """Added to every temperature [K]."""
    cold_snaps: tuple[ColdSnapPlan, ...] = ()
    """Falls of temperature on top."""


class FaultPlan(_Part):
    """One fault, once or again and again."""

    id: str = Field(min_length=1)
    """Name in the truth file."""
    type: FaultType
    """What breaks."""
    target: str
    """A station, riser, household or sensor id; for the last three also a station id: the simulator then picks the
    best observed one below that station."""
    onset: Seconds
    """When, against the moment of going live."""
    duration: Seconds | None = Field(None, gt=0)
    """How long; empty means for good."""
    repeat: Seconds | None = Field(None, gt=0)
    """Time from one onset to the next; empty means once."""
    severity: float = Field(1.0, gt=0, le=1)
    """1 is complete; less leaves a part of the flow of a riser or household."""

    @model_validator(mode="after")
    def _ends_before_it_repeats(self) -> "FaultPlan":
        if self.repeat is not None and (self.duration is None or self.duration >= self.repeat):
            raise ValueError("a fault that repeats needs a duration shorter than repeat")
        return self


class Scenario(_Part):
    """A whole scenario."""

    name: str = ""
    """Shown in events; the file's name when empty."""
    site: str
    """Name of a site preset: smoke, city or league."""
    weather: WeatherPlan = WeatherPlan()
    """The weather."""
    home_step: Seconds = Field(300.0, ge=10, le=600)
    """Step of the homes."""
    history_station_interval: Seconds = Field(300.0, ge=60)
    """Time between readings of a station in history files."""
    history_room_interval: Seconds = Field(1800.0, ge=60)
    """Time between readings of a room sensor in history files, unless the sensor's own is longer."""
    spin_up: Seconds = Field(129_600.0, ge=0, le=1_209_600)
    """Simulated without a trace before anything is written, so that nothing starts from a guess."""
    faults: tuple[FaultPlan, ...] = ()
    """What breaks."""

    @model_validator(mode="after")
    def _known_and_unique(self) -> "Scenario":
        if self.site not in SITE_PRESETS:
            raise ValueError(f"no site {self.site!r}; there are {', '.join(SITE_PRESETS)}")
        ids = [fault.id for fault in self.faults]
        twice = sorted({fault_id for fault_id in ids if ids.count(fault_id) > 1})
        if twice:
            raise ValueError(f"fault ids must differ; more than once: {', '.join(twice)}")
        return self


def load_scenario(name_or_file: str) -> Scenario:
    """Read a shipped scenario by name, or any by path.

    Raises
    ------
    ScenarioError
        Lists all mistakes: the file is not there, is no YAML, has unknown or impossible fields.
    """
    path = SCENARIOS_DIR / f"{name_or_file}.yaml"
    if not path.exists():
        path = Path(name_or_file)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        shipped = ", ".join(sorted(file.stem for file in SCENARIOS_DIR.glob("*.yaml")))
        raise ScenarioError(f"cannot read scenario {name_or_file!r} ({error}); shipped: {shipped}") from error
    try:
        fields: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path}: no valid YAML: {error}") from error
    if not isinstance(fields, dict):
        raise ScenarioError(f"{path}: a scenario is a mapping of fields such as `site: smoke`")
    try:
        return Scenario.model_validate({"name": path.stem, **fields})
    except ValidationError as error:
        lines = [
            f"{path}: {'.'.join(str(part) for part in problem['loc']) or 'scenario'}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise ScenarioError("\n".join(lines)) from error
