"""Heat meter of a station against the heat that its secondary side carries away; meters that die or start again.

Not here: electricity (`alerting.judging.signals.electricity`).
"""

import numpy as np
from numpy.typing import NDArray

from alerting.judging.learned import rings
from alerting.judging.learned.declared import SLOTS_A_DAY, SLOTS_AN_HOUR, Figure, Learns, NormalKind
from alerting.judging.learned.slots import StationSlot

__all__ = ["LEARNS", "take"]

Floats = NDArray[np.float64]

_HOUR = SLOTS_AN_HOUR
_GJ_PER_M3_K = 4.132e-3
"""Heat of a cubic metre of water at about 50 °C, per kelvin [GJ/(m³·K)]."""
_STEADY_K = 2.5
"""A setpoint that spans less than this in two hours stands [K]."""
_NEAR_SETPOINT_K = 4.0
_LONG_CALM_H = 8.0
_LEAST_GJ_PER_H = 0.5

LEARNS = Learns(
    rings={"heat_in": 6 * _HOUR, "heat_out": 6 * _HOUR},
    normals=(
        NormalKind(
            name="balance", unit="", meaning="heat of the secondary side over the meter's", ratio=True, odd=0.06,
            warm_slots=SLOTS_A_DAY,
        ),
    ),
    kept={"heat_total": float("nan")},
    figures=(
        Figure("quiet", "", "1 while the station has run steadily for hours, near its setpoint"),
        Figure("balance_ratio", "", "heat carried away over heat metered, six hours, against its normal"),
        Figure("heat_in_6h", "GJ/h", "metered heat rate, mean of six hours"),
        Figure("heat_out", "GJ/h", "heat that the secondary side carries away"),
        Figure("heat_total_drop_gj", "GJ", "how far the heat meter's total fell since the reading before"),
    ),
)  # fmt: skip


def take(slot: StationSlot) -> None:
    """Take a slot."""
    memory, live = slot.memory, slot.is_set("live")
    supply = slot.value("secondary_supply_temp_c")
    off = np.abs(supply - slot.value("secondary_supply_temp_setpoint_c"))
    steady = memory.figure("setpoint_span_2h") < _STEADY_K
    quiet = (
        slot.is_set("calm") & steady & (off < _NEAR_SETPOINT_K) & (memory.figure("stopped_h") > _LONG_CALM_H)
    )
    heat_in = slot.value("primary_heat_rate_gj_per_h")
    spread = supply - slot.value("secondary_return_temp_c")
    heat_out = _GJ_PER_M3_K * slot.value("secondary_flow_m3_per_h") * spread
    long_in = rings.mean(slot.push("heat_in", np.where(quiet, heat_in, np.nan)))
    long_out = rings.mean(slot.push("heat_out", np.where(quiet, heat_out, np.nan)))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = memory.against_normal("balance", long_out / long_in, quiet & (long_in > _LEAST_GJ_PER_H))
    memory.give("quiet", np.where(live, quiet.astype(np.float64), np.nan))
    memory.give("balance_ratio", ratio)
    memory.give("heat_in_6h", long_in)
    memory.give("heat_out", heat_out)
    total, before = slot.value("primary_heat_total_gj"), memory.carried("heat_total")
    memory.give("heat_total_drop_gj", np.where(live, np.maximum(before - total, 0.0), np.nan))
    before[:] = np.where(np.isnan(total), before, total)
