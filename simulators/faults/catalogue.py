"""The catalogue of faults: every kind, in one mapping.

What lives here: the join of the four tables and how often faults happen by nature. What does not: their lines
(`station_faults`, `network_faults`, `home_faults`, `device_faults`).
"""

from types import MappingProxyType

from simulators.fault_kinds import SEASON_DAYS, FaultKind, FaultType, TargetKind
from simulators.faults.device_faults import DEVICE_FAULTS
from simulators.faults.home_faults import HOME_FAULTS
from simulators.faults.network_faults import NETWORK_FAULTS
from simulators.faults.station_faults import STATION_FAULTS

__all__ = ["CATALOGUE", "OBJECTS_PER_STATION", "natural_rate"]

CATALOGUE = MappingProxyType(
    {kind.type: kind for kind in (*STATION_FAULTS, *NETWORK_FAULTS, *HOME_FAULTS, *DEVICE_FAULTS)}
)
"""Every kind of fault by its type."""

OBJECTS_PER_STATION = MappingProxyType(
    {
        TargetKind.STATION: 1.0,
        TargetKind.BRANCH: 0.2,
        TargetKind.SOURCE: 0.02,
        TargetKind.BUILDING: 9.3,
        TargetKind.RISER: 37.0,
        TargetKind.HOUSEHOLD: 527.0,
        TargetKind.SENSOR: 16.0,
    }
)
"""Objects to a station in the league (simulator.md: 338,600 homes, 643 stations, about 6,000 buildings, 3 % sensed).
Fixed numbers, so that the scale of random faults does not move when a city grows by a station."""


def natural_rate(kind: FaultKind) -> float:
    """Return how often a kind happens in a city of usual make-up [events per 1000 station-days]."""
    return 1000 * kind.per_season * OBJECTS_PER_STATION[kind.target] / SEASON_DAYS


assert len(CATALOGUE) == len(FaultType), "a fault type without a line in the catalogue, or with two"
