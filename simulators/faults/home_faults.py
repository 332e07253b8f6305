"""Faults of buildings, risers and homes, as a table.

What lives here: nine kinds. What does not: heat transfer (`simulators.buildings`), habits of people that are no fault
(`simulators.people`). Base rates are per building, riser or home and heating season.
"""

from simulators.fault_kinds import (
    FaultKind,
    FaultType,
    Profile,
    RootCause,
    TargetKind,
    factor,
    plus,
)

__all__ = ["HOME_FAULTS"]

_HOME = TargetKind.HOUSEHOLD
_DAY_S = 86400.0

HOME_FAULTS = (
    FaultKind(
        type=FaultType.FAR_END_STARVED,
        target=TargetKind.BUILDING,
        cause=RootCause.BUILDING,
        changes=(factor("building_opening", 0.15),),
        per_season=0.03,
        reason="own: building valves moved or silted; two or three of a hundred buildings a season",
        hours=(24, 14 * 24),
        severity=(0.5, 1),
    ),
    FaultKind(
        type=FaultType.RISER_BLOCKED,
        target=TargetKind.RISER,
        cause=RootCause.RISER,
        changes=(factor("home_opening", 0.0),),
        per_season=0.015,
        reason="own: air or dirt in one riser of some seventy a season",
        hours=(12, 7 * 24),
        severity=(0.6, 0.98),
    ),
    FaultKind(
        type=FaultType.HOUSEHOLD_VALVE_SHUT,
        target=_HOME,
        cause=RootCause.HOME,
        changes=(factor("home_opening", 0.0),),
        per_season=0.006,
        reason="own: shut by mistake or after works, about three homes a station and season",
        hours=(6, 10 * 24),
        severity=(0.7, 1),
    ),
    FaultKind(
        type=FaultType.FILTER_CLOGGED,
        target=_HOME,
        cause=RootCause.HOME,
        changes=(factor("home_opening", 0.1),),
        per_season=0.012,
        reason="own: taken to be twice as frequent as a shut valve; the household filter is cleaned after a call",
        hours=(3 * 24, 30 * 24),
        severity=(0.5, 1),
        profile=Profile.RAMP,
        rise_s=4 * _DAY_S,
    ),
    FaultKind(
        type=FaultType.RADIATOR_AIR,
        target=_HOME,
        cause=RootCause.HOME,
        changes=(factor("home_emitter_factor", 0.3),),
        per_season=0.015,
        reason="own: mostly top floors; bled after a call",
        hours=(12, 10 * 24),
        severity=(0.4, 1),
        profile=Profile.EXP,
        rise_s=12 * 3600.0,
    ),
    FaultKind(
        type=FaultType.WINDOW_OPEN,
        target=_HOME,
        cause=RootCause.WINDOW,
        changes=(plus("home_extra_air_per_h", 4.0),),
        per_season=0.02,
        reason="own: a window left ajar for half a day or longer, beyond the usual airing",
        hours=(8, 4 * 24),
        severity=(0.2, 1),
    ),
    FaultKind(
        type=FaultType.HOME_VACANT,
        target=_HOME,
        cause=RootCause.HOME,
        changes=(factor("home_gains_factor", 0.0), factor("home_opening", 0.25)),
        per_season=0.01,
        reason="own: away for weeks with radiators turned down, without a notice of suspension",
        hours=(5 * 24, 45 * 24),
        severity=(0.5, 1),
    ),
    FaultKind(
        type=FaultType.HOME_SUSPENDED,
        target=_HOME,
        cause=RootCause.SUSPENDED,
        changes=(factor("home_opening", 0.06), factor("home_gains_factor", 0.1)),
        per_season=0.002,
        reason="own: shut off during the season, for arrears or on request, beyond the registry's suspensions",
        hours=(10 * 24, 60 * 24),
        severity=(1, 1),
    ),
    FaultKind(
        type=FaultType.ENVELOPE_DAMAGE,
        target=_HOME,
        cause=RootCause.HOME,
        changes=(factor("home_conductance_factor", 1.8),),
        per_season=0.002,
        reason="own: broken pane, wet insulation, a wall opened for works",
        hours=(2 * 24, 30 * 24),
        severity=(0.4, 1),
    ),
)
"""All kinds that strike a building, a riser or a home."""
