"""Keys of what came, as sorted runs of numbers: answers «may this have come before, and in which batch?».

A key is a number made of the measured time and the object. Equal keys mean «look into that batch», never «a
repeat»: two readings may share a key by chance, so `collector.intake.spool.repeats` compares the batch itself. A key that is not
found has certainly not come. The time stands in the high bits, so that what arrives in order of time is compared
with the newest keys only. What does not live here: the judgement, and the files of the spool.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from config.drafts import draft_for
from heating.samples import ObjectRef

__all__ = ["KeyRun", "Keys", "SeenKeys", "object_hash", "object_hashes", "reading_keys"]

HASH_BITS = 40
"""Low bits of a key: a hash of object and time; the bits above count stretches of time."""
STRETCH_BITS = 14
"""A stretch of time is 2**14 ms, about 16 s."""
OBJECT_CACHE_ENTRIES = 500_000
"""Objects whose hash is remembered."""
_MAGIC = b"NLK1"
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(64 - HASH_BITS)
_HASHES: dict[ObjectRef, int] = {}

Keys = NDArray[np.uint64]
"""Keys of readings."""
Sequences = NDArray[np.uint32]
"""Numbers of batches; they wrap after 4 thousand million commits, which only costs a useless look."""


@dataclass(frozen=True, slots=True)
class KeyRun:
    """Keys in rising order and the batch of each."""

    keys: Keys
    """(n,) keys, rising; the same key may stand twice."""
    sequences: Sequences
    """(n,) number of the batch that a key came in."""


def object_hash(ref: ObjectRef) -> int:
    """Return a lasting 64-bit hash of an object's name."""
    found = _HASHES.get(ref)
    if found is None:
        if len(_HASHES) > OBJECT_CACHE_ENTRIES:
            _HASHES.clear()
        name = f"{ref.measurement.value}/{ref.object_id}".encode()
        found = _HASHES[ref] = int.from_bytes(blake2b(name, digest_size=8).digest(), "little")
    return found


def object_hashes(objects: Sequence[ObjectRef]) -> list[int]:
    """Return `object_hash` of each object."""
    try:
        return list(map(_HASHES.__getitem__, objects))
    except KeyError:
        return list(map(object_hash, objects))


def reading_keys(
    objects: Sequence[ObjectRef], object_index: NDArray[np.int32], measured_ms: NDArray[np.int64]
) -> Keys:
    """Return the keys of readings.

    Parameters
    ----------
    objects
        Distinct objects.
    object_index
        (n,) place of each reading's object.
    measured_ms
        (n,) measured time [epoch ms].

    Returns
    -------
    NDArray[np.uint64]
        (n,) keys, in the order of the readings.
    """
    # The time goes into the high bits so that keys of what arrives in order stay sorted by themselves: a batch is then
    # looked for in the newest run only. It goes into the hash as well, or all readings of one device within a stretch
    # would share a key, and each would be compared with all the others.
    hashes = np.array(object_hashes(objects), np.uint64)
    time = measured_ms.astype(np.uint64)
    mixed = (hashes[object_index] ^ (time * _MIX)) * _MIX
    return ((time >> np.uint64(STRETCH_BITS)) << np.uint64(HASH_BITS)) | (mixed >> _SHIFT)


class SeenKeys:
    """The keys of one spool file: runs of falling length, merged as they grow, so that adding stays cheap."""

    def __init__(self, runs: Sequence[KeyRun] = ()) -> None:
        self._runs = [run for run in runs if len(run.keys)]

    def __len__(self) -> int:
        return sum(len(run.keys) for run in self._runs)

    def add(self, keys: Keys, sequence: int) -> None:
        """Note the keys of a batch.

        Parameters
        ----------
        keys
            (n,) in any order.
        sequence
            Number of the batch.
        """
        if not len(keys):
            return
        self._runs.append(KeyRun(np.sort(keys), np.full(len(keys), sequence, np.uint32)))
        while len(self._runs) > 1 and len(self._runs[-2].keys) < 2 * len(self._runs[-1].keys):
            newest = self._runs.pop()
            self._runs[-1] = _merged([self._runs[-1], newest])

    def find(self, keys: Keys) -> KeyRun:
        """Return the keys that are here with their batches; a key that came in two batches stands twice.

        Parameters
        ----------
        keys
            (n,) rising, distinct.
        """
        found = [_matches(run, keys) for run in self._runs if len(keys) and keys[0] <= run.keys[-1]]
        found = [run for run in found if len(run.keys)]
        return _merged(found) if found else KeyRun(np.zeros(0, np.uint64), np.zeros(0, np.uint32))

    @classmethod
    def of(cls, parts: Sequence[tuple[int, Keys]]) -> "SeenKeys":
        """Return the keys of many batches at once: (sequence, keys) pairs."""
        runs = [KeyRun(keys, np.full(len(keys), sequence, np.uint32)) for sequence, keys in parts]
        return cls([_merged(runs)] if runs else [])

    # --- on disk ----------------------------------------------------------------------------------------------

    def save(self, path: Path, *, last_sequence: int) -> None:
        """Write all keys in order beside a file that takes no more batches.

        Raises
        ------
        OSError
            When the disk refuses; the keys can be made again from the batches.
        """
        run = _merged(self._runs) if self._runs else KeyRun(np.zeros(0, np.uint64), np.zeros(0, np.uint32))
        with draft_for(path) as draft, draft.open("wb") as out:
            out.write(_MAGIC + len(run.keys).to_bytes(8, "little") + last_sequence.to_bytes(8, "little"))
            out.write(b"\0" * 4)
            out.write(run.keys.astype("<u8", copy=False).tobytes())
            out.write(run.sequences.astype("<u4", copy=False).tobytes())

    @classmethod
    def open(cls, path: Path, *, last_sequence: int) -> "SeenKeys | None":
        """Return saved keys without loading them into memory; None when they are missing, damaged or older."""
        try:
            size = path.stat().st_size
            with path.open("rb") as source:
                head = source.read(24)
        except OSError:
            return None
        count = int.from_bytes(head[4:12], "little")
        if head[:4] != _MAGIC or size != 24 + 12 * count:
            return None
        if int.from_bytes(head[12:20], "little") != last_sequence:
            return None
        if not count:
            return cls()
        keys: Keys = np.memmap(path, "<u8", "r", 24, (count,))
        sequences: Sequences = np.memmap(path, "<u4", "r", 24 + 8 * count, (count,))
        return cls([KeyRun(keys, sequences)])


def _merged(runs: Sequence[KeyRun]) -> KeyRun:
    keys = np.concatenate([run.keys for run in runs])
    order = np.argsort(keys, kind="stable")
    return KeyRun(keys[order], np.concatenate([run.sequences for run in runs])[order])


def _matches(run: KeyRun, keys: Keys) -> KeyRun:
    """Return those entries of a run whose key is asked for."""
    wanted = keys[: int(np.searchsorted(keys, run.keys[-1], side="right"))]
    first = np.searchsorted(run.keys, wanted)
    hit = run.keys[np.minimum(first, len(run.keys) - 1)] == wanted
    if not hit.any():
        return KeyRun(np.zeros(0, np.uint64), np.zeros(0, np.uint32))
    places = [
        np.arange(start, end)
        for start, end in zip(
            first[hit].tolist(), np.searchsorted(run.keys, wanted[hit], side="right").tolist(), strict=True
        )
    ]
    rows = np.concatenate(places)
    return KeyRun(np.asarray(run.keys[rows]), np.asarray(run.sequences[rows]))
