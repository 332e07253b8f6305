"""Names under which gateways and controllers of stations send their points: the Chinese words on their screens.

What lives here: name, unit and factor by canonical point. What does not: envelopes.
"""

from dataclasses import dataclass
from functools import cache

from heating.points import Measurement, PointKind, point_named

__all__ = ["METER_POINTS", "StationName", "kilopascal_name", "station_name"]

METER_POINTS = (
    "primary_supply_temp_c",
    "primary_return_temp_c",
    "primary_flow_m3_per_h",
    "primary_volume_total_m3",
    "primary_heat_rate_gj_per_h",
    "primary_heat_total_gj",
)
"""What a heat meter in the primary return shows."""
_KPA_PER_MPA = 1000.0


@dataclass(frozen=True, slots=True)
class StationName:
    """How equipment calls a point: ``value · factor`` is sent under `name`."""

    name: str
    factor: float
    kind: PointKind


@cache
def station_name(point: str) -> StationName:
    """Return the word for a point of a station, in the canonical unit."""
    known = point_named(Measurement.STATION, point)
    return StationName(known.label_zh, 1.0, known.kind)


@cache
def kilopascal_name(point: str) -> StationName:
    """Return the word for a point of a station; pressures go in kPa, and the name says so."""
    plain = station_name(point)
    if not point.endswith("_mpa"):
        return plain
    return StationName(f"{plain.name}(kPa)", _KPA_PER_MPA, plain.kind)
