"""What a family sees when a slot ends: newest values, what the fleet knows, and the memory it writes.

Not here: where values come from (`alerting.judging.remembering`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from alerting.judging.learned.memory import Memory
from alerting.judging.learned.schedule import Schedule

__all__ = ["Fleet", "SourceSlot", "StationSlot"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What all stations together know at a moment: an explicit input, so that a part of the fleet judges like the whole."""

    outdoor_c: float = float("nan")
    """Median of the stations' outdoor temperatures [°C]."""
    radiation_w_per_m2: float = 0.0
    """Of the weather site; 0 without one."""
    setpoint_off_k: float = 0.0
    """Median distance of the setpoints from their own curves [K]: what all do at once is the weather."""
    stopped_share: float = 0.0
    """Share of the stations that stand still now among those that ran in the last three hours or now."""
    source_supply_mpa: Mapping[str, float] = field(default_factory=dict)
    """Supply pressure by source."""
    source_diff_mpa: Mapping[str, float] = field(default_factory=dict)
    """Supply less return pressure by source."""
    branch_load: Mapping[str, float] = field(default_factory=dict)
    """Mean primary flow over design flow of the stations of a branch."""
    rising: Mapping[str, bool] = field(default_factory=dict)
    """Sources whose make-up is above twice its normal."""


@dataclass(frozen=True, kw_only=True)
class StationSlot:
    """A slot of stations."""

    memory: Memory
    schedule: Schedule
    number: int
    """Slots since the epoch."""
    hour: float
    """Local hour of the day, with its fraction."""
    week_hour: int
    """Place of the local hour in the learned week, see `Schedule`."""
    value: Callable[[str], Floats]
    """Newest value of a point, NaN where it is unknown."""
    newest_ms: NDArray[np.int64]
    """Measured time of the newest reading of each station [epoch ms]."""
    raw: Floats
    """Newest values of all points, shape ``(n_points, n)``."""
    reports: Callable[[str], Flags]
    """Whether a station ever reported a point."""
    design_flow_m3_per_h: Floats
    maintenance: Flags
    """Stations on which work is announced."""
    in_season: Flags | None
    """As a person set it; None: nobody did."""
    fleet: Fleet
    source_supply_mpa: Floats
    """Of the source of each station [MPa]."""
    source_diff_mpa: Floats
    branch_load: Floats
    rising: Flags
    """Whether the make-up of the station's source is rising."""

    @property
    def day_ends(self) -> bool:
        """Whether this is the last slot of a day (UTC)."""
        return self.number % 288 == 287

    def push(self, name: str, value: Floats) -> Floats:
        """Put the value of this slot into a window and return the window, in no order."""
        self.memory.push(name, self.number, value)
        return self.memory.window(name)

    def figure(self, name: str) -> Floats:
        """Return a figure that a family before this one gave."""
        return self.memory.figure(name)

    def is_set(self, name: str) -> Flags:
        """Return where a flag that a family before this one gave is set."""
        return np.asarray(self.memory.figure(name) == 1.0)


@dataclass(frozen=True, kw_only=True)
class SourceSlot:
    """A slot of sources."""

    memory: Memory
    number: int
    value: Callable[[str], Floats]
    fleet: Fleet

    @property
    def day_ends(self) -> bool:
        """Whether this is the last slot of a day (UTC)."""
        return self.number % 288 == 287
