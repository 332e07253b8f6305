"""Faults: where they act, when they are active, and what they do to the model.

What lives here: finding targets, and the timetable. What does
not: fields of scenario files (`simulators.scenario`), consequences (they follow from physics).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulators.city_layout import CityLayout
from simulators.faults.effects import Effects, no_effects
from simulators.scenario import FaultPlan, FaultType, ScenarioError

__all__ = ["FaultSchedule", "Occurrence", "PlacedFault", "place_faults"]

_STATION_FAULTS = (FaultType.PUMP_TRIP, FaultType.MAINS_LOSS, FaultType.GATEWAY_SILENT)
_SHUT_VALVE_LEAKS = 0.06
"""Share of the usual flow that passes the shut valve and the riser pipes of a suspended home."""


@dataclass(frozen=True, slots=True)
class PlacedFault:
    """A fault with its target found."""

    plan: FaultPlan
    target: str
    """Id of what breaks."""
    place: int
    """Place of the station or sensor; -1 for homes."""
    homes: tuple[int, ...]
    """Places of the homes that it reaches."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a fault happens."""

    fault: PlacedFault
    number: int
    """0 for the first time."""
    onset_ms: int
    end_ms: int | None


def place_faults(plans: Sequence[FaultPlan], layout: CityLayout) -> tuple[PlacedFault, ...]:
    """Find the targets of all faults.

    Raises
    ------
    ScenarioError
        Lists every target that is not there.
    """
    placed: list[PlacedFault] = []
    problems: list[str] = []
    taken: set[str] = set()
    for plan in plans:
        try:
            fault = _place(plan, layout, taken)
        except (KeyError, ValueError):
            problems.append(
                f"fault {plan.id!r}: no {plan.type.value} target {plan.target!r}; "
                "name an object of the site or a station with such an object below it"
            )
            continue
        taken.add(fault.target)
        placed.append(fault)
    if problems:
        raise ScenarioError("\n".join(problems))
    return tuple(placed)


def _place(plan: FaultPlan, layout: CityLayout, taken: set[str]) -> PlacedFault:
    if plan.type in _STATION_FAULTS:
        station = layout.station_index[plan.target]
        homes = np.flatnonzero(layout.home_station == station)
        reach = () if plan.type is FaultType.GATEWAY_SILENT else tuple(homes.tolist())
        return PlacedFault(plan, plan.target, station, reach)
    below = layout.station_index.get(plan.target)
    if plan.type is FaultType.RISER_BLOCKED:
        riser = layout.riser_ids.index(plan.target) if below is None else _best_riser(layout, below, taken)
        return PlacedFault(
            plan,
            layout.riser_ids[riser],
            -1,
            tuple(np.flatnonzero(layout.home_riser == riser).tolist()),
        )
    if plan.type is FaultType.HOUSEHOLD_VALVE_SHUT:
        home = layout.home_index[plan.target] if below is None else _sensed_home(layout, below, taken)
        return PlacedFault(plan, layout.site.households[home].household_id, -1, (home,))
    if below is None:
        sensor = layout.sensor_ids.index(plan.target) if plan.target in layout.sensor_ids else None
    else:
        sensor = _free_sensor(layout, below, taken)
    if sensor is None:
        raise KeyError(plan.target)
    return PlacedFault(plan, layout.sensor_ids[sensor], sensor, ())


def _best_riser(layout: CityLayout, station: int, taken: set[str]) -> int:
    """Return the riser below a station with the most sensors."""
    sensed = layout.sensor_home[layout.home_station[layout.sensor_home] == station]
    counts = np.bincount(layout.home_riser[sensed], minlength=len(layout.riser_ids))
    for riser in np.argsort(-counts, kind="stable").tolist():
        if counts[riser] and layout.riser_ids[riser] not in taken:
            return int(riser)
    raise KeyError(station)


def _sensed_home(layout: CityLayout, station: int, taken: set[str]) -> int:
    """Return a heated home with a sensor below a station, on no riser that a fault has taken."""
    for home in layout.sensor_home.tolist():
        free = layout.site.households[home].household_id not in taken
        riser_free = layout.riser_ids[layout.home_riser[home]] not in taken
        if layout.home_station[home] == station and free and riser_free and not layout.home_suspended[home]:
            return int(home)
    raise KeyError(station)


def _free_sensor(layout: CityLayout, station: int, taken: set[str]) -> int | None:
    for sensor in range(len(layout.sensor_ids) - 1, -1, -1):
        if (
            layout.home_station[layout.sensor_home[sensor]] == station
            and layout.sensor_ids[sensor] not in taken
        ):
            return sensor
    return None


class FaultSchedule:
    """Which faults are active when.

    Parameters
    ----------
    faults : tuple of PlacedFault
        From `place_faults`.
    layout : CityLayout
        Sizes.
    live_ms : int
        Onsets count from here [epoch ms]; may be moved once by `go_live`.
    """

    def __init__(self, faults: tuple[PlacedFault, ...], layout: CityLayout, *, live_ms: int) -> None:
        self._faults = faults
        self._layout = layout
        self._live_ms = live_ms
        self._early_ms = live_ms
        self._active: tuple[tuple[str, int], ...] | None = None
        self._effects = self._build(())

    def go_live(self, live_ms: int) -> None:
        """Count the onsets of faults to come from this moment; those that lie in the past stay."""
        self._live_ms = live_ms

    def _onset_ms(self, plan: FaultPlan) -> int:
        origin = self._early_ms if plan.onset < 0 else self._live_ms
        return origin + int(plan.onset * 1000)

    def _occurrence(self, fault: PlacedFault, now_ms: int) -> Occurrence | None:
        plan, number = fault.plan, 0
        onset_ms = self._onset_ms(plan)
        if now_ms < onset_ms:
            return None
        if plan.repeat is not None:
            number = int((now_ms - onset_ms) // int(plan.repeat * 1000))
            onset_ms += number * int(plan.repeat * 1000)
        end_ms = None if plan.duration is None else onset_ms + int(plan.duration * 1000)
        if end_ms is not None and now_ms >= end_ms:
            return None
        return Occurrence(fault, number, onset_ms, end_ms)

    def active(self, now_ms: int) -> list[Occurrence]:
        """Return what is broken at a moment."""
        found = (self._occurrence(fault, now_ms) for fault in self._faults)
        return [occurrence for occurrence in found if occurrence is not None]

    def effects(self, now_ms: int) -> Effects:
        """Return what is broken at a moment as arrays; the same object as long as nothing changes."""
        active = self.active(now_ms)
        marks = tuple((item.fault.plan.id, item.number) for item in active)
        if marks != self._active:
            self._active = marks
            self._effects = self._build(active)
        return self._effects

    def _build(self, active: Sequence[Occurrence]) -> Effects:
        effects = no_effects(self._layout)
        effects.home_opening[self._layout.home_suspended] = _SHUT_VALVE_LEAKS
        for occurrence in active:
            fault = occurrence.fault
            match fault.plan.type:
                case FaultType.PUMP_TRIP:
                    effects.pump_tripped[fault.place] = True
                case FaultType.MAINS_LOSS:
                    effects.mains_ok[fault.place] = False
                case FaultType.GATEWAY_SILENT:
                    effects.gateway_silent[fault.place] = True
                case FaultType.RISER_BLOCKED | FaultType.HOUSEHOLD_VALVE_SHUT:
                    effects.home_opening[list(fault.homes)] *= np.float32(1 - fault.plan.severity)
                case FaultType.SENSOR_SILENT:
                    effects.sensor_silent[fault.place] = True
        return effects
