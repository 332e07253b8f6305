"""Faults by chance: which object breaks on which day, at realistic base rates.

What lives here: the draw. Every draw is keyed by seed, type, object and day, so that another fault, station or type
shifts nothing. What does not: base rates (`simulators.faults.catalogue`).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from heating.intervals import from_epoch_ms
from simulators.city_layout import CityLayout
from simulators.fault_kinds import SEASON_DAYS, FaultKind, FaultType, TargetKind
from simulators.faults.catalogue import CATALOGUE, natural_rate
from simulators.faults.targets import PlacedFault, TargetFinder
from simulators.random_streams import RandomStreams, entity_keys
from simulators.scenario import FaultPlan, RandomFaultsPlan

__all__ = ["RandomFaults", "rates_per_day"]

DAY_MS = 86_400_000


def rates_per_day(plan: RandomFaultsPlan) -> dict[FaultType, float]:
    """Return the probability per object and day of every type that can happen.

    The scale follows the catalogue's usual make-up of a city, not the one simulated: a city that grows keeps the rates
    of what was there.
    """
    weights = {
        kind.type: plan.mix.get(kind.type, 1.0)
        for kind in CATALOGUE.values()
        if not plan.types or kind.type in plan.types
    }
    natural = sum(weight * natural_rate(CATALOGUE[fault]) for fault, weight in weights.items())
    scale = 1.0 if plan.rate is None or natural == 0 else plan.rate / natural
    return {
        fault: min(1.0, scale * weight * CATALOGUE[fault].per_season / SEASON_DAYS)
        for fault, weight in weights.items()
        if weight > 0
    }


class RandomFaults:
    """Faults of one run that nobody planned.

    Parameters
    ----------
    layout : CityLayout
        Objects that can break.
    plan : RandomFaultsPlan
        Rates.
    random : RandomStreams
        Streams ``fault.*``.
    start_ms : int
        Nothing breaks before this moment [epoch ms].
    """

    def __init__(
        self, layout: CityLayout, plan: RandomFaultsPlan, random: RandomStreams, *, start_ms: int
    ) -> None:
        self._layout = layout
        self._plan = plan
        self._random = random
        self._rates = rates_per_day(plan)
        self._finder = TargetFinder(layout)
        self._keys: dict[TargetKind, NDArray[np.uint64]] = {}
        self._start_ms = start_ms
        self._next_day = start_ms // DAY_MS

    def up_to(self, now_ms: int) -> list[PlacedFault]:
        """Return the faults of all days up to that of `now_ms` that were not returned before, by onset."""
        found: list[PlacedFault] = []
        while self._next_day <= now_ms // DAY_MS:
            found.extend(self.of_day(self._next_day))
            self._next_day += 1
        return found

    @property
    def known_until_ms(self) -> int:
        """First moment of the day that has not been drawn yet [epoch ms]."""
        return self._next_day * DAY_MS

    def of_day(self, day: int) -> list[PlacedFault]:
        """Return the faults with an onset on a day, counted from 1970-01-01 in UTC, by onset."""
        faults = [fault for kind in CATALOGUE.values() for fault in self._of_kind(kind, day)]
        return sorted(faults, key=lambda fault: (fault.onset_ms, fault.plan.id))

    def _of_kind(self, kind: FaultKind, day: int) -> Iterator[PlacedFault]:
        rate = self._rates.get(kind.type, 0.0)
        if rate == 0:
            return
        name, keys = f"fault.{kind.type.value}", self._keys_of(kind.target)
        struck = self._random.uniform(name, keys, day) < rate
        if kind.target is TargetKind.HOUSEHOLD:
            struck &= ~self._layout.home_suspended
        places = np.flatnonzero(struck)
        onset = self._random.uniform(f"{name}.onset", keys[places], day)
        length = self._random.uniform(f"{name}.length", keys[places], day)
        size = self._random.uniform(f"{name}.severity", keys[places], day)
        low, high = np.clip(kind.severity, self._plan.min_severity, self._plan.max_severity)
        short, long = kind.hours
        for number, place in enumerate(places.tolist()):
            onset_ms = day * DAY_MS + int(onset[number] * DAY_MS) // 1000 * 1000
            if onset_ms < self._start_ms:
                continue
            target = self._finder.ids(kind.target)[place]
            plan = FaultPlan(
                id=f"{kind.type.value}/{target}/{from_epoch_ms(day * DAY_MS):%Y-%m-%d}",
                type=kind.type,
                target=target,
                onset=0.0,
                duration=round(short * (long / short) ** float(length[number]) * 3600),
                severity=max(0.01, round(float(low + (high - low) * size[number]), 3)),
            )
            yield self._finder.at(plan, kind, place, onset_ms=onset_ms)

    def _keys_of(self, kind: TargetKind) -> NDArray[np.uint64]:
        layout = self._layout
        match kind:
            case TargetKind.STATION:
                return layout.station_key
            case TargetKind.BUILDING:
                return layout.building_key
            case TargetKind.HOUSEHOLD:
                return layout.home_key
            case TargetKind.SENSOR:
                return layout.sensor_key
            case _:
                if kind not in self._keys:
                    self._keys[kind] = entity_keys(self._finder.ids(kind))
                return self._keys[kind]
