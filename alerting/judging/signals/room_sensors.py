"""Whether the room sensor of a home speaks."""

from alerting.judging.signals.family import Basis, Columns, Family, Moment, Signal
from config.rules.scopes import SENSOR
from heating.points import Measurement

__all__ = ["FAMILY"]


def _columns(moment: Moment) -> Columns:
    return {"silent_s": moment.basis.layout.of_homes(moment.silent_s(Measurement.ROOM))}


def _constants(basis: Basis) -> Columns:
    return {"interval_s": basis.layout.of_homes(basis.layout.sensor_interval_s)}


FAMILY = Family(
    scope=SENSOR,
    signals=(
        Signal("silent_s", "s", "time since the sensor's last message arrived; unknown without a sensor"),
        Signal("interval_s", "s", "expected time between messages of the sensor"),
    ),
    columns=_columns,
    constants=_constants,
)
