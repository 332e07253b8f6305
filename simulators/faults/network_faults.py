"""Faults of the primary network and of heat sources, as a table.

What lives here: four kinds. What does not: hydraulics and heat transport (`simulators.network`). Base rates are per
branch or source and heating season.

The rate of bursts starts from 0.05 failures per km and year of one line, which Russian reliability rules assume for new
heating mains (Thermal Engineering 2019, doi 10.1134/S004060151910001X). Two lines a route and half a year a season give
0.05 per km and season, 0.25 on a branch of 5 km. All else is engineering judgement ("own").
"""

from simulators.fault_kinds import FaultKind, FaultType, Profile, RootCause, TargetKind, factor, plus

__all__ = ["NETWORK_FAULTS"]

NETWORK_FAULTS = (
    FaultKind(
        type=FaultType.PRIMARY_BURST,
        target=TargetKind.BRANCH,
        cause=RootCause.PRIMARY,
        changes=(plus("branch_leak_m2", 6e-3),),
        per_season=0.25,
        reason="0.05 failures per km and year of one line (Russian reliability rules), two lines, 5 km, half a year",
        hours=(4, 24),
        severity=(0.2, 1),
        seen_after_s=60,
    ),
    FaultKind(
        type=FaultType.BRANCH_MISVALVED,
        target=TargetKind.BRANCH,
        cause=RootCause.PRIMARY,
        changes=(factor("branch_opening", 0.12),),
        per_season=0.15,
        reason="own: a valve left half shut after works, once in seven seasons",
        hours=(6, 5 * 24),
        severity=(0.6, 1),
        seen_after_s=600,
    ),
    FaultKind(
        type=FaultType.PRIMARY_PUMP_LOSS,
        target=TargetKind.SOURCE,
        cause=RootCause.SOURCE,
        changes=(factor("source_pump_factor", 0.1),),
        per_season=0.4,
        reason="own: one of the network pumps out for hours, two seasons in five",
        hours=(0.5, 8),
        severity=(0.3, 1),
        seen_after_s=60,
    ),
    FaultKind(
        type=FaultType.SOURCE_TRIP,
        target=TargetKind.SOURCE,
        cause=RootCause.SOURCE,
        changes=(factor("source_capacity_factor", 0.0),),
        per_season=1.0,
        reason="own: a boiler or turbine extraction trips about once a season",
        hours=(1, 12),
        severity=(0.3, 1),
        profile=Profile.EXP,
        rise_s=600.0,
        seen_after_s=600,
    ),
)
"""All kinds that strike a branch or a source."""
