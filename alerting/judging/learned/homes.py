"""What is learned of sensed homes: their own usual temperature, residuals against it, and sensors that misbehave.

A home is cold when it is colder than ever against its station, not only than an overheated one; weak buildings fall more
than their station does, and that much of a residual says nothing. Entered once a slot, by row of the room sensors, in
float32: a league has hundreds of thousands. Not here: which riser or building explains cold homes
(`heating.diagnosis.homes_together`), and limits of the indoor standard (`alerting.judging.signals.rooms`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from alerting.judging.by_object import ByObject, move_future
from alerting.judging.learned.declared import SLOT_MS

__all__ = ["HomeGroups", "HomeMemory", "HomeSlot", "SensorFlags"]

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

_WARM, _LEARN, _SLOW = 72.0, 432.0, 2304.0
"""Readings before the usual temperature is known, until it moves slowly, and the time constant from then on: with a
reading in every slot six hours, a day and a half, eight days."""
_ODD_K = 0.8
"""Readings further from the usual temperature than this teach nothing [K]."""
_JUMP_K = 2.2
"""A step between two readings that no room makes by itself [K]."""
_JUMP_MS = 2 * 86_400_000
"""So long a sensor that jumped is not believed alone [ms]."""
_MOVED_MS = 8 * 3_600_000
_MOVED_K = 1.5
_COLD_K = 0.6
"""A home this much colder than ever against its station counts as cold [K]."""
_FALLS_K = 0.8
_LEAST_HOMES = 5
"""A station's anomaly needs so many sensed homes."""
_WEAK_K_PER_K = 0.2
"""What weak buildings fall more than their station does (measured on simulated months)."""
_WEAK_UP_TO_K = 6.0
_SPREAD_K, _COOLED_K, _TAILS = 0.45, 1.5, 1.5
"""Of residuals of healthy homes, of «cooled» ones; heavy tails divide the likelihood ratio."""
_LEAST_NAT, _MOST_NAT = -3.0, 4.0
_CLIP_K = 3.0
_STUCK_MS = 60 * 3_600_000
_TRUSTED_FLAT_MS = 36 * 3_600_000
_SILENT_MS = 8 * 3_600_000
_FRESH_MS = 2 * 3_600_000
_DRIFT_K = 1.0
"""A sensor that has read this much off its home's usual for a day, without a jump, drifts [K]."""
_SLOW_SLOTS = 288.0
_STEADY_K = 0.5
_LASTS_K = 0.5
"""What the smoothed residual of a moved sensor has reached when its jump is old enough [K]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeGroups:
    """Where the sensed homes hang: row of station, building and riser by row of the sensor; -1 for spare sensors."""

    station: Rows
    building: Rows
    riser: Rows
    stations: int
    buildings: int
    risers: int
    heated: Flags
    """Whether the home is to be heated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSlot:
    """Newest readings of a slot, by row of the sensors."""

    groups: HomeGroups
    now_ms: int
    value_c: NDArray[np.float64]
    """Newest usable reading, however old [°C]."""
    measured_ms: NDArray[np.int64]
    """Its moment [epoch ms]; 0: never."""
    newest_ms: NDArray[np.int64]
    """Moment of the newest row, usable or not [epoch ms]."""
    heard_ms: NDArray[np.int64]
    """Newest arrival [epoch ms]."""
    interval_s: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorFlags:
    """Sensors that misbehave, by kind; all arrays ``(n_sensors,)``."""

    silent: Flags
    sentinel: Flags
    """Two rows in a row that no room can have."""
    stuck: Flags
    moved: Flags
    """It jumped hours ago, is still off, and nobody on its riser follows."""
    drift: Flags
    """It crept away from its home's usual temperature while its building stayed. A home that its own valve or
    radiator cools looks the same: on the cold side somebody has to look."""


class HomeMemory(ByObject):
    """Empty memory of some room sensors."""

    ARRAYS: ClassVar[Mapping[str, int]] = dict.fromkeys(
        (
            "base_c", "taught", "slow_k", "last_c", "seen_ms", "flat_ms", "jumped_ms", "bad_ms", "bad_rows",
            "residual_k", "anomaly_k", "slot",
        ),
        0,
    )  # fmt: skip

    def __init__(self, sensors: int) -> None:
        self.base_c: Floats = np.full(sensors, np.nan, np.float32)
        """Usual temperature, less what the station does [°C]."""
        self.taught: Floats = np.zeros(sensors, np.float32)
        """Readings that taught it."""
        self.slow_k: Floats = np.zeros(sensors, np.float32)
        """The residual, smoothed over a day [K]."""
        self.last_c: Floats = np.full(sensors, np.nan, np.float32)
        self.seen_ms: NDArray[np.int64] = np.zeros(sensors, np.int64)
        """Newest reading taken [epoch ms]."""
        self.flat_ms: NDArray[np.int64] = np.zeros(sensors, np.int64)
        """Since when the reading has not moved [epoch ms]."""
        self.jumped_ms: NDArray[np.int64] = np.zeros(sensors, np.int64)
        """When it last jumped [epoch ms]; 0: never."""
        self.bad_ms: NDArray[np.int64] = np.zeros(sensors, np.int64)
        """Newest row that was bad [epoch ms]."""
        self.bad_rows: NDArray[np.int16] = np.zeros(sensors, np.int16)
        """Bad rows in a row."""
        self.residual_k: Floats = np.full(sensors, np.nan, np.float32)
        """Of the newest slot: reading less usual temperature, less what a colder station explains [K]."""
        self.anomaly_k: Floats = np.full(sensors, np.nan, np.float32)
        """Of its station: median of all homes against their usual temperature [K]."""
        self.slot: NDArray[np.int64] = np.zeros(sensors, np.int64)

    def follow_clock(self, by_ms: int, *, now_ms: int) -> None:
        """Move moments that would lie in the future."""
        for moments in (self.seen_ms, self.flat_ms, self.jumped_ms, self.bad_ms):
            move_future(moments, by_ms, now_ms)
        self.slot[:] = np.minimum(self.slot, now_ms // SLOT_MS)

    def forget_before(self, since_ms: NDArray[np.int64]) -> None:
        """Forget what was learned of sensors that came to another home since they were last seen."""
        moved = (self.seen_ms > 0) & (self.seen_ms < since_ms)
        if moved.any():
            self.take_from(HomeMemory(len(self.slot)), np.flatnonzero(moved), np.flatnonzero(moved))

    def take(self, slot: HomeSlot) -> None:
        """Take the readings of a slot."""
        new = slot.measured_ms > self.seen_ms
        value = slot.value_c.astype(np.float32)
        self._note(slot, value, new)
        age_ms = slot.now_ms - slot.measured_ms
        fresh_ms = np.maximum(3000.0 * slot.interval_s, _FRESH_MS)
        fresh = (slot.measured_ms > 0) & (age_ms < fresh_ms) & slot.groups.heated
        known = self.taught >= _WARM
        off = np.where(fresh & known, value - self.base_c, np.float32(np.nan))
        anomaly = _station_median(off, slot.groups)
        self.anomaly_k[:] = anomaly
        self.residual_k[:] = off - np.minimum(np.nan_to_num(anomaly), 0.0)
        # While the whole station is cold or hot its homes differ by what they are, not by their sensors.
        known = ~np.isnan(self.residual_k) & ~(np.abs(anomaly) > _STEADY_K)
        self.slow_k[known] += (self.residual_k[known] - self.slow_k[known]) / np.float32(_SLOW_SLOTS)
        self._learn(value - np.nan_to_num(anomaly), fresh & new)
        self.slot[:] = slot.now_ms // SLOT_MS

    def _note(self, slot: HomeSlot, value: Floats, new: Flags) -> None:
        same = new & (value == self.last_c)
        self.flat_ms[new & ~same] = slot.measured_ms[new & ~same]
        jumped = new & (np.abs(value - self.last_c) > _JUMP_K)
        self.jumped_ms[jumped] = slot.now_ms
        bad = (slot.newest_ms > slot.measured_ms) & (slot.newest_ms > self.bad_ms)
        self.bad_rows[new] = 0
        self.bad_rows[bad] += 1
        self.bad_ms[bad] = slot.newest_ms[bad]
        self.last_c[new] = value[new]
        self.seen_ms[new] = slot.measured_ms[new]

    def _learn(self, value: Floats, usable: Flags) -> None:
        good = usable & ~np.isnan(value) & ((self.taught < _WARM) | (np.abs(value - self.base_c) < _ODD_K))
        gain = np.where(self.taught < _LEARN, 1.0 / (self.taught + 1.0), 1.0 / _SLOW).astype(np.float32)
        first = good & (self.taught == 0)
        self.base_c[first] = value[first]
        moved = good & ~first
        self.base_c[moved] += gain[moved] * (value[moved] - self.base_c[moved])
        self.taught[good] += 1.0

    def lines(self, groups: HomeGroups, now_ms: int, level: str) -> tuple[NDArray[np.float64], Rows, Rows]:
        """Return log-likelihood ratio [nat], cold and sensed homes of each ``riser`` or ``building``."""
        group, size = (
            (groups.riser, groups.risers) if level == "riser" else (groups.building, groups.buildings)
        )
        residual = self._believed(groups, now_ms)
        known = ~np.isnan(residual) & (group >= 0)
        clipped = np.clip(np.where(known, residual, 0.0), -_CLIP_K, _CLIP_K)
        ratio = (-_COOLED_K * clipped - _COOLED_K**2 / 2) / _SPREAD_K**2 / _TAILS
        nat = np.where(known, np.clip(ratio, _LEAST_NAT, _MOST_NAT), 0.0)
        place = np.where(known, group, 0)
        llr = np.bincount(place, nat, size).astype(np.float64)
        cold = np.bincount(place, known & (residual < -_COLD_K), size)
        sensed = np.bincount(place, known, size)
        return llr, cold.astype(np.intp), sensed.astype(np.intp)

    def _believed(self, groups: HomeGroups, now_ms: int) -> Floats:
        """Return the residuals that count: of steady sensors, and of jumps that others on the riser share."""
        jumped = (self.jumped_ms > 0) & (now_ms - self.jumped_ms < _JUMP_MS)
        steady = ~jumped & (now_ms - self.flat_ms < _TRUSTED_FLAT_MS)
        shared = jumped & self._riser_falls(groups, jumped, steady)
        weak = _WEAK_K_PER_K * np.clip(-np.nan_to_num(self.anomaly_k), 0.0, _WEAK_UP_TO_K)
        return np.where(steady | shared, self.residual_k + weak, np.float32(np.nan)).astype(np.float32)

    def _riser_falls(self, groups: HomeGroups, jumped: Flags, steady: Flags) -> Flags:
        """Return where others of the same riser have fallen: then a jump is the riser's and not the sensor's."""
        place = np.where(groups.riser >= 0, groups.riser, 0)
        falls = (self.residual_k < -_FALLS_K) & (groups.riser >= 0)
        others = np.bincount(place, falls & steady, max(groups.risers, 1))[place] > 0
        several = np.bincount(place, falls & jumped, max(groups.risers, 1))[place] > 1
        return np.asarray(falls & (others | several))

    def flags(self, slot: HomeSlot) -> SensorFlags:
        """Return the sensors that misbehave."""
        now_ms, groups = slot.now_ms, slot.groups
        jumped = (self.jumped_ms > 0) & (now_ms - self.jumped_ms < _JUMP_MS)
        steady = ~jumped & (now_ms - self.flat_ms < _TRUSTED_FLAT_MS)
        # A window that was open is shut again by then: what is still off has been moved.
        settled = jumped & (now_ms - self.jumped_ms > _MOVED_MS)
        place = np.where(groups.building >= 0, groups.building, 0)
        known = ~np.isnan(self.residual_k)
        total = np.bincount(place, np.where(known, self.slow_k, 0.0), max(groups.buildings, 1))[place]
        count = np.bincount(place, known, max(groups.buildings, 1))[place]
        others = (total - np.where(known, self.slow_k, 0.0)) / np.maximum(count - 1, 1)
        silent_ms = np.maximum(8000.0 * slot.interval_s, _SILENT_MS)
        heard = (slot.heard_ms > 0) & (groups.station >= 0)
        speaks = now_ms - self.seen_ms < silent_ms
        return SensorFlags(
            silent=heard & (now_ms - slot.heard_ms > silent_ms),
            sentinel=self.bad_rows >= 2,
            stuck=(self.flat_ms > 0) & (self.seen_ms - self.flat_ms > _STUCK_MS) & speaks,
            moved=settled
            & (np.abs(self.residual_k) > _MOVED_K)
            & (self.slow_k * np.sign(self.residual_k) > _LASTS_K)
            & ~self._riser_falls(groups, jumped, steady),
            drift=known & steady & (np.abs(self.slow_k - others) > _DRIFT_K),
        )


def _station_median(off: Floats, groups: HomeGroups) -> Floats:
    """Return the median of each sensor's station, shape ``(n_sensors,)``; NaN below five homes."""
    station = np.where(groups.station >= 0, groups.station, groups.stations)
    order = np.lexsort((off, station))
    count = np.bincount(station[~np.isnan(off)], minlength=groups.stations + 1)
    first = np.concatenate([[0], np.cumsum(np.bincount(station, minlength=groups.stations + 1))[:-1]])
    middle = first + np.maximum(count - 1, 0) // 2
    ordered = np.append(off[order], np.float32(np.nan))
    found = np.where(count >= _LEAST_HOMES, ordered[np.minimum(middle, len(off))], np.float32(np.nan))
    found[groups.stations] = np.nan
    return found[station].astype(np.float32)
