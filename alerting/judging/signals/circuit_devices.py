"""Whether each circuit of a station with several still speaks."""

import numpy as np

from alerting.judging.signals.family import Columns, Family, Moment, Signal
from config.rules.scopes import CIRCUIT
from heating.points import Measurement

__all__ = ["FAMILY"]


def _columns(moment: Moment) -> Columns:
    of_circuit = moment.basis.layout.side_circuit
    silent_s = np.full(len(of_circuit), np.nan)
    silent_s[of_circuit >= 0] = moment.silent_s(Measurement.CIRCUIT)
    return {"circuit_silent_s": silent_s}


FAMILY = Family(
    scope=CIRCUIT,
    signals=(
        Signal(
            "circuit_silent_s",
            "s",
            "time since the last telemetry of the circuit; unknown where a station has one circuit",
        ),
    ),
    columns=_columns,
)
