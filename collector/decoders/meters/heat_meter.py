"""What every heat meter says, whatever its frame: fields, the canonical points they become, and a check by physics.

What does not live here: frames (CJ/T 188, M-Bus, wireless M-Bus).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from collector.decoders.foreign import Field
from heating.points import Measurement
from heating.quality import Quality
from heating.quantities import Unit, UnknownConversionError, to_canonical

__all__ = ["MeterField", "as_fields", "consistent"]

KILOWATT_PER_CUBIC_METRE_KELVIN: Final = 1.163
"""Heat in water: kW for each m³/h and K (domain.md, formulas; water at about 60 °C)."""
TOLERANCE: Final = 0.15
"""Accepted disagreement of heat rate and flow times spread, as a share of the larger one."""
SLACK_KW: Final = 0.5
"""Accepted disagreement besides, for meters that show few digits [kW]."""
_MEMBERS: Final = ("heat_rate", "flow", "spread", "supply_temp", "return_temp")

_POINTS: Final[Mapping[Measurement, Mapping[str, str]]] = MappingProxyType(
    {
        Measurement.STATION: {
            "supply_temp": "primary_supply_temp_c",
            "return_temp": "primary_return_temp_c",
            "flow": "primary_flow_m3_per_h",
            "volume_total": "primary_volume_total_m3",
            "heat_rate": "primary_heat_rate_gj_per_h",
            "heat_total": "primary_heat_total_gj",
        },
        Measurement.BUILDING: {
            "supply_temp": "inlet_supply_temp_c",
            "return_temp": "inlet_return_temp_c",
            "flow": "inlet_flow_m3_per_h",
        },
        Measurement.SOURCE: {
            "supply_temp": "source_supply_temp_c",
            "return_temp": "source_return_temp_c",
            "flow": "source_flow_m3_per_h",
            "heat_rate": "source_heat_rate_gj_per_h",
        },
        Measurement.ROOM: {
            "external_temp": "room_temp_c",
            "humidity": "room_humidity_pct",
            "low_battery": "low_battery",
            "sensor_fault": "sensor_fault",
        },
    }
)


@dataclass(frozen=True, slots=True)
class MeterField:
    """One value of a heat meter in the meter's own unit."""

    name: str
    """What the meter calls it, for example ``heat_total`` or ``energy_storage_1``."""
    value: float | str | bool | None = None
    """In `unit`; None: the meter says that it does not know."""
    unit: str = ""
    """Unit of the value."""
    role: str = ""
    """supply_temp, return_temp, spread, flow, volume_total, heat_rate, heat_total, low_battery; empty: none of them."""
    quality: int = Quality.GOOD
    """Code of `heating.quality.Quality`."""


def as_fields(values: Sequence[MeterField], measurement: Measurement) -> list[Field]:
    """Return the fields of a meter that stands at an object, with canonical points where there are any.

    A value whose unit is not the canonical one is listed twice: converted by its point, and as the meter shows it.
    Values that contradict each other by physics are marked uncertain (see `consistent`).
    """
    doubtful = frozenset(_MEMBERS) if consistent(values) is False else frozenset[str]()
    points = _POINTS.get(measurement, {})
    fields: list[Field] = []
    shown: list[Field] = []
    for item in values:
        quality = item.quality
        if item.role in doubtful:
            quality = max(quality, Quality.UNCERTAIN_INCONSISTENT)
        field = Field(item.name, item.value, item.unit, points.get(item.role), quality)
        fields.append(field)
        if field.point is not None and item.unit not in ("", "°C", "m³/h", "m³", "GJ", "GJ/h"):
            shown.append(replace(field, point=None))
    return fields + shown


def consistent(values: Sequence[MeterField]) -> bool | None:
    """Return whether heat rate, flow and spread agree (P ≈ 1.163·V̇·ΔT); None when one of them is missing.

    Source: domain.md, formulas. The spread is taken from the meter, else from its two temperatures.
    """
    heat_kw = _first(values, "heat_rate", Unit.KILOWATT)
    flow = _first(values, "flow", Unit.CUBIC_METRE_PER_HOUR)
    spread = _first(values, "spread", Unit.KELVIN)
    if spread is None:
        supply, back = (_first(values, role, Unit.CELSIUS) for role in ("supply_temp", "return_temp"))
        spread = None if supply is None or back is None else supply - back
    if heat_kw is None or flow is None or spread is None:
        return None
    expected_kw = KILOWATT_PER_CUBIC_METRE_KELVIN * flow * spread
    return abs(heat_kw - expected_kw) <= SLACK_KW + TOLERANCE * max(abs(heat_kw), abs(expected_kw))


def _first(values: Sequence[MeterField], role: str, unit: Unit) -> float | None:
    """Return the first usable value of a role in a unit."""
    for item in values:
        if item.role != role or isinstance(item.value, str | bool | None) or item.quality >= Quality.BAD:
            continue
        try:
            if unit is Unit.KILOWATT and item.unit == "GJ/h":
                return item.value / 3.6e-3
            return to_canonical(float(item.value), unit=item.unit, canonical=unit)
        except UnknownConversionError:
            continue
    return None
