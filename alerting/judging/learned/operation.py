"""Whether a station speaks, lives and runs: frozen readings, stops, calm water, the operating state.

Only power or flow tells running from stopped: a stopped station keeps 40 to 48 °C and a spread of 20 K at its probes
for hours. Not here: what follows from it (`hydraulics`, `pressures`, `thermal`, `meters`, `primary`).
"""

import numpy as np
from numpy.typing import NDArray

from alerting.judging.learned import rings
from alerting.judging.learned.declared import SLOTS_AN_HOUR, Figure, Learns
from alerting.judging.learned.schedule import RUNS_SURELY, STANDS_SURELY
from alerting.judging.learned.slots import StationSlot
from heating.diagnosis.operating_state import OperatingState
from heating.points import CIRCULATION_PUMPS

__all__ = ["LEARNS", "highest", "take"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_HOUR = float(SLOTS_AN_HOUR)
_LONG_AGO = 1e6
_CALM_AFTER = 2 * _HOUR
"""Slots after a stop until the water is calm: temperatures and pressures have found their places."""
_CALM_FLOW = 0.3
"""Least share of the design flow."""
_RUNNING_FLOW = 0.05
"""Flow over design flow above which water circulates."""
_RUNNING_HEAT_GJ_PER_H = 0.054
"""Least heat rate of a running station, 15 kW [GJ/h]."""
_RUNNING_HEAT_SHARE = 0.06
"""And its least share of the highest rate seen lately."""
_STARTING = 4 * _HOUR
_REACHED_K = 3.0
"""A station has started when its supply is this near to its setpoint [K]."""
_SEASON = 3 * 24 * _HOUR
_SEASON_SHARE = 0.05
"""A station that ran less than this share of the last three days is out of season."""
_MILD_C = 8.0
"""When most stations stand still above this, a person stopped them."""
_TOGETHER = 0.5
_SETBACK_K = 1.5
_IDLE = (OperatingState.OFF_SEASON, OperatingState.SCHEDULED_OFF, OperatingState.MAINTENANCE)
"""States in which nobody wants heat from the station."""
_LONGEST_SEEN = _HOUR
"""Longer runs of equal readings are no habit of a controller but a fault: not learned."""

LEARNS = Learns(
    kept={
        "same": 0.0,
        "seen_ms": 0.0,
        "stopped": _LONG_AGO,
        "running_slots": 0.0,
        "has_started": 0.0,
        "peak_heat": 0.0,
        "season_share": 0.5,
        "season_slots": 0.0,
        "longest_same": 0.0,
        **{f"print_{place}": float("nan") for place in range(2)},
    },
    figures=(
        Figure("live", "", "1 while readings come in and move"),
        Figure("same_readings", "", "successive readings in which nothing moved"),
        Figure("longest_same", "", "longest such run of the station in good times"),
        Figure("runs", "", "1 while the station runs, 0 while it stands still"),
        Figure("stopped_h", "h", "time since the station last stood still"),
        Figure("calm", "", "1 while water has circulated for two hours"),
        Figure("wanted", "", "1 unless it is out of season, under work, or usually off at this hour"),
        Figure("running_share", "", "how often the station runs at this hour of the week"),
        Figure("operating_state", "", "what the station is doing, as `OperatingState`"),
    ),
)


def highest(slot: StationSlot, stem: str, numbers: tuple[int, ...] = CIRCULATION_PUMPS) -> Floats:
    """Return the highest value of a point over the pumps that report it."""
    values = np.vstack([slot.value(stem.replace("N", str(number))) for number in numbers])
    missing = np.isnan(values)
    found = np.where(missing, -np.inf, values).max(axis=0)
    return np.where(missing.all(axis=0), np.nan, found)


def take(slot: StationSlot) -> None:
    """Take a slot."""
    memory = slot.memory
    live = _live(slot)
    running = _running(slot, live)
    stands, runs = running == 0.0, running == 1.0
    stopped = memory.carried("stopped")
    stopped[:] = np.where(stands, 0.0, np.minimum(stopped + 1.0, _LONG_AGO))
    flow = slot.value("secondary_flow_m3_per_h")
    no_flow_meter = ~slot.reports("secondary_flow_m3_per_h")
    calm = (
        live
        & (stopped > _CALM_AFTER)
        & ((flow > _CALM_FLOW * slot.design_flow_m3_per_h) | (no_flow_meter & runs))
    )
    memory.give("runs", running)
    memory.give("stopped_h", stopped / _HOUR)
    memory.give("calm", np.where(live, calm.astype(np.float64), np.nan))
    _state(slot, runs=runs, stands=stands)


def _live(slot: StationSlot) -> Flags:
    """Count readings in which nothing moved, and note the longest run of them."""
    memory = slot.memory
    values = slot.raw
    known = ~np.isnan(values)
    seen = known.any(axis=0)
    # Two weighted sums stand for all values: equal prints mean equal readings, save by a chance that needs both.
    weights = 1.0 + np.arange(len(values))[:, None] / 7.0
    filled = np.where(known, values, 0.0)
    prints = (rings.total(filled), rings.total(weights * filled))
    seen_ms = memory.carried("seen_ms")
    fresh = seen & (slot.newest_ms > seen_ms)
    first, second = memory.carried("print_0"), memory.carried("print_1")
    equal = (prints[0] == first) & (prints[1] == second)
    same, longest = memory.carried("same"), memory.carried("longest_same")
    ended = fresh & ~equal & (same < _LONGEST_SEEN)
    longest[:] = np.where(ended, np.maximum(longest * 0.9999, same), longest)
    same[:] = np.where(fresh, np.where(equal, same + 1.0, 0.0), same)
    seen_ms[fresh] = slot.newest_ms[fresh]
    first[fresh], second[fresh] = prints[0][fresh], prints[1][fresh]
    live = seen & (same <= longest)
    memory.give("live", np.where(seen, live.astype(np.float64), np.nan))
    memory.give("same_readings", np.where(seen, same, np.nan))
    memory.give("longest_same", longest)
    return live


def _running(slot: StationSlot, live: Flags) -> Floats:
    """Return 1, 0 or NaN: by the pumps, else by heat, else by flow, else by temperatures."""
    memory = slot.memory
    flow_share = slot.value("secondary_flow_m3_per_h") / slot.design_flow_m3_per_h
    heat = slot.value("primary_heat_rate_gj_per_h")
    peak = memory.carried("peak_heat")
    peak[:] = np.where(live & ~np.isnan(heat), np.maximum(peak * 0.99998, heat), peak)
    pumps = highest(slot, "circulation_pump_N_running")
    supply, back = slot.value("secondary_supply_temp_c"), slot.value("secondary_return_temp_c")
    primary_back = slot.value("primary_return_temp_c")
    warm = (supply - back > 2.5) & (supply > 28.0) & ~(primary_back <= back - 1.0)
    by_temperature = np.where(np.isnan(supply + back), np.nan, warm.astype(np.float64))
    by_flow = np.where(np.isnan(flow_share), by_temperature, (flow_share > _RUNNING_FLOW).astype(np.float64))
    enough = np.maximum(_RUNNING_HEAT_GJ_PER_H, _RUNNING_HEAT_SHARE * peak)
    by_heat = np.where(np.isnan(heat), by_flow, (heat > enough).astype(np.float64))
    running = np.where(np.isnan(pumps), by_heat, (pumps > 0).astype(np.float64))
    return np.where(live, running, np.nan)


def _state(slot: StationSlot, *, runs: Flags, stands: Flags) -> None:
    memory = slot.memory
    known = runs | stands
    in_season = _in_season(slot, runs, known)
    usual = slot.schedule.running_share(slot.week_hour)
    if slot.number % SLOTS_AN_HOUR == SLOTS_AN_HOUR // 2:
        slot.schedule.take(slot.week_hour, np.where(known, runs.astype(np.float64), np.nan), in_season | runs)
    together = slot.fleet.stopped_share >= _TOGETHER and slot.fleet.outdoor_c > _MILD_C
    started = _started(slot, runs, stands)
    setback = memory.figure("setpoint_residual_k") < -_SETBACK_K
    night = not 7.0 <= slot.hour < 21.5
    # The first that holds.
    cases = (
        (~known, OperatingState.NO_DATA),
        (slot.maintenance, OperatingState.MAINTENANCE),
        (runs & ~started, OperatingState.STARTING),
        (runs & setback & night, OperatingState.NIGHT_SETBACK),
        (runs, OperatingState.RUNNING),
        (~in_season, OperatingState.OFF_SEASON),
        (np.asarray(usual < STANDS_SURELY) | together, OperatingState.SCHEDULED_OFF),
        (usual > RUNS_SURELY, OperatingState.UNEXPECTEDLY_OFF),
    )
    state = np.select(
        [case for case, _ in cases], [float(word) for _, word in cases], float(OperatingState.UNSURE)
    )
    memory.give("operating_state", state)
    memory.give("running_share", usual)
    memory.give("wanted", np.where(~known, np.nan, (~np.isin(state, _IDLE)).astype(np.float64)))


def _in_season(slot: StationSlot, runs: Flags, known: Flags) -> Flags:
    """Return which stations are in season: as a person said, else those that ran in the last days."""
    share, slots = slot.memory.carried("season_share"), slot.memory.carried("season_slots")
    gain = 1.0 / np.minimum(slots + 1.0, _SEASON)
    share[:] = np.where(known, share + gain * (runs - share), share)
    slots[:] = np.where(known, slots + 1.0, slots)
    if slot.in_season is not None:
        return slot.in_season
    return np.asarray((share > _SEASON_SHARE) | (slots < 24 * _HOUR))


def _started(slot: StationSlot, runs: Flags, stands: Flags) -> Flags:
    memory = slot.memory
    for_slots, started = memory.carried("running_slots"), memory.carried("has_started")
    for_slots[:] = np.where(runs, for_slots + 1.0, np.where(stands, 0.0, for_slots))
    supply, setpoint = slot.value("secondary_supply_temp_c"), slot.value("secondary_supply_temp_setpoint_c")
    reached = ~(supply < setpoint - _REACHED_K) | (for_slots > _STARTING)
    started[:] = np.where(stands, 0.0, np.where(runs & reached, 1.0, started))
    return np.asarray(started == 1.0)
