"""Pressure keeping and make-up water of a station against its setpoint and its own last weeks; pressures that jump.

Not here: pressures of the primary network (`primary`).
"""

import numpy as np
from numpy.typing import NDArray

from alerting.judging.learned import rings
from alerting.judging.learned.declared import SLOTS_AN_HOUR, Figure, Learns, NormalKind
from alerting.judging.learned.slots import StationSlot

__all__ = ["LEARNS", "take"]

Floats = NDArray[np.float64]

_HOUR = SLOTS_AN_HOUR
_PRESSURES = ("primary_supply", "primary_return", "secondary_supply", "secondary_return")
_JUMP_MPA = 0.025
"""A reading further than this from the median of its last slots has jumped [MPa]."""
_TEACHING_SHARE_PCT = 0.4
"""A make-up above this share of the circulation is no normal to learn [%]."""

LEARNS = Learns(
    rings={
        **{f"jump_{name}": 5 for name in _PRESSURES},
        "jumps": 2 * _HOUR,
        "p2r": 3,
        "makeup_total": 6 * _HOUR,
        "makeup_flow": _HOUR // 2,
    },
    normals=(
        NormalKind(
            name="makeup", unit="m³/h", meaning="make-up water, mean of six hours", ratio=True, odd=0.4,
            warm_slots=6 * _HOUR, learn_days=2.0,
        ),
    ),
    figures=(
        Figure("jumps_2h", "", "slots of the last two hours in which some but not all pressures jumped"),
        Figure("p2r_over_sp", "MPa", "return pressure above its setpoint, median of three slots"),
        Figure("makeup_ratio", "", "make-up of the last six hours over its normal"),
        Figure("makeup_share_pct", "%", "make-up of the last six hours over the design circulation"),
        Figure("makeup_busy_pct", "%", "make-up flow of the last half hour over the design circulation"),
    ),
)  # fmt: skip


def take(slot: StationSlot) -> None:
    """Take a slot."""
    _jumps(slot)
    memory = slot.memory
    over = slot.value("secondary_return_pressure_mpa") - slot.value("secondary_return_pressure_setpoint_mpa")
    slot.push("p2r", over)
    last = [memory.back("p2r", slot.number, by) for by in range(3)]
    memory.give("p2r_over_sp", rings.median_of_three(*last))
    _makeup(slot)


def _jumps(slot: StationSlot) -> None:
    pressures = [slot.value(f"{name}_pressure_mpa") for name in _PRESSURES]
    windows = [slot.push(f"jump_{name}", one) for name, one in zip(_PRESSURES, pressures, strict=True)]
    # One sort for all four: sorting small windows costs more in calls than in work.
    middle = rings.median(np.concatenate(windows, axis=1), share=0.2)
    jumped = np.abs(np.concatenate(pressures) - middle) > _JUMP_MPA
    count = jumped.reshape(len(_PRESSURES), -1).sum(axis=0).astype(np.float64)
    # All four at once is the plant (a pump that stops), not an instrument.
    count = np.where(count == len(_PRESSURES), 0.0, count)
    window = slot.push("jumps", np.where(slot.is_set("live"), count, np.nan))
    slot.memory.give("jumps_2h", (window > 0).sum(axis=0).astype(np.float64))


def _makeup(slot: StationSlot) -> None:
    memory, design = slot.memory, slot.design_flow_m3_per_h
    total = slot.value("makeup_volume_total_m3")
    slot.push("makeup_total", total)
    oldest = memory.back("makeup_total", slot.number, 6 * _HOUR - 1)
    hours = (6 * _HOUR - 1) / _HOUR
    rate = np.where(total >= oldest, (total - oldest) / hours, np.nan)
    share = rate / design * 100.0
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = memory.against_normal("makeup", rate, slot.is_set("live") & (share < _TEACHING_SHARE_PCT))
    memory.give("makeup_ratio", ratio)
    memory.give("makeup_share_pct", share)
    busy = rings.mean(slot.push("makeup_flow", slot.value("makeup_flow_m3_per_h") / design * 100.0))
    memory.give("makeup_busy_pct", busy)
