"""Water of a station: flows, make-up tank, control valve, and the figures of the design they are compared with."""

import numpy as np

from alerting.judging.signals.family import Basis, Column, Columns, Family, Signal
from config.rules.scopes import STATION
from heating.assets import Circuit, Station

__all__ = ["FAMILY", "design_flows"]

_KG_PER_H_M2 = 3.0
"""Design circulation by heated area when no design flow is known [kg/(h·m²)]; 2-4 is usual (own)."""
_TANK_M = 2.0
"""Full level of a make-up tank of unknown height [m]: its quarter is the usual 0.5 m limit."""


def _design_flow_m3_per_h(plant: Station | Circuit) -> float:
    if plant.design_flow_m3_per_h:
        return plant.design_flow_m3_per_h
    return np.nan if plant.heated_area_m2 is None else plant.heated_area_m2 * _KG_PER_H_M2 / 1000


def design_flows(basis: Basis) -> Column:
    """Return the design secondary flow of each plant [m³/h]; NaN where neither it nor the heated area is known."""
    return np.array([_design_flow_m3_per_h(plant) for plant in basis.plants], np.float64)


def _constants(basis: Basis) -> Columns:
    return {
        "g2_design": design_flows(basis),
        "lt_full": np.array([plant.tank_height_m or _TANK_M for plant in basis.plants], np.float64),
    }


FAMILY = Family(
    scope=STATION,
    signals=(
        Signal("g1", "m³/h", "primary flow", "primary_flow_m3_per_h"),
        Signal("g2", "m³/h", "secondary flow", "secondary_flow_m3_per_h"),
        Signal(
            "g2_design", "m³/h", "design secondary flow; from 3 kg/h and m² of heated area when not given"
        ),
        Signal("gmk", "m³/h", "make-up flow", "makeup_flow_m3_per_h"),
        Signal("lt", "m", "make-up tank level", "makeup_tank_level_m"),
        Signal("lt_full", "m", "full level of the tank; 2 m when the registry has none"),
        Signal("vp", "%", "valve position", "valve_position_pct"),
        Signal("vp_cmd", "%", "valve command", "valve_command_pct"),
    ),
    constants=_constants,
    of_circuits=True,
)
