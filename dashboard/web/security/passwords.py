"""Hashing of passwords by argon2, with an equal effort for users that do not exist."""

import os
import secrets
import threading

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

__all__ = ["PasswordVerifier", "hash_password"]

_PARALLEL_HASHES = 2 if (os.cpu_count() or 1) > 2 else 1
"""Argon2 takes 64 MiB and four threads each: more at once would let log-in tries eat memory and processors."""
_HASHER = PasswordHash((Argon2Hasher(),))
"""Argon2id with the parameters that RFC 9106 recommends second: 64 MiB, 3 passes, 4 lanes."""


def hash_password(password: str, *, hasher: PasswordHash = _HASHER) -> str:
    """Return the argon2id hash of a password, with its own salt and parameters inside.

    Parameters
    ----------
    hasher : PasswordHash
        Another effort, for tests that log in a thousand times; running code leaves it alone.
    """
    return hasher.hash(password)


class PasswordVerifier:
    """Compares passwords with hashes, a few at a time.

    Parameters
    ----------
    hasher : PasswordHash
        Effort spent on users that do not exist; known ones cost what their own hash says.
    """

    def __init__(self, *, hasher: PasswordHash = _HASHER) -> None:
        self._hasher = hasher
        self._gate = threading.BoundedSemaphore(_PARALLEL_HASHES)
        self._decoy = hash_password(secrets.token_urlsafe(16), hasher=hasher)

    def verify(self, password: str, stored_hash: str | None) -> bool:
        """Return whether the password fits; None (no such user) costs the same time and never fits."""
        with self._gate:
            fits = self._hasher.verify(password, stored_hash or self._decoy)
        return fits and stored_hash is not None
