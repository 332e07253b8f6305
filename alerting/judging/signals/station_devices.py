"""Mains, floor and gateway of a station: whether it lives and speaks."""

from alerting.judging.signals.family import Basis, Columns, Family, Moment, Signal
from config.rules.scopes import STATION
from heating.points import Measurement

__all__ = ["FAMILY"]


def _columns(moment: Moment) -> Columns:
    return {"silent_s": moment.silent_s(Measurement.STATION), "gateway_down": moment.gateway_down}


def _constants(basis: Basis) -> Columns:
    return {"interval_s": basis.layout.station_interval_s}


FAMILY = Family(
    scope=STATION,
    signals=(
        Signal("pwr", "", "1 while mains power is there", "mains_power_ok"),
        Signal("flood", "", "1 while the floor is wet", "flood_detected"),
        Signal("silent_s", "s", "time since the last telemetry message arrived"),
        Signal("interval_s", "s", "expected time between messages"),
        Signal("gateway_down", "", "1 when the gateway's last will said offline and nothing came since"),
    ),
    columns=_columns,
    constants=_constants,
)
