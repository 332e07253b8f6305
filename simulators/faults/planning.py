"""From a scenario to the schedule of a run.

What lives here: putting planned faults, faults by chance, confounders and cold snaps together. What does not: any of
these.
"""

from simulators.city_layout import CityLayout
from simulators.faults.confounders import FULL_COLD_SNAP_K, PlacedConfounder, place_confounders
from simulators.faults.fault_schedule import FaultSchedule
from simulators.faults.random_faults import RandomFaults
from simulators.faults.targets import PlacedFault, place_faults
from simulators.random_streams import RandomStreams
from simulators.scenario import ColdSnapPlan, ConfounderPlan, ConfounderType, Scenario, ScenarioError

__all__ = ["cold_snaps_of", "schedule_of"]


def schedule_of(
    scenario: Scenario, layout: CityLayout, random: RandomStreams, *, live_ms: int, start_ms: int
) -> FaultSchedule:
    """Return when what is broken in a run.

    Parameters
    ----------
    scenario : Scenario
        Plans.
    layout : CityLayout
        Objects.
    random : RandomStreams
        Streams ``fault.*`` and ``confounder.*``.
    live_ms : int
        Planned onsets count from here [epoch ms].
    start_ms : int
        Nothing breaks by chance before this moment [epoch ms].

    Raises
    ------
    ScenarioError
        Lists every target of a fault or confounder that is not there.
    """
    problems = []
    faults: tuple[PlacedFault, ...] = ()
    confounders: tuple[PlacedConfounder, ...] = ()
    try:
        faults = place_faults(scenario.faults, layout)
    except ScenarioError as error:
        problems.append(str(error))
    snaps = _snaps_as_confounders(scenario)
    try:
        confounders = place_confounders((*scenario.confounders, *snaps), layout, random)
    except ScenarioError as error:
        problems.append(str(error))
    if problems:
        raise ScenarioError("\n".join(problems))
    chance = None
    if scenario.random_faults is not None:
        chance = RandomFaults(layout, scenario.random_faults, random, start_ms=start_ms)
    return FaultSchedule(
        faults, layout, live_ms=live_ms, random=random, by_chance=chance, confounders=confounders
    )


def cold_snaps_of(scenario: Scenario) -> tuple[ColdSnapPlan, ...]:
    """Return all cold snaps: those of the weather and those among the confounders."""
    confounders = (plan for plan in scenario.confounders if plan.type is ConfounderType.COLD_SNAP)
    more = (
        ColdSnapPlan(onset=plan.onset, drop_k=FULL_COLD_SNAP_K * plan.severity, duration=plan.duration)
        for plan in confounders
    )
    return (*scenario.weather.cold_snaps, *more)


def _snaps_as_confounders(scenario: Scenario) -> tuple[ConfounderPlan, ...]:
    """Return the falls of the weather as confounders, so that the truth lists them; thaws mislead nobody."""
    return tuple(
        ConfounderPlan(
            id=f"cold-snap-{number}",
            type=ConfounderType.COLD_SNAP,
            onset=snap.onset,
            duration=snap.duration,
            severity=min(1.0, snap.drop_k / FULL_COLD_SNAP_K),
        )
        for number, snap in enumerate(scenario.weather.cold_snaps, 1)
        if snap.drop_k > 0
    )
