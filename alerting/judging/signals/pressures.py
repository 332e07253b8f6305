"""Pressures of a station against its pressure-holding setpoint and the height of its buildings."""

import numpy as np

from alerting.judging.signals.family import Basis, Columns, Family, Moment, Signal
from config.rules.scopes import STATION

__all__ = ["FAMILY"]

_HOLDING = "secondary_return_pressure_setpoint_mpa"


def _columns(moment: Moment) -> Columns:
    # A plant that never reported the setpoint has none: 0, so that the static head alone decides. One that did and
    # is silent about it now is unknown, and the rule waits.
    never = moment.plants.newest_ms[moment.plants.points[_HOLDING]] == 0
    return {
        "p2r_sp_if_any": np.where(never, 0.0, moment.point(_HOLDING)),
        "relief": moment.point("relief_valve_open"),
    }


def _constants(basis: Basis) -> Columns:
    return {"static_head": np.array([plant.static_head_mpa or 0.0 for plant in basis.plants], np.float64)}


FAMILY = Family(
    scope=STATION,
    signals=(
        Signal("p1s", "MPa", "primary supply pressure", "primary_supply_pressure_mpa"),
        Signal("p1r", "MPa", "primary return pressure", "primary_return_pressure_mpa"),
        Signal("p2s", "MPa", "secondary supply pressure", "secondary_supply_pressure_mpa"),
        Signal("p2r", "MPa", "secondary return pressure", "secondary_return_pressure_mpa"),
        Signal("p2r_sp", "MPa", "pressure-holding setpoint", "secondary_return_pressure_setpoint_mpa"),
        Signal("p2r_sp_if_any", "MPa", "pressure-holding setpoint; 0 at a station that never reported one"),
        Signal("relief", "", "1 while the relief valve is open"),
        Signal("static_head", "MPa", "static pressure of the highest building; 0 when the registry has none"),
    ),
    columns=_columns,
    constants=_constants,
    of_circuits=True,
)
