"""Argon2 with the least effort it allows, for tests that log in often; one test holds the real parameters."""

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from dashboard.web.security.passwords import PasswordVerifier, hash_password

__all__ = ["QUICK", "quick_hash", "quick_verifier"]

QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
"""8 KiB, one pass: a thousandth of the usual effort."""


def quick_hash(password: str) -> str:
    """Return a hash that costs almost nothing."""
    return hash_password(password, hasher=QUICK)


def quick_verifier() -> PasswordVerifier:
    """Return a verifier that costs almost nothing, for unknown users too."""
    return PasswordVerifier(hasher=QUICK)
