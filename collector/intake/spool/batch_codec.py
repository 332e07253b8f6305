"""A `SampleBatch` as bytes for the spool: a JSON header with names, then the columns.

Point indexes are private to one version of the program, so names are written and looked up again on reading.
"""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from heating.errors import HeatingError
from heating.points import POINT_INDEX, POINTS, Measurement
from heating.samples import ObjectRef, SampleBatch

__all__ = ["CodecError", "decode_batch", "encode_batch"]

_MAGIC = b"NLB1"
_MEASUREMENT_OF = [point.measurement for point in POINTS]


class CodecError(HeatingError):
    """Spooled bytes are not what this version can read."""


class _Header(msgspec.Struct):
    n: int
    objects: list[ObjectRef]
    points: list[tuple[Measurement, str]]


_HEADER = msgspec.json.Decoder(_Header)
_DTYPES = ("<i4", "<i2", "<i8", "<i8", "<f8", "u1", "<i4")


def encode_batch(batch: SampleBatch, message: NDArray[np.int32]) -> bytes:
    """Return a batch and the message number of each row, shape (n,), as bytes."""
    points, place = np.unique(batch.point, return_inverse=True)
    header = _Header(
        n=len(batch),
        objects=list(batch.objects),
        points=[(_MEASUREMENT_OF[index], POINTS[index].name) for index in points],
    )
    head = msgspec.json.encode(header)
    columns: tuple[NDArray[Any], ...] = (
        batch.object_index,
        place,
        batch.measured_ms,
        batch.received_ms,
        batch.value,
        batch.quality,
        message,
    )
    body = [column.astype(kind, copy=False).tobytes() for column, kind in zip(columns, _DTYPES, strict=True)]
    return b"".join((_MAGIC, len(head).to_bytes(4, "little"), head, *body))


def decode_batch(data: bytes) -> tuple[SampleBatch, NDArray[np.int32]]:
    """Return a batch and the message number of each row.

    Raises
    ------
    CodecError
        When the bytes are damaged or name a point that this version does not have.
    """
    if data[:4] != _MAGIC:
        raise CodecError("spooled batch does not begin with its mark")
    end = 8 + int.from_bytes(data[4:8], "little")
    columns: list[NDArray[Any]] = []
    try:
        header = _HEADER.decode(data[8:end])
        points = [POINT_INDEX[kind, name] for kind, name in header.points]
        for kind in _DTYPES:
            column: NDArray[Any] = np.frombuffer(data, kind, header.n, end)
            columns.append(column)
            end += column.nbytes
    except (msgspec.MsgspecError, ValueError, KeyError) as error:
        raise CodecError(f"spooled batch cannot be read: {error}") from error
    point = np.array(points, np.int16)[columns[1]] if points else np.zeros(0, np.int16)
    batch = SampleBatch(
        objects=tuple(header.objects),
        object_index=columns[0].astype(np.int32),
        point=point,
        measured_ms=columns[2].astype(np.int64),
        received_ms=columns[3].astype(np.int64),
        value=columns[4].astype(np.float64),
        quality=columns[5].astype(np.uint8),
    )
    return batch, columns[6].astype(np.int32)
