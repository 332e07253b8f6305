"""Valves, pumps, strainers and exchangers of a station against their own normals.

Not here: pressures that are kept (`pressures`), temperatures (`thermal`).
"""

import numpy as np
from numpy.typing import NDArray

from alerting.judging.learned import rings
from alerting.judging.learned.declared import SLOTS_AN_HOUR, Figure, Learns, NormalKind
from alerting.judging.learned.operation import highest
from alerting.judging.learned.slots import StationSlot

__all__ = ["LEARNS", "take"]

Floats = NDArray[np.float64]

_HOUR = SLOTS_AN_HOUR
_RATED_HZ = 50.0
_TURN_PCT = 3.0
"""A change of direction smaller than this is the valve's own play [%]."""
_INNER_LOSS = 0.35
"""Loss inside pump and station over the measured head at rest of the curve: the index stays flat over the speed."""
_LEAST_PRIMARY_SHARE = 0.1
_END_MOVES_HZ = 1e-4
"""What the remembered ends of the frequency move inwards a slot [Hz]."""
_LEAST_STRAINER_MPA = 0.0015
"""Below this the primary strainer's instrument shows its own noise [MPa]."""

LEARNS = Learns(
    rings={
        "str2": _HOUR, "hx": _HOUR, "str1": 4 * _HOUR, "g1_square": 4 * _HOUR, "pump": _HOUR, "flow_per_hz": _HOUR,
        "flow_steps": _HOUR, "hz": 8 * _HOUR, "valve": _HOUR, "outdoor_8h": 8 * _HOUR,
    },
    normals=(
        NormalKind(name="str2", unit="MPa", meaning="secondary strainer, at design flow", ratio=True, odd=0.12),
        NormalKind(name="hx", unit="MPa", meaning="exchanger, secondary side, at design flow", ratio=True, odd=0.12),
        NormalKind(name="str1", unit="", meaning="primary strainer over squared flow", ratio=True, odd=0.3),
        NormalKind(name="head", unit="", meaning="head of the circulation over squared flow"),
        NormalKind(name="pump", unit="MPa", meaning="head of the pump at 50 Hz", ratio=True, odd=0.04),
        NormalKind(name="flow_per_hz", unit="", meaning="secondary flow over frequency", ratio=True, odd=0.06),
        NormalKind(name="hz_span", unit="Hz", meaning="span of the frequency in eight hours"),
    ),
    kept={"flow_per_hz_before": float("nan"), "hz_top": float("nan"), "hz_floor": float("nan")},
    figures=(
        Figure("str2_ratio", "", "secondary strainer over its normal"),
        Figure("str2_dp", "MPa", "loss of the secondary strainer at design flow, mean of an hour"),
        Figure("hx_ratio", "", "secondary side of the exchanger over its normal"),
        Figure("hx_dp", "MPa", "its loss at design flow, mean of an hour"),
        Figure("str1_ratio", "", "primary strainer over its normal, by four hours"),
        Figure("str1_dp", "MPa", "loss of the primary strainer, mean of four hours"),
        Figure("str1_expected", "MPa", "what it would be with a clean strainer"),
        Figure("pump_index_ratio", "", "head of the pumps at their speed over its normal"),
        Figure("flow_per_hz_ratio", "", "flow over frequency against its normal"),
        Figure("flow_noise", "", "what flow over frequency moves from slot to slot, over its mean"),
        Figure("hz_span_8h", "Hz", "span of the pump's frequency in eight hours"),
        Figure("hz_span_usual", "Hz", "its normal"),
        Figure("hz_from_end", "Hz", "distance of the frequency from the nearer end of what it has been"),
        Figure("outdoor_span_8h", "K", "span of the filtered outdoor temperature in eight hours"),
        Figure("valve_span_20m", "%", "span of the valve's position in the last slots"),
        Figure("valve_spread_1h", "%", "standard deviation of the valve's position"),
        Figure("valve_turns_1h", "", "changes of its direction"),
        Figure("valve_mean_1h", "%", "its mean"),
    ),
)  # fmt: skip


def take(slot: StationSlot) -> None:
    """Take a slot."""
    calm = slot.is_set("calm")
    flow = slot.value("secondary_flow_m3_per_h")
    with np.errstate(divide="ignore", invalid="ignore"):
        square = np.where(calm, np.square(flow), np.nan)
        _secondary_losses(slot, square)
        _primary_strainer(slot)
        hz = highest(slot, "circulation_pump_N_frequency_hz")
        _pump(slot, flow, square, hz)
        _drive(slot, hz)
    _valve(slot)


def _secondary_losses(slot: StationSlot, square: Floats) -> None:
    calm = slot.is_set("calm")
    for name, point in (
        ("str2", "strainer_secondary_diff_pressure_mpa"),
        ("hx", "exchanger_secondary_diff_pressure_mpa"),
    ):
        at_design = slot.value(point) / square * np.square(slot.design_flow_m3_per_h)
        drop = rings.mean(slot.push(name, at_design))
        slot.memory.give(f"{name}_dp", drop)
        ratio = slot.memory.against_normal(name, drop, calm)
        slot.memory.give(f"{name}_ratio", ratio)


def _primary_strainer(slot: StationSlot) -> None:
    flow, calm = slot.value("primary_flow_m3_per_h"), slot.is_set("calm")
    enough = calm & (flow > _LEAST_PRIMARY_SHARE * slot.design_flow_m3_per_h)
    loss = np.where(enough, slot.value("strainer_primary_diff_pressure_mpa"), np.nan)
    drop = rings.mean(slot.push("str1", loss))
    square = rings.mean(slot.push("g1_square", np.where(enough, np.square(flow), np.nan))) / 1000.0
    teaches = calm & (drop > _LEAST_STRAINER_MPA)
    ratio = slot.memory.against_normal("str1", drop / square, teaches)
    slot.memory.give("str1_dp", drop)
    slot.memory.give("str1_expected", slot.memory.known("str1") * square)
    slot.memory.give("str1_ratio", ratio)


def _pump(slot: StationSlot, flow: Floats, square: Floats, hz: Floats) -> None:
    memory, calm = slot.memory, slot.is_set("calm")
    head = (
        slot.value("secondary_diff_pressure_mpa")
        + slot.value("exchanger_secondary_diff_pressure_mpa")
        + slot.value("strainer_secondary_diff_pressure_mpa")
    )
    memory.against_normal("head", head / square, calm)
    inner = _INNER_LOSS * memory.known("head") * np.square(flow)
    index = np.where(calm, (head + inner) / np.square(hz / _RATED_HZ), np.nan)
    index = rings.mean(slot.push("pump", index))
    memory.give("pump_index_ratio", memory.against_normal("pump", index, calm))
    per_hz = np.where(calm, flow / hz, np.nan)
    middle = rings.mean(slot.push("flow_per_hz", per_hz))
    ratio = memory.against_normal("flow_per_hz", middle, calm)
    memory.give("flow_per_hz_ratio", ratio)
    before = memory.carried("flow_per_hz_before")
    steps = slot.push("flow_steps", np.abs(per_hz - before))
    before[:] = per_hz
    memory.give("flow_noise", rings.median(steps, share=0.4) / middle)


def _drive(slot: StationSlot, hz: Floats) -> None:
    memory, calm = slot.memory, slot.is_set("calm")
    span = rings.span(slot.push("hz", np.where(calm, hz, np.nan)))
    memory.against_normal("hz_span", span, calm & (span > 0))
    memory.give("hz_span_8h", span)
    memory.give("hz_span_usual", memory.known("hz_span"))
    top, floor = memory.carried("hz_top"), memory.carried("hz_floor")
    running = np.where(calm, hz, np.nan)
    top[:] = np.fmax(top - _END_MOVES_HZ, running)
    floor[:] = np.fmin(floor + _END_MOVES_HZ, running)
    memory.give("hz_from_end", np.minimum(top - hz, hz - floor))
    # The filtered temperature of the slot before: the heat side comes after this family.
    memory.give("outdoor_span_8h", rings.span(slot.push("outdoor_8h", memory.carried("outdoor_filtered"))))


def _valve(slot: StationSlot) -> None:
    memory = slot.memory
    position = slot.value("valve_position_pct")
    mains = ~(slot.value("mains_power_ok") == 0.0)
    moving = np.where(mains & slot.is_set("runs"), position, np.nan)
    window = slot.push("valve", moving)
    memory.give("valve_span_20m", rings.span(memory.ordered("valve", slot.number, 4)))
    memory.give("valve_spread_1h", rings.spread(window))
    memory.give("valve_turns_1h", rings.turns(memory.ordered("valve", slot.number), _TURN_PCT))
    memory.give("valve_mean_1h", rings.mean(window))
