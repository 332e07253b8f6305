"""Families of buckets: what is computed together, from which points, into which roll-ups.

When a bucket is computed lives in `engine`.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from heating.points import POINTS, Measurement, points_of
from heating.protocols import RollupBatch, RollupName
from heating.samples import SampleBatch
from storage.readings.rollups.groups import RoomGroups
from storage.readings.statistics import Statistics, of_group

__all__ = ["FAMILIES", "FAMILY_NAMED", "GRACE_MS", "HOUR_MS", "LATE_LIMIT", "BucketFamily", "touched_buckets"]

GRACE_MS = 90_000
"""A bucket is computed this long after its end [ms]: what the devices send in time has arrived by then."""
LATE_LIMIT = timedelta(days=7)
"""Later readings amend nothing [d]; the collector refuses them anyway."""
HOUR_MS = 3_600_000
_LATE_PAUSE_STEPS = 5
"""Late readings of a bucket gather for a fifth of its length, at least …"""
_LATE_PAUSE_AGES = 200
"""… and for 1/200 of its age. A gateway that sends its last days one message after another would otherwise have
every old bucket computed again each minute; so one a day old is computed every seven minutes, one a week old every
fifty."""
_MEASUREMENTS = tuple(Measurement)
_MEASUREMENT_OF_POINT = np.array([_MEASUREMENTS.index(point.measurement) for point in POINTS], np.int8)


@dataclass(frozen=True, slots=True)
class BucketFamily:
    """Buckets of one length that are computed from one measurement by one read."""

    name: str
    """Kept in notes and state files: never renamed."""
    measurement: Measurement
    points: tuple[str, ...]
    step_ms: int
    rollups: tuple[RollupName, ...]
    """What is written of each bucket: one roll-up of the objects themselves, or roll-ups of groups."""
    piece_ms: int
    """Longest stretch computed at once [ms]: it bounds the memory, since a row comes back for every object and bucket
    (338,600 rooms make a million rows of three buckets)."""
    points_at_once: int
    """Points computed at once, for the same reason."""

    @property
    def is_grouped(self) -> bool:
        """Whether groups are written and not the objects."""
        return RollupName.BUILDING_5M in self.rollups

    @property
    def late_pause_ms(self) -> int:
        """How long late readings of a bucket gather before it is computed again, at least [ms]."""
        return self.step_ms // _LATE_PAUSE_STEPS

    def over_ms(self, bucket_ms: int) -> int:
        """Return when a bucket is over and its readings have arrived [epoch ms]."""
        return bucket_ms + self.step_ms + GRACE_MS

    def ready_ms(self, bucket_ms: int, *, now_ms: int) -> int:
        """Return when a bucket that got readings now may be computed [epoch ms]."""
        over_ms = self.over_ms(bucket_ms)
        if over_ms > now_ms:
            return over_ms
        return now_ms + max(self.late_pause_ms, (now_ms - over_ms) // _LATE_PAUSE_AGES)

    def rollups_of(self, statistics: Statistics, groups: RoomGroups) -> list[RollupBatch]:
        """Return what is written of the statistics of the objects: themselves, or their groups."""
        if not self.is_grouped:
            return [statistics.as_rollup(self.rollups[0])]
        times_ms = statistics.bucket_ms.tolist()
        return [
            of_group(statistics, groups.of_rows(name, statistics.object_ids, times_ms)).as_rollup(name)
            for name in self.rollups
        ]


FAMILIES = (
    BucketFamily(
        name="station_5m",
        measurement=Measurement.STATION,
        points=tuple(point.name for point in points_of(Measurement.STATION)),
        step_ms=300_000,
        rollups=(RollupName.STATION_5M,),
        piece_ms=HOUR_MS,
        points_at_once=1000,
    ),
    BucketFamily(
        name="circuit_5m",
        measurement=Measurement.CIRCUIT,
        points=tuple(point.name for point in points_of(Measurement.CIRCUIT)),
        step_ms=300_000,
        rollups=(RollupName.CIRCUIT_5M,),
        piece_ms=HOUR_MS,
        points_at_once=1000,
    ),
    BucketFamily(
        name="groups_5m",
        measurement=Measurement.ROOM,
        points=("room_temp_c",),
        step_ms=300_000,
        rollups=(RollupName.BUILDING_5M, RollupName.COMMUNITY_5M),
        piece_ms=900_000,
        points_at_once=1,
    ),
    BucketFamily(
        name="room_1h",
        measurement=Measurement.ROOM,
        points=("room_temp_c", "room_humidity_pct"),
        step_ms=HOUR_MS,
        rollups=(RollupName.ROOM_1H,),
        piece_ms=HOUR_MS,
        points_at_once=1,
    ),
)
"""Every family of buckets."""
FAMILY_NAMED = {family.name: family for family in FAMILIES}


def touched_buckets(batch: SampleBatch, *, now_ms: int) -> list[tuple[BucketFamily, int]]:
    """Return family and start of every bucket that a batch has readings of, not older than `LATE_LIMIT`."""
    oldest_ms = now_ms - LATE_LIMIT // timedelta(milliseconds=1)
    measurement = _MEASUREMENT_OF_POINT[batch.point]
    found: list[tuple[BucketFamily, int]] = []
    for family in FAMILIES:
        own = batch.measured_ms[measurement == _MEASUREMENTS.index(family.measurement)]
        starts = np.unique(own[own >= oldest_ms] // family.step_ms) * family.step_ms
        found += [(family, start_ms) for start_ms in starts.tolist()]
    return found
