"""Heat side of a station: setpoint against its learned curve of the day, nights, outdoor sensor, heat delivered.

The setpoint's curve bends: it is learned over the outdoor temperature, filtered as controllers do, and its square, by
day only; at night there may be a setback. Not here: meters (`meters`).
"""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from alerting.judging.learned import rings
from alerting.judging.learned.declared import (
    SLOTS_A_DAY,
    SLOTS_AN_HOUR,
    CurveKind,
    Figure,
    Learns,
    NormalKind,
)
from alerting.judging.learned.slots import StationSlot

__all__ = ["LEARNS", "filtered_outdoor", "setpoint_residual", "take"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_HOUR = SLOTS_AN_HOUR
_FILTER = timedelta(hours=3)
"""Time constant of the outdoor temperature in the controllers (2 to 4 h are usual)."""
_DAY_FROM, _DAY_TO = 7.0, 21.5
"""Local hours in which nobody sets a setback [h]."""
_DEEP_FROM, _DEEP_TO = 23.5, 4.0
_SUN_W_PER_M2 = 50.0
_LOW_K = 2.2
"""A setpoint this far below its curve is low [K]."""
_TOP_K = 1.2
"""But not within this distance of the highest setpoint: a curve has an upper end [K]."""
_TOP_SINKS_K = 2.0 / SLOTS_A_DAY / 10
"""What the remembered highest setpoint sinks a slot [K]."""
_NIGHT_LOW, _NIGHT_FINE = 2.0 * _HOUR, 3.0 * _HOUR
"""So many low, or fine, slots make a low, or fine, night."""
_RECENT = 36.0 * _HOUR
_LONG_AGO = 1e6
_ROOM_C = 20.0
_BASE_K = 20.0
"""Scale of the curve, so that its weights are of one size [K]."""

LEARNS = Learns(
    rings={"setpoint": 2 * _HOUR, "heat_ratio": _HOUR},
    normals=(
        NormalKind(name="outdoor", unit="K", meaning="outdoor sensor less the median of all", odd=1.5),
        NormalKind(name="heat", unit="", meaning="heat rate over room less outdoor", ratio=True, odd=0.3),
    ),
    curves=(
        CurveKind(
            name="setpoint", unit="°C", meaning="setpoint of the day over the filtered outdoor temperature",
            features=("1", "outdoor/20", "(outdoor/20)²"), odd=1.5, certain={2: 0.3},
        ),
    ),
    kept={
        "outdoor_filtered": float("nan"), "blind": 0.0, "top": 0.0, "low_slots": 0.0, "since_day_low": _LONG_AGO,
        "night_low_slots": 0.0, "night_fine_slots": 0.0, "night_low": 0.0, "night_fine": 0.0, "clock_wrong": 0.0,
    },
    figures=(
        Figure("outdoor_gap_k", "K", "outdoor sensor less all others, less its normal"),
        Figure("radiation", "W/m²", "radiation of the weather site"),
        Figure("setpoint_residual_k", "K", "setpoint less its curve of the day, less what all stations do"),
        Figure("setpoint_top_c", "°C", "highest setpoint seen, sinking slowly"),
        Figure("outdoor_sure", "", "1 while the outdoor temperature has been known"),
        Figure("daytime", "", "1 in the hours without a setback"),
        Figure("night_low", "", "1 when the setpoint was low in the last night"),
        Figure("night_fine", "", "1 when the setpoint was low by day and not in the night"),
        Figure("setpoint_span_2h", "K", "span of the setpoint in two hours"),
        Figure("heat_ratio_1h", "", "heat delivered over what this weather usually takes"),
        Figure("outdoor_filtered_c", "°C", "outdoor temperature as a controller filters it"),
    ),
)  # fmt: skip


def filtered_outdoor(slot: StationSlot) -> Floats:
    """Return the outdoor temperature of each station, filtered; the median of all stands in for a silent sensor."""
    keep = float(np.exp(-300.0 / _FILTER.total_seconds()))
    before = slot.memory.carried("outdoor_filtered")
    own = np.where(slot.is_set("live"), slot.value("outdoor_temp_c"), np.nan)
    own = np.where(np.isnan(own), slot.fleet.outdoor_c, own)
    own = np.where(np.isnan(own), before, own)
    return np.where(np.isnan(before), own, own + (before - own) * keep)


def setpoint_residual(slot: StationSlot, filtered: Floats, *, learn: bool) -> Floats:
    """Return how far each setpoint is from its curve of the day [K]; learn from it by day where asked to."""
    cold = filtered / _BASE_K
    setpoint = slot.value("secondary_supply_temp_setpoint_c")
    features = (1.0, cold, np.square(cold))
    if not learn:
        return slot.memory.residual("setpoint", features, setpoint)
    day = _DAY_FROM <= slot.hour < _DAY_TO
    usable = slot.is_set("live") & slot.is_set("runs") & np.bool_(day)
    return slot.memory.residual("setpoint", features, setpoint, usable)


def take(slot: StationSlot) -> None:
    """Take a slot."""
    memory, live = slot.memory, slot.is_set("live")
    outdoor = slot.value("outdoor_temp_c")
    shade = slot.fleet.radiation_w_per_m2 < _SUN_W_PER_M2
    gap = memory.against_normal("outdoor", outdoor - slot.fleet.outdoor_c, live & shade)
    memory.give("outdoor_gap_k", gap)
    memory.give("radiation", np.full(len(live), slot.fleet.radiation_w_per_m2))
    filtered = filtered_outdoor(slot)
    memory.carried("outdoor_filtered")[:] = filtered
    memory.give("outdoor_filtered_c", filtered)
    _setpoint(slot, filtered)
    _heat(slot, filtered)


def _setpoint(slot: StationSlot, filtered: Floats) -> None:
    memory, live = slot.memory, slot.is_set("live")
    setpoint = slot.value("secondary_supply_temp_setpoint_c")
    day = _DAY_FROM <= slot.hour < _DAY_TO
    blind, top = memory.carried("blind"), memory.carried("top")
    blind[:] = np.where(live, np.maximum(blind - 1, 0), np.minimum(blind + 2, 3 * _HOUR))
    residual = setpoint_residual(slot, filtered, learn=True) - slot.fleet.setpoint_off_k
    top[:] = np.where(live, np.fmax(top - _TOP_SINKS_K, setpoint), top)
    sure = live & (blind < _HOUR)
    low = sure & (residual < -_LOW_K) & (setpoint < top - _TOP_K)
    fine = sure & ~np.isnan(residual) & ~low
    _nights(slot, low=low, fine=fine, day=day)
    memory.give("setpoint_residual_k", np.where(sure, residual, np.nan))
    memory.give("setpoint_top_c", np.array(top))
    memory.give("outdoor_sure", sure.astype(np.float64))
    memory.give("daytime", np.full(len(live), float(day)))
    memory.give("setpoint_span_2h", rings.span(slot.push("setpoint", setpoint)))


def _nights(slot: StationSlot, *, low: Flags, fine: Flags, day: bool) -> None:
    """Remember through the day how the last night was: a wrong clock lowers the days and leaves the nights."""
    memory = slot.memory
    low_slots, since = memory.carried("low_slots"), memory.carried("since_day_low")
    low_slots[:] = np.where(low & day, low_slots + 1, 0.0)
    since[:] = np.where(low_slots >= 2, 0.0, np.minimum(since + 1, _LONG_AGO))
    counted_low, counted_fine = memory.carried("night_low_slots"), memory.carried("night_fine_slots")
    night_low, night_fine = memory.carried("night_low"), memory.carried("night_fine")
    if slot.hour >= _DEEP_FROM or slot.hour < _DEEP_TO:
        counted_low += low
        counted_fine += fine
    elif day:
        over = counted_low + counted_fine > 0
        night_low[over] = counted_low[over] > _NIGHT_LOW
        night_fine[over] = counted_fine[over] > _NIGHT_FINE
        counted_low[:] = counted_fine[:] = 0.0
    clock = memory.carried("clock_wrong")
    recent = since < _RECENT
    seen = (night_fine == 1.0) & recent & (since > 4 * _HOUR) | (clock == 1.0) & recent
    clock[:] = seen & (night_low == 0.0)
    memory.give("night_low", np.array(night_low))
    memory.give("night_fine", seen.astype(np.float64))


def _heat(slot: StationSlot, filtered: Floats) -> None:
    memory, calm = slot.memory, slot.is_set("calm")
    wanted = slot.value("primary_heat_rate_gj_per_h") / np.maximum(_ROOM_C - filtered, 5.0)
    ratio = memory.against_normal("heat", wanted, calm)
    memory.give("heat_ratio_1h", rings.mean(slot.push("heat_ratio", ratio)))
