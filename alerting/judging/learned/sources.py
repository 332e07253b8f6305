"""Heat sources against their own weather curves, pressures and make-up."""

import numpy as np
from numpy.typing import NDArray

from alerting.judging.learned.declared import SLOTS_AN_HOUR, CurveKind, Figure, Learns, NormalKind
from alerting.judging.learned.slots import SourceSlot

__all__ = ["LEARNS", "makeup_share", "take"]

Floats = NDArray[np.float64]

_FILTER_SLOTS = 6.0 * SLOTS_AN_HOUR
"""Time constant with which a source follows the weather [slots]."""
_LEAST_FLOW_M3_PER_H = 50.0
_RISING = 2.0
"""Make-up over its normal from which it rises."""
_BASE_K = 20.0

LEARNS = Learns(
    normals=(
        NormalKind(name="dp", unit="MPa", meaning="differential pressure", odd=0.03),
        NormalKind(name="supply_p", unit="MPa", meaning="supply pressure", odd=0.03),
        NormalKind(name="makeup", unit="", meaning="make-up over flow; seepage follows the flow", ratio=True, odd=0.6),
    ),
    curves=(
        CurveKind(name="supply", unit="°C", meaning="supply over filtered outdoor", features=("1", "outdoor/20"), odd=3.0,
                  forget=0.9997),
        CurveKind(name="heat", unit="GJ/h", meaning="heat over filtered outdoor", features=("1", "outdoor/20"), odd=25.0,
                  forget=0.9997),
    ),
    kept={"outdoor_filtered": float("nan"), "peak_heat": 0.0, "highest_supply": 0.0},
    figures=(
        Figure("source_known", "", "1 while the source's readings come in"),
        Figure("supply_residual_k", "K", "supply less its weather curve"),
        Figure("supply_below_top_k", "K", "supply below the highest one seen"),
        Figure("heat_residual_share", "", "heat less its weather curve, over the heat"),
        Figure("heat_residual", "GJ/h", "heat less its weather curve"),
        Figure("peak_heat_share", "", "heat over the highest one seen"),
        Figure("source_dp_ratio", "", "differential pressure over its normal"),
        Figure("source_p_ratio", "", "supply pressure over its normal"),
        Figure("source_makeup_ratio", "", "make-up over flow against its normal"),
        Figure("source_rising", "", "1 while the make-up is above twice its normal"),
    ),
)  # fmt: skip


def makeup_share(slot: SourceSlot) -> Floats:
    """Return the make-up over the flow."""
    flow = np.maximum(slot.value("source_flow_m3_per_h"), _LEAST_FLOW_M3_PER_H)
    return slot.value("source_makeup_flow_m3_per_h") / flow


def take(slot: SourceSlot) -> None:
    """Take a slot."""
    memory = slot.memory
    supply, heat = slot.value("source_supply_temp_c"), slot.value("source_heat_rate_gj_per_h")
    known = ~np.isnan(supply)
    filtered = memory.carried("outdoor_filtered")
    now = np.where(np.isnan(slot.fleet.outdoor_c), filtered, slot.fleet.outdoor_c)
    keep = float(np.exp(-1.0 / _FILTER_SLOTS))
    filtered[:] = np.where(np.isnan(filtered), now, now + (filtered - now) * keep)
    features = (1.0, filtered / _BASE_K)
    off_k = memory.residual("supply", features, supply, known)
    off_heat = memory.residual("heat", features, heat, known)
    peak, top = memory.carried("peak_heat"), memory.carried("highest_supply")
    peak[:], top[:] = np.fmax(peak, heat), np.fmax(top, supply)
    memory.give("source_known", known.astype(np.float64))
    memory.give("supply_residual_k", off_k)
    memory.give("supply_below_top_k", top - supply)
    memory.give("heat_residual", off_heat)
    memory.give("heat_residual_share", off_heat / np.maximum(heat, 1.0))
    memory.give("peak_heat_share", heat / np.maximum(peak, 1e-6))
    _pressures(slot, known)


def _pressures(slot: SourceSlot, known: NDArray[np.bool_]) -> None:
    memory = slot.memory
    pressure = slot.value("source_supply_pressure_mpa")
    difference = pressure - slot.value("source_return_pressure_mpa")
    share = makeup_share(slot)
    usual = memory.known("makeup")
    with np.errstate(divide="ignore", invalid="ignore"):
        memory.give("source_dp_ratio", difference / memory.known("dp"))
        memory.give("source_p_ratio", pressure / memory.known("supply_p"))
        ratio = memory.against_normal("makeup", share, known)
    memory.against_normal("dp", difference, known)
    memory.against_normal("supply_p", pressure, known)
    memory.give("source_makeup_ratio", ratio)
    memory.give(
        "source_rising", np.where(np.isnan(ratio), np.nan, (share > _RISING * usual).astype(np.float64))
    )
