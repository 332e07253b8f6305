"""Repeats and conflicts: what came already for an object and a time.

The key is (object, measured time); kept under it is, for each point, a short hash of its value. The same content
again is a duplicate; another value of a point that came is a conflict, and the first one wins; a point that had not
come yet is new (gateways that send one message for each point are no conflict). The keys live in the hourly spool
files, written in the transaction of the rows.
"""

import sqlite3
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from collector.decoders.decoded import Decoded
from heating.points import POINTS

__all__ = ["RowFate", "judge_rows", "value_hashes"]

_POINT_HASH: NDArray[np.uint32] = np.array(
    [zlib.crc32(f"{point.measurement.value}/{point.name}".encode()) for point in POINTS], np.uint32
)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_PAIR = struct.Struct("<II")
_INSERT = "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)"
_REPLACE = "INSERT OR REPLACE INTO seen VALUES (?, ?, ?)"
_SELECT = "SELECT content FROM seen WHERE measured_ms = ? AND object = ?"

Key = tuple[int, str]
"""Measured time [epoch ms] and ``measurement/id``."""


class RowFate(IntEnum):
    """What becomes of a row."""

    NEW = 0
    DUPLICATE = 1
    CONFLICT = 2


@dataclass(frozen=True, slots=True)
class _Readings:
    """Readings of a batch: one key and one stretch of rows each."""

    keys: list[Key]
    starts: list[int]
    ends: list[int]
    contents: list[bytes]


def value_hashes(values: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Return 32-bit hashes of values, shape (n,); all NaN are alike, as are 0.0 and -0.0."""
    canonical = np.where(np.isnan(values), np.nan, values + 0.0)
    bits = np.ascontiguousarray(canonical).view(np.uint64)
    mixed = (bits ^ (bits >> np.uint64(29))) * _MIX
    return (mixed >> np.uint64(32)).astype(np.uint32)


def _readings_of(decoded: Decoded) -> _Readings:
    samples = decoded.samples
    first = np.flatnonzero(np.diff(decoded.reading, prepend=np.int32(-1)))
    starts = first.tolist()
    ends = [*starts[1:], len(samples)]
    names = ["/".join(ref) for ref in samples.objects]
    objects = [names[place] for place in samples.object_index[first].tolist()]
    pairs = np.empty((len(samples), 2), "<u4")
    pairs[:, 0] = _POINT_HASH[samples.point]
    pairs[:, 1] = value_hashes(samples.value)
    body = pairs.tobytes()
    contents = [body[8 * start : 8 * end] for start, end in zip(starts, ends, strict=True)]
    return _Readings(
        list(zip(samples.measured_ms[first].tolist(), objects, strict=True)), starts, ends, contents
    )


def judge_rows(
    connection: sqlite3.Connection,
    decoded: Decoded,
    *,
    older: Callable[[int], Iterable[sqlite3.Connection]],
    newest_older_ms: int,
) -> NDArray[np.uint8]:
    """Write the keys of a batch inside the open transaction and return what becomes of each row.

    Parameters
    ----------
    connection
        The current hourly file, in a transaction.
    decoded
        Validated rows.
    older
        Returns the older files that may hold the first arrival of a measured time [epoch ms].
    newest_older_ms
        A measured time above it cannot have come in an older file [epoch ms].

    Returns
    -------
    NDArray[np.uint8]
        (n,) codes of `RowFate`.
    """
    fates = np.zeros(len(decoded.samples), np.uint8)
    if not len(fates):
        return fates
    readings = _readings_of(decoded)
    if int(decoded.samples.measured_ms.min()) > newest_older_ms:
        connection.execute("SAVEPOINT keys")
        rows = ((key[0], key[1], text) for key, text in zip(readings.keys, readings.contents, strict=True))
        written = connection.executemany(_INSERT, rows).rowcount
        if written == len(readings.keys):
            connection.execute("RELEASE keys")
            return fates
        connection.execute("ROLLBACK TO keys")
        connection.execute("RELEASE keys")
    _judge_one_by_one(connection, readings, fates, older)
    return fates


def _judge_one_by_one(
    connection: sqlite3.Connection,
    readings: _Readings,
    fates: NDArray[np.uint8],
    older: Callable[[int], Iterable[sqlite3.Connection]],
) -> None:
    here: dict[Key, dict[int, int]] = {}
    changed: dict[Key, None] = {}
    for key, start, content in zip(readings.keys, readings.starts, readings.contents, strict=True):
        known = here.get(key)
        if known is None:
            known = here[key] = _known_content(connection, key, older)
        for offset, (point, value) in enumerate(_PAIR.iter_unpack(content)):
            former = known.get(point)
            if former is None:
                known[point] = value
                changed[key] = None
            elif former == value:
                fates[start + offset] = RowFate.DUPLICATE
            else:
                fates[start + offset] = RowFate.CONFLICT
    connection.executemany(
        _REPLACE,
        [(*key, b"".join(_PAIR.pack(*pair) for pair in here[key].items())) for key in changed],
    )


def _known_content(
    connection: sqlite3.Connection, key: Key, older: Callable[[int], Iterable[sqlite3.Connection]]
) -> dict[int, int]:
    content: dict[int, int] = {}
    for source in (connection, *older(key[0])):
        row = source.execute(_SELECT, key).fetchone()
        if row is not None:
            for point, value in _PAIR.iter_unpack(row[0]):
                content.setdefault(point, value)
    return content
