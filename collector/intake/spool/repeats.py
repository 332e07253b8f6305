"""Repeats and conflicts: what came already for an object and a time.

The same content again is a duplicate; another value of a point that came is a conflict, and the first one wins; a
point that had not come yet is new (gateways that send one message for each point are no conflict). The batches of the
spool themselves say what came; `collector.intake.spool.seen_keys` says which of them to look into. What does not live here: the
files (`collector.intake.spool.repeat_memory`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import structlog
from numpy.typing import NDArray

from collector.intake.spool.batch_codec import CodecError, decode_batch
from collector.intake.spool.seen_keys import Keys, SeenKeys, reading_keys
from collector.messages.decoded import Decoded
from heating.samples import SampleBatch

__all__ = ["Judged", "RowFate", "SeenFile", "judge_rows", "value_hashes"]

_MIX = np.uint64(0x9E3779B97F4A7C15)

Key = tuple[int, str]
"""Measured time [epoch ms] and ``measurement/id``."""
Content = dict[int, int]
"""Place of a point in `heating.points.POINTS` → hash of its value."""

log = structlog.get_logger()


class RowFate(IntEnum):
    """What becomes of a row."""

    NEW = 0
    DUPLICATE = 1
    CONFLICT = 2


@dataclass(frozen=True, slots=True)
class SeenFile:
    """What one file of the spool remembers."""

    keys: SeenKeys
    body_of: Callable[[int], bytes | None]
    """Returns the body of a batch, None when it is gone."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of the rows of a batch."""

    fates: NDArray[np.uint8]
    """(n,) codes of `RowFate`."""
    keys: Keys
    """(n_readings,) to be noted under the batch once it is committed."""


def value_hashes(values: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Return 32-bit hashes of values, shape (n,); all NaN are alike, as are 0.0 and -0.0."""
    canonical = np.where(np.isnan(values), np.nan, values + 0.0)
    bits = np.ascontiguousarray(canonical).view(np.uint64)
    mixed = (bits ^ (bits >> np.uint64(29))) * _MIX
    return (mixed >> np.uint64(32)).astype(np.uint32)


def judge_rows(decoded: Decoded, files: Callable[[int], Iterable[SeenFile]]) -> Judged:
    """Return what becomes of each row of a batch.

    Parameters
    ----------
    decoded
        Validated rows.
    files
        Returns the files that may hold what was measured at or after a time [epoch ms], newest first.
    """
    samples = decoded.samples
    fates = np.zeros(len(samples), np.uint8)
    if not len(fates):
        return Judged(fates, np.zeros(0, np.uint64))
    first = np.flatnonzero(np.diff(decoded.reading, prepend=np.int32(-1)))
    keys = reading_keys(samples.objects, samples.object_index[first], samples.measured_ms[first])
    ordered = np.sort(keys)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    asked = np.unique(ordered) if len(twice) else ordered
    earlier: dict[Key, Content] = {}
    doubtful = [twice]
    for file in files(int(samples.measured_ms.min())):
        found = file.keys.find(asked)
        if len(found.keys):
            doubtful.append(found.keys)
            for sequence in np.unique(found.sequences).tolist():
                _learn(earlier, file, sequence, found.keys)
    suspects = np.unique(np.concatenate(doubtful))
    if len(suspects):
        _judge_readings(decoded, first, np.isin(keys, suspects), earlier, fates)
    return Judged(fates, keys)


def _learn(earlier: dict[Key, Content], file: SeenFile, sequence: int, wanted: Keys) -> None:
    """Add what a batch holds under the wanted keys."""
    body = file.body_of(sequence)
    if body is None:
        return
    try:
        samples, _message = decode_batch(body)
    except CodecError as error:
        log.error("collector.repeat_unreadable", sequence=sequence, error=str(error))
        return
    keys = reading_keys(samples.objects, samples.object_index, samples.measured_ms)
    rows = np.flatnonzero(np.isin(keys, wanted))
    for key, point, value in _contents(samples, rows):
        earlier.setdefault(key, {}).setdefault(point, value)


def _contents(samples: SampleBatch, rows: NDArray[np.intp]) -> Iterable[tuple[Key, int, int]]:
    names = ["/".join(ref) for ref in samples.objects]
    objects = [names[place] for place in samples.object_index[rows].tolist()]
    times = samples.measured_ms[rows].tolist()
    hashes = value_hashes(samples.value[rows]).tolist()
    points = samples.point[rows].tolist()
    return zip(zip(times, objects, strict=True), points, hashes, strict=True)


def _judge_readings(
    decoded: Decoded,
    first: NDArray[np.intp],
    suspect: NDArray[np.bool_],
    earlier: dict[Key, Content],
    fates: NDArray[np.uint8],
) -> None:
    """Compare the rows of suspect readings with what came earlier, and with those before them in the batch."""
    length = np.diff(first, append=len(fates))
    rows = np.flatnonzero(np.repeat(suspect, length))
    for row, (key, point, value) in zip(rows.tolist(), _contents(decoded.samples, rows), strict=True):
        known = earlier.setdefault(key, {})
        former = known.get(point)
        if former is None:
            known[point] = value
        else:
            fates[row] = RowFate.DUPLICATE if former == value else RowFate.CONFLICT
