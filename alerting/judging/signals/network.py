"""Sources and branches: their own readings, and what the symptoms of the stations below them say together.

The shares come from a second pass, when the symptoms of the stations of this step are known
(`alerting.judging.symptoms.network_pass`); until then they are unknown.
"""

import numpy as np

from alerting.judging.signals.family import Columns, Family, Moment, Signal
from config.rules.scopes import BRANCH, SOURCE
from heating.heat_tree import Level

__all__ = ["BRANCHES", "SOURCES"]

_OF_BRANCHES = (
    Signal("branches_dp_low_share", "", "share of its branches with a low differential pressure"),
    Signal("branches_cold_share", "", "share of its branches whose stations are cold"),
)


def _unknown(moment: Moment, level: Level, signals: tuple[Signal, ...]) -> Columns:
    objects = len(moment.basis.layout.subjects(level))
    return {signal.name: np.full(objects, np.nan) for signal in signals}


def _source_columns(moment: Moment) -> Columns:
    own = {"q_src": moment.source_point("source_heat_rate_gj_per_h")}
    return {**own, **_unknown(moment, Level.SOURCE, _OF_BRANCHES)}


SOURCES = Family(
    scope=SOURCE,
    signals=(
        Signal("ts_src", "°C", "supply temperature", "source_supply_temp_c"),
        Signal("tr_src", "°C", "return temperature", "source_return_temp_c"),
        Signal("gs_src", "m³/h", "flow", "source_flow_m3_per_h"),
        Signal("gmk_src", "m³/h", "make-up flow", "source_makeup_flow_m3_per_h"),
        Signal("ps_src", "MPa", "supply pressure", "source_supply_pressure_mpa"),
        Signal("pr_src", "MPa", "return pressure", "source_return_pressure_mpa"),
        Signal("q_src", "GJ/h", "heat rate"),
        *_OF_BRANCHES,
    ),
    columns=_source_columns,
)
_OF_STATIONS = (
    Signal("dp1_low_share", "", "share of its stations with a low primary differential pressure"),
    Signal("p1_low_share", "", "share of its stations with a low primary supply pressure"),
    Signal("t2s_low_share", "", "share of its stations whose supply is below the setpoint"),
    Signal("dp1_low_share_others", "", "the same over the other branches of its source; unknown without any"),
    Signal("t2s_low_share_others", "", "the same over the other branches of its source"),
    Signal("sources_dp_low", "", "1 when every branch of its source has a low differential pressure"),
    Signal("fall_rank", "", "1 at the branch whose pressures fell most since the source's make-up rose"),
    Signal("fall_lead_mpa", "MPa", "by how much it fell more than the next one"),
    Signal("fall_slots", "", "slots since the source's make-up rose"),
    Signal("branch_makeup_ratio", "", "make-up of its source over its normal"),
    Signal("branch_source_p_ratio", "", "supply pressure of its source over its normal"),
    Signal("branch_source_dp_ratio", "", "differential pressure of its source over its normal"),
)
BRANCHES = Family(
    scope=BRANCH,
    signals=_OF_STATIONS,
    columns=lambda moment: _unknown(moment, Level.BRANCH, _OF_STATIONS),
)
