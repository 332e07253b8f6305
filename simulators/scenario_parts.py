"""Parts of a scenario: weather, faults, random faults, confounders, sources.

What lives here: their fields and limits. What does not: reading files (`simulators.scenario`), what faults do
(`simulators.faults.catalogue`). Lengths of time are written ``90s``, ``15m``, ``6h``, ``2d``; moments are lengths with
a sign: ``+20s`` after the simulation goes live, ``-2d`` before.
"""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from simulators.fault_kinds import FaultType, Profile

__all__ = [
    "ColdSnapPlan",
    "ConfounderPlan",
    "ConfounderType",
    "FaultPlan",
    "Part",
    "RandomFaultsPlan",
    "Seconds",
    "SourcePlan",
    "WeatherPlan",
    "seconds_of",
]

_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LENGTH = re.compile(r"([+-]?)(\d+(?:\.\d+)?)\s*([smhd])")


def seconds_of(value: object) -> object:
    """Turn ``90s``, ``15m``, ``6h`` or ``2d`` into seconds; leave everything else as it is.

    Raises
    ------
    ValueError
        For a text that is no length of time.
    """
    if isinstance(value, str):
        match = _LENGTH.fullmatch(value.strip())
        if match is None:
            raise ValueError(f"{value!r} is no length of time; write a number and s, m, h or d, such as 90s")
        sign = -1.0 if match[1] == "-" else 1.0
        return sign * float(match[2]) * _UNITS_S[match[3]]
    return value


Seconds = Annotated[float, BeforeValidator(seconds_of)]


class Part(BaseModel):
    """Base of all parts: nothing unknown, nothing changed later."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ColdSnapPlan(Part):
    """A sudden fall of temperature."""

    onset: Seconds
    """Start against the virtual origin."""
    drop_k: float = Field(gt=-30, le=30)
    """Depth [K]; negative for a thaw."""
    duration: Seconds = Field(gt=0)
    """Until the old level is back."""


class WeatherPlan(Part):
    """The weather: made up, or from a file."""

    file: Path | None = None
    """CSV, EPW or TRY file to take instead of made-up weather; beside the scenario file when relative."""
    day_of_year: int | None = Field(None, ge=1, le=366)
    """Climate of this day at all times; empty follows the calendar."""
    shift_k: float = Field(0.0, ge=-40, le=40)
    """Added to every temperature [K]."""
    cold_snaps: tuple[ColdSnapPlan, ...] = ()
    """Falls of temperature on top."""


class SourcePlan(Part):
    """What the heat sources can do, against their nameplates."""

    capacity_factor: float = Field(1.0, gt=0, le=5)
    """Factor on every source's heat capacity."""


class FaultPlan(Part):
    """One fault, once or again and again."""

    id: str = Field(min_length=1)
    """Name in the truth file."""
    type: FaultType
    """What breaks."""
    target: str
    """Id of a station, branch, source, building, riser, household or sensor, whichever the type strikes; or a station
    id: the simulator then picks one below (or above) that station, the best observed one."""
    onset: Seconds
    """When, against the moment of going live."""
    duration: Seconds | None = Field(None, gt=0)
    """How long; empty means for good."""
    repeat: Seconds | None = Field(None, gt=0)
    """Time from one onset to the next; empty means once."""
    severity: float = Field(1.0, gt=0, le=1)
    """1 is complete; less leaves a part."""
    profile: Profile | None = None
    """How it comes on: step, ramp, exp or intermittent; empty takes what is usual for the type."""
    rise: Seconds | None = Field(None, gt=0)
    """Length of a ramp, time constant of exp; empty takes what is usual."""
    period: Seconds | None = Field(None, gt=0)
    """Period of an intermittent fault; empty takes what is usual."""
    duty: float = Field(0.3, gt=0, le=1)
    """Share of each period for which an intermittent fault is there."""
    written_at: str = Field("", exclude=True, repr=False)
    """File and line, filled in by the reader."""

    @model_validator(mode="after")
    def _ends_before_it_repeats(self) -> "FaultPlan":
        if self.repeat is not None and (self.duration is None or self.duration >= self.repeat):
            raise ValueError("a fault that repeats needs a duration shorter than repeat")
        return self


class RandomFaultsPlan(Part):
    """Faults that happen by chance, at realistic rates."""

    rate: float | None = Field(None, ge=0, le=10_000)
    """Expected faults per 1000 station-days in a city of usual make-up; empty takes the catalogue's base rates."""
    types: tuple[FaultType, ...] = ()
    """Only these; empty means all."""
    mix: dict[FaultType, float] = Field(default_factory=dict)
    """Weights against the base rates, for example ``{pump_trip: 5, window_open: 0}``; 1 where none is given."""
    min_severity: float = Field(0.0, ge=0, le=1)
    """Lower end of severities."""
    max_severity: float = Field(1.0, gt=0, le=1)
    """Upper end of severities."""

    @model_validator(mode="after")
    def _in_order(self) -> "RandomFaultsPlan":
        if self.min_severity > self.max_severity:
            raise ValueError("min_severity must not lie above max_severity")
        if any(weight < 0 for weight in self.mix.values()):
            raise ValueError("weights of mix must not be negative")
        return self


class ConfounderType(StrEnum):
    """What looks like a fault and is none."""

    COLD_SNAP = "cold_snap"
    SUNNY_SOUTH = "sunny_south"
    HOLIDAY = "holiday"
    BALANCING_WORK = "balancing_work"
    NIGHT_SETBACK = "night_setback"


class ConfounderPlan(Part):
    """A disturbance without a fault."""

    id: str = Field(min_length=1)
    """Name in the truth file."""
    type: ConfounderType
    """What happens."""
    target: str = "all"
    """A station id, or ``all``; a cold snap always meets the whole city."""
    onset: Seconds
    """When, against the moment of going live."""
    duration: Seconds = Field(gt=0)
    """How long."""
    repeat: Seconds | None = Field(None, gt=0)
    """Time from one onset to the next; empty means once."""
    severity: float = Field(1.0, gt=0, le=1)
    """1 is the full size: 16 K in a day, 8 K at night, four homes in ten left."""
    written_at: str = Field("", exclude=True, repr=False)
    """File and line, filled in by the reader."""

    @model_validator(mode="after")
    def _plausible(self) -> "ConfounderPlan":
        if self.type is ConfounderType.COLD_SNAP and (self.target != "all" or self.repeat is not None):
            raise ValueError("a cold snap has the target all and does not repeat")
        if self.repeat is not None and self.duration >= self.repeat:
            raise ValueError("a confounder that repeats needs a duration shorter than repeat")
        return self
