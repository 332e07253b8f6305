"""Primary side of a station: its pressures against what source and load of the branch usually give.

Not here: the branch and the source themselves (`sources`, `alerting.judging.symptoms`).
"""

import numpy as np
from numpy.typing import NDArray

from alerting.judging.learned import rings
from alerting.judging.learned.declared import SLOTS_AN_HOUR, CurveKind, Figure, Learns
from alerting.judging.learned.slots import StationSlot

__all__ = ["LEARNS", "take"]

Floats = NDArray[np.float64]

_FALL_SLOTS = 6.0
"""A burst empties its branch first: what pressures do in the first half hour tells the branch."""

LEARNS = Learns(
    rings={"dp1": 3, "p1": 3, "p1_hour": SLOTS_AN_HOUR},
    curves=(
        CurveKind(
            name="dp1", unit="MPa", meaning="primary differential pressure over that of the source and the load",
            features=("1", "source", "load²"), odd=0.03,
        ),
        CurveKind(
            name="p1", unit="MPa", meaning="primary supply pressure less that of the source over the load",
            features=("1", "load²"), odd=0.03,
        ),
    ),
    kept={"rising_slots": 0.0, "fall": 0.0, "p1_before": float("nan")},
    figures=(
        Figure("dp1_residual_mpa", "MPa", "primary differential pressure less its curve"),
        Figure("p1_residual_mpa", "MPa", "primary supply pressure less its curve"),
        Figure("p1_fall_mpa", "MPa", "how far it has fallen against the source since the source's make-up rose"),
        Figure("rising_slots", "", "slots since the source's make-up rose"),
    ),
)  # fmt: skip


def take(slot: StationSlot) -> None:
    """Take a slot."""
    memory, live = slot.memory, slot.is_set("live")
    supply = slot.value("primary_supply_pressure_mpa")
    slot.push("dp1", supply - slot.value("primary_return_pressure_mpa"))
    slot.push("p1", supply - slot.source_supply_mpa)
    square = np.square(slot.branch_load)
    middle = {
        name: rings.median_of_three(*(memory.back(name, slot.number, by) for by in range(3)))
        for name in ("dp1", "p1")
    }
    dp1 = memory.residual("dp1", (1.0, slot.source_diff_mpa, square), middle["dp1"], live)
    p1 = memory.residual("p1", (1.0, square), middle["p1"], live)
    memory.give("dp1_residual_mpa", dp1)
    memory.give("p1_residual_mpa", p1)
    _fall(slot, p1)


def _fall(slot: StationSlot, p1: Floats) -> None:
    memory = slot.memory
    fall, rising, before = (memory.carried(name) for name in ("fall", "rising_slots", "p1_before"))
    # What stood in the hour before the rise: while it lasts the window goes on, the figure stands.
    begins = slot.rising & (rising == 0.0)
    usual = rings.median(memory.window("p1_hour"), share=0.3)
    before[begins] = usual[begins]
    step = np.nan_to_num(p1 - before)
    fall[:] = np.where(slot.rising, fall + np.where(rising < _FALL_SLOTS, step, 0.0), 0.0)
    rising[:] = np.where(slot.rising, rising + 1.0, 0.0)
    slot.push("p1_hour", p1)
    memory.give("p1_fall_mpa", np.array(fall))
    memory.give("rising_slots", np.array(rising))
