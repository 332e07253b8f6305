"""The families of buckets that roll-ups are made of, and what is written of each.

When a bucket is computed lives in `rollup_writer` (one collector) and `shared_rollups` (several).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from heating.points import Measurement, points_of
from heating.protocols import RollupBatch, RollupName
from storage.readings.rollups.groups import RoomGroups
from storage.readings.statistics import Statistics, of_group

__all__ = ["GRACE_MS", "KINDS", "LATE_LIMIT", "Due", "Kind", "rollups_of"]

GRACE_MS = 90_000
"""A bucket is written this long after its end [ms]: what the devices send in time has arrived by then."""
LATE_LIMIT = timedelta(days=7)
"""Later readings amend nothing [d]; the collector refuses them anyway."""
HOUR_MS = 3_600_000
ROOM_TEMP = "room_temp_c"


@dataclass(frozen=True, slots=True)
class Kind:
    """A family of buckets filled from one measurement."""

    name: str
    measurement: Measurement
    points: tuple[str, ...]
    step_ms: int
    rollups: tuple[RollupName, ...]
    """What is written of each bucket: one roll-up of the objects themselves, or roll-ups of groups."""

    @property
    def is_grouped(self) -> bool:
        """Whether groups are written and not the objects."""
        return RollupName.BUILDING_5M in self.rollups


class Due(NamedTuple):
    """A bucket that is to be computed."""

    kind: str
    bucket_ms: int
    """Start of the bucket [epoch ms]."""
    token: str
    """Another one whenever readings of the bucket were stored since."""


def _names(measurement: Measurement) -> tuple[str, ...]:
    return tuple(point.name for point in points_of(measurement))


KINDS = (
    Kind("station_5m", Measurement.STATION, _names(Measurement.STATION), 300_000, (RollupName.STATION_5M,)),
    Kind(
        "groups_5m",
        Measurement.ROOM,
        (ROOM_TEMP,),
        300_000,
        (RollupName.BUILDING_5M, RollupName.COMMUNITY_5M),
    ),
    Kind("room_1h", Measurement.ROOM, (ROOM_TEMP, "room_humidity_pct"), HOUR_MS, (RollupName.ROOM_1H,)),
)
"""Every family of buckets."""


def rollups_of(kind: Kind, part: Statistics, groups: RoomGroups) -> list[RollupBatch]:
    """Return what is written of the statistics of a kind's objects: themselves, or their groups."""
    if not kind.is_grouped:
        return [part.as_rollup(kind.rollups[0])]
    return [
        of_group(part, groups.of_rows(name, part.object_ids, part.bucket_ms.tolist())).as_rollup(name)
        for name in kind.rollups
    ]
