"""Temperatures of a station, and how long its setpoint has stood."""

import numpy as np

from alerting.judging.signals.family import Basis, Columns, Family, Moment, Signal
from config.rules.scopes import STATION
from heating.assets import Emitter

__all__ = ["FAMILY"]


def _columns(moment: Moment) -> Columns:
    return {"setpoint_age_s": (moment.now_ms - moment.windows.setpoints(moment.basis.of).moved_ms) / 1000.0}


def _constants(basis: Basis) -> Columns:
    on_floor = [float(plant.emitter is Emitter.FLOOR) for plant in basis.plants]
    return {"floor_heating": np.array(on_floor, np.float64)}


FAMILY = Family(
    scope=STATION,
    signals=(
        Signal("t1s", "°C", "primary supply temperature", "primary_supply_temp_c"),
        Signal("t1r", "°C", "primary return temperature", "primary_return_temp_c"),
        Signal("t2s", "°C", "secondary supply temperature", "secondary_supply_temp_c"),
        Signal("t2s_sp", "°C", "secondary supply setpoint", "secondary_supply_temp_setpoint_c"),
        Signal("t2r", "°C", "secondary return temperature", "secondary_return_temp_c"),
        Signal("t_out", "°C", "outdoor temperature at the station", "outdoor_temp_c"),
        Signal("floor_heating", "", "1 when the homes have floor heating"),
        Signal("setpoint_age_s", "s", "time since the supply setpoint last moved by more than 2 K"),
    ),
    columns=_columns,
    constants=_constants,
    of_circuits=True,
)
