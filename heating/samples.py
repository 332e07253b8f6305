"""`SampleBatch`: readings as columns, the shape in which they travel from the decoders to every sink.

One row is one value of one point of one object. Objects are dictionary-encoded: `objects` lists the distinct objects
of the batch, `object_index` points into it, so that a sink looks each object up once a batch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heating.points import POINT_INDEX, POINTS, Measurement

__all__ = ["ObjectRef", "Sample", "SampleBatch"]


class ObjectRef(NamedTuple):
    """What a series belongs to: a measurement and the object's id in it."""

    measurement: Measurement
    object_id: str


class Sample(NamedTuple):
    """One reading, for tests and edges; hot paths use columns."""

    ref: ObjectRef
    point: str
    measured_ms: int
    value: float
    quality: int = 0
    received_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SampleBatch:
    """Readings as columns of equal length `n`."""

    objects: tuple[ObjectRef, ...]
    """The distinct objects of this batch."""
    object_index: NDArray[np.int32]
    """(n,) place in `objects`."""
    point: NDArray[np.int16]
    """(n,) place in `heating.points.POINTS`."""
    measured_ms: NDArray[np.int64]
    """(n,) when it was measured [epoch ms UTC]."""
    received_ms: NDArray[np.int64]
    """(n,) when it arrived [epoch ms UTC]."""
    value: NDArray[np.float64]
    """(n,) in the canonical unit of the point; NaN means «the device sent null» and always has bad quality."""
    quality: NDArray[np.uint8]
    """(n,) code of `heating.quality.Quality`."""

    def __post_init__(self) -> None:
        n = len(self.value)
        for name in ("object_index", "point", "measured_ms", "received_ms", "quality"):
            if len(getattr(self, name)) != n:
                raise ValueError(f"column {name} has {len(getattr(self, name))} rows, value has {n}")

    def __len__(self) -> int:
        return len(self.value)

    @classmethod
    def empty(cls) -> "SampleBatch":
        """Return a batch without rows."""
        return cls.from_samples(())

    @classmethod
    def from_samples(cls, samples: Iterable[Sample]) -> "SampleBatch":
        """Build a batch from single readings; `received_ms` falls back to `measured_ms`.

        Raises
        ------
        KeyError
            When a point name is not canonical for the measurement of its object.
        """
        rows = list(samples)
        places: dict[ObjectRef, int] = {}
        index = [places.setdefault(row.ref, len(places)) for row in rows]
        received = [row.measured_ms if row.received_ms is None else row.received_ms for row in rows]
        return cls(
            objects=tuple(places),
            object_index=np.array(index, np.int32),
            point=np.array([POINT_INDEX[row.ref.measurement, row.point] for row in rows], np.int16),
            measured_ms=np.array([row.measured_ms for row in rows], np.int64),
            received_ms=np.array(received, np.int64),
            value=np.array([row.value for row in rows], np.float64),
            quality=np.array([row.quality for row in rows], np.uint8),
        )

    def to_samples(self) -> list[Sample]:
        """Return the rows one by one, in order; for tests and small results."""
        return [
            Sample(
                ref=self.objects[self.object_index[i]],
                point=POINTS[self.point[i]].name,
                measured_ms=int(self.measured_ms[i]),
                value=float(self.value[i]),
                quality=int(self.quality[i]),
                received_ms=int(self.received_ms[i]),
            )
            for i in range(len(self))
        ]

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "SampleBatch":
        """Return the chosen rows (a mask of shape (n,) or positions); `objects` stays whole."""
        return SampleBatch(
            objects=self.objects,
            object_index=self.object_index[rows],
            point=self.point[rows],
            measured_ms=self.measured_ms[rows],
            received_ms=self.received_ms[rows],
            value=self.value[rows],
            quality=self.quality[rows],
        )

    @classmethod
    def concatenate(cls, batches: Sequence["SampleBatch"]) -> "SampleBatch":
        """Join batches in order, merging their object dictionaries."""
        places: dict[ObjectRef, int] = {}
        index: list[NDArray[np.int32]] = []
        for batch in batches:
            mapping = np.array([places.setdefault(ref, len(places)) for ref in batch.objects], np.int32)
            index.append(mapping[batch.object_index] if len(batch) else np.zeros(0, np.int32))
        if not batches:
            return cls.from_samples(())
        return cls(
            objects=tuple(places),
            object_index=np.concatenate(index),
            point=np.concatenate([batch.point for batch in batches]),
            measured_ms=np.concatenate([batch.measured_ms for batch in batches]),
            received_ms=np.concatenate([batch.received_ms for batch in batches]),
            value=np.concatenate([batch.value for batch in batches]),
            quality=np.concatenate([batch.quality for batch in batches]),
        )
