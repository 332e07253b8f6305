"""Readings for the contract suite: short ways to say what is stored."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from heating.intervals import Interval, from_epoch_ms, to_epoch_ms
from heating.points import Measurement
from heating.protocols import RollupBatch, RollupName
from heating.samples import ObjectRef, Sample, SampleBatch

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
NOON_MS = to_epoch_ms(NOON)
MINUTE_MS = 60_000
ROOM = ObjectRef(Measurement.ROOM, "R-0001")
OTHER_ROOM = ObjectRef(Measurement.ROOM, "R-0002")
STATION = ObjectRef(Measurement.STATION, "ST-007")
DAY = Interval(datetime(2026, 1, 6, tzinfo=UTC), datetime(2026, 1, 7, tzinfo=UTC))


def reading(
    value: float,
    *,
    minute: float = 0,
    ref: ObjectRef = ROOM,
    point: str = "room_temp_c",
    quality: int = 0,
    delay_ms: int = 250,
) -> Sample:
    """One reading, `minute` minutes after noon, received `delay_ms` later."""
    measured_ms = NOON_MS + round(minute * MINUTE_MS)
    return Sample(ref, point, measured_ms, value, quality, measured_ms + delay_ms)


def batch_of(*samples: Sample) -> SampleBatch:
    """A batch of single readings."""
    return SampleBatch.from_samples(samples)


def minutes(start: float, end: float) -> Interval:
    """The window from `start` to `end` minutes after noon."""
    return Interval(NOON + timedelta(minutes=start), NOON + timedelta(minutes=end))


def around(moment_ms: int) -> Interval:
    """The hour that begins at a moment."""
    start = from_epoch_ms(moment_ms)
    return Interval(start, start + timedelta(hours=1))


def rollup(
    ids: Sequence[str],
    means: Sequence[float],
    *,
    name: RollupName = RollupName.ROOM_1H,
    point: str = "room_temp_c",
    hour: int = 0,
    count: int = 12,
) -> RollupBatch:
    """One row an id in the bucket `hour` hours after noon; minimum and maximum half a degree around the mean."""
    mean = np.array(means, np.float64)
    return RollupBatch(
        name=name,
        object_ids=tuple(ids),
        point=point,
        bucket_ms=np.full(len(ids), NOON_MS + hour * 60 * MINUTE_MS, np.int64),
        mean=mean,
        minimum=mean - 0.5,
        maximum=mean + 0.5,
        count=np.full(len(ids), count, np.int64),
    )
