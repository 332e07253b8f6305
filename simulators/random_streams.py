"""Random numbers without a state: each is a hash of (seed, subsystem, entity, step).

What lives here: the only randomness of a simulation. What does not: distributions of particular quantities. Because
no number depends on how many were drawn before it, adding a fault, a sensor or a station shifts nothing else: a run
with and a run without a fault differ by that fault only.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["RandomStreams", "entity_keys"]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53


def entity_keys(ids: Sequence[str]) -> NDArray[np.uint64]:
    """Return a key for each id, shape ``(n,)``; it depends on the id alone, not on its place."""
    joined = (hashlib.blake2b(text.encode(), digest_size=8).digest() for text in ids)
    return np.frombuffer(b"".join(joined), np.uint64)


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread every input bit over all output bits (the finaliser known as splitmix64)."""
    words = (words ^ (words >> np.uint64(30))) * _MIX_1
    words = (words ^ (words >> np.uint64(27))) * _MIX_2
    return words ^ (words >> np.uint64(31))


class RandomStreams:
    """Numbers by name.

    Parameters
    ----------
    seed : int
        Same seed, same numbers.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._roots: dict[str, np.uint64] = {}

    def _root(self, subsystem: str) -> np.uint64:
        root = self._roots.get(subsystem)
        if root is None:
            text = f"{self._seed}/{subsystem}".encode()
            root = np.frombuffer(hashlib.blake2b(text, digest_size=8).digest(), np.uint64)[0]
            self._roots[subsystem] = root
        return root

    def _words(
        self, subsystem: str, entities: NDArray[np.uint64], step: int | NDArray[np.int64]
    ) -> NDArray[np.uint64]:
        with np.errstate(over="ignore"):
            steps = np.asarray(step, np.int64).astype(np.uint64)
            return _mixed(_mixed(entities ^ self._root(subsystem)) + steps * _GOLDEN)

    def uniform(
        self, subsystem: str, entities: NDArray[np.uint64], step: int | NDArray[np.int64] = 0
    ) -> NDArray[np.float64]:
        """Return numbers in [0, 1), one an entity.

        Parameters
        ----------
        subsystem : str
            What for, for example ``"weather.wind"``.
        entities : ndarray
            (n,) keys made by `entity_keys`.
        step : int or ndarray
            When: any whole number, or one an entity.
        """
        return (self._words(subsystem, entities, step) >> np.uint64(11)).astype(np.float64) * _TO_UNIT

    def normal(
        self, subsystem: str, entities: NDArray[np.uint64], step: int | NDArray[np.int64] = 0
    ) -> NDArray[np.float64]:
        """Return standard normal numbers, one an entity; arguments as in `uniform`."""
        first = self.uniform(f"{subsystem}/1", entities, step)
        second = self.uniform(f"{subsystem}/2", entities, step)
        return np.asarray(np.sqrt(-2.0 * np.log1p(-first)) * np.cos(2.0 * np.pi * second))
