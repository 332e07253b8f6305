"""What a kind of fault is: where it acts, what it changes, how long, how often, and who is to blame.

What lives here: the words of the catalogue. What does not: the catalogue itself (`simulators.faults.catalogue`), when a
fault is active (`simulators.faults.fault_schedule`), consequences (they follow from the models).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from simulators.effects import Effects

__all__ = [
    "SEASON_DAYS",
    "Change",
    "FaultKind",
    "FaultType",
    "How",
    "Profile",
    "RootCause",
    "TargetKind",
    "apply_change",
    "factor",
    "flag",
    "plus",
]

SEASON_DAYS = 183.0
"""Days of a heating season, 15 October to 15 April [d]; base rates are per season, the plant stands in summer."""
_HOUR, _DAY = 3600.0, 86400.0


class FaultType(StrEnum):
    """Faults that this simulator can make."""

    # stations
    VALVE_STUCK = "valve_stuck"
    VALVE_HUNTING = "valve_hunting"
    PUMP_TRIP = "pump_trip"
    PUMP_WEAR = "pump_wear"
    DRIVE_FROZEN = "drive_frozen"
    EXCHANGER_FOULING = "exchanger_fouling"
    STRAINER_BLOCKED = "strainer_blocked"
    PRIMARY_STRAINER_BLOCKED = "primary_strainer_blocked"
    SECONDARY_BURST = "secondary_burst"
    SLOW_LEAK = "slow_leak"
    MAKEUP_FAILURE = "makeup_failure"
    EXCHANGER_LEAK = "exchanger_leak"
    AIR_BINDING = "air_binding"
    MAINS_LOSS = "mains_loss"
    WRONG_CURVE = "wrong_curve"
    WRONG_CLOCK = "wrong_clock"
    OUTDOOR_SENSOR_SUN = "outdoor_sensor_sun"
    PLC_FROZEN = "plc_frozen"
    TEMPERATURE_SENSOR_DRIFT = "temperature_sensor_drift"
    PRESSURE_SPIKES = "pressure_spikes"
    METER_FLOW_FAILURE = "meter_flow_failure"
    METER_RESET = "meter_reset"
    # primary network and sources
    PRIMARY_BURST = "primary_burst"
    PRIMARY_PUMP_LOSS = "primary_pump_loss"
    SOURCE_TRIP = "source_trip"
    BRANCH_MISVALVED = "branch_misvalved"
    # buildings and homes
    RISER_BLOCKED = "riser_blocked"
    FAR_END_STARVED = "far_end_starved"
    HOUSEHOLD_VALVE_SHUT = "household_valve_shut"
    FILTER_CLOGGED = "filter_clogged"
    RADIATOR_AIR = "radiator_air"
    WINDOW_OPEN = "window_open"
    HOME_VACANT = "home_vacant"
    HOME_SUSPENDED = "home_suspended"
    ENVELOPE_DAMAGE = "envelope_damage"
    # devices
    SENSOR_STUCK = "sensor_stuck"
    SENSOR_MOVED_COLD = "sensor_moved_cold"
    SENSOR_MOVED_WARM = "sensor_moved_warm"
    SENSOR_DRIFT = "sensor_drift"
    SENSOR_SILENT = "sensor_silent"
    CONCENTRATOR_SILENT = "concentrator_silent"
    GATEWAY_SILENT = "gateway_silent"
    SENSOR_SENTINEL = "sensor_sentinel"
    SENSOR_DISORDER = "sensor_disorder"
    SENSOR_CLOCK_WRONG = "sensor_clock_wrong"
    SENSOR_MISMAPPED = "sensor_mismapped"


class TargetKind(StrEnum):
    """What breaks."""

    STATION = "station"
    BRANCH = "branch"
    SOURCE = "source"
    BUILDING = "building"
    RISER = "riser"
    HOUSEHOLD = "household"
    SENSOR = "sensor"


class RootCause(StrEnum):
    """Classes of root causes in truth files."""

    SOURCE = "source"
    PRIMARY = "primary"
    STATION = "station"
    RISER = "riser"
    BUILDING = "building"
    HOME = "home"
    WINDOW = "window"
    SENSOR = "sensor"
    SUSPENDED = "suspended"
    WEATHER = "weather"
    NONE = "none"


class Profile(StrEnum):
    """How a fault comes on."""

    STEP = "step"
    """At full strength from the onset."""
    RAMP = "ramp"
    """In a straight line over the length of the rise."""
    EXP = "exp"
    """Fast first, then slower, with the rise as time constant."""
    INTERMITTENT = "intermittent"
    """Comes and goes, once a period, for a share of it, at a moment that differs from period to period."""


class How(StrEnum):
    """How a change acts on its array."""

    FLAG = "flag"
    FACTOR = "factor"
    ADD = "add"
    COUNT = "count"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Change:
    """One array of `Effects` that a fault changes."""

    field: str
    """Name in `Effects`."""
    how: How
    at_full: float
    """Value, factor or amount at strength 1, in the unit of the field."""


def flag(field: str, value: bool = True) -> Change:
    """Return a change that sets a flag, at any strength above 0."""
    return Change(field, How.FLAG, float(value))


def factor(field: str, at_full: float) -> Change:
    """Return a change that multiplies, by 1 at strength 0 and by `at_full` at strength 1."""
    return Change(field, How.FACTOR, at_full)


def plus(field: str, at_full: float) -> Change:
    """Return a change that adds `at_full` times the strength."""
    return Change(field, How.ADD, at_full)


def apply_change(
    effects: Effects, change: Change, places: NDArray[np.int64], strength: float, *, count: int, other: int
) -> None:
    """Write one change into arrays that may be written.

    Parameters
    ----------
    effects : Effects
        The array named by the change is changed in place.
    change : Change
        What to do.
    places : ndarray
        (k,) places in that array.
    strength : float
        Severity times profile, above 0, at most 1.
    count : int
        How often the fault has happened, for counters.
    other : int
        The home in whose place another stands, for wrong mappings.
    """
    array = getattr(effects, change.field)
    match change.how:
        case How.FLAG:
            array[places] = bool(change.at_full)
        case How.FACTOR:
            array[places] *= array.dtype.type(1 + (change.at_full - 1) * strength)
        case How.ADD:
            array[places] += array.dtype.type(change.at_full * strength)
        case How.COUNT:
            array[places] += count
        case How.REPLACE:
            array[places] = other


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """One line of the catalogue."""

    type: FaultType
    target: TargetKind
    cause: RootCause
    """Whom cold homes are put down to."""
    changes: tuple[Change, ...]
    """What it does to the models at full strength."""
    per_season: float
    """Base rate: events per object of the target's kind and heating season."""
    reason: str
    """Where the base rate comes from; "own" is engineering judgement, to be replaced by a company's own records."""
    hours: tuple[float, float]
    """How long it lasts until somebody repairs it, low and high [h]; drawn evenly in the logarithm."""
    severity: tuple[float, float] = (0.5, 1.0)
    """Usual range, within 0 to 1."""
    profile: Profile = Profile.STEP
    rise_s: float = 6 * _HOUR
    """Length of a ramp or time constant of an exponential onset, unless a scenario gives its own [s]."""
    period_s: float = 1 * _DAY
    """Period of an intermittent fault [s]."""
    seen_after_s: float | None = None
    """When the first reading can show it, after the onset [s]; None when homes must have cooled first."""
    cools_homes: bool = True
    """Whether homes get less heat by it."""
    lasting: bool = False
    """The effect stays after the end, such as a register that began anew."""
