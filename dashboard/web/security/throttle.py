"""How often a log-in may fail, per account from one address and per address."""

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from heating.errors import HeatingError

__all__ = ["SLOWEST_S", "LogInThrottle", "ThrottledError"]

_ADDRESS_FACTOR = 3
"""Several people may sit behind one address."""
_STEP_S = 0.5
SLOWEST_S = 3.0
"""Longest that a try waits because others failed at its account [s]."""


class ThrottledError(HeatingError):
    """Too many failed tries; the same answer for known and unknown accounts."""

    retryable = True
    retry_after_s = 60
    """After this long the next attempt counts again [s]."""


class LogInThrottle:
    """Counts failures in a moving window of a minute, in memory of this process.

    What locks is the pair of account and address, and the address over all accounts: a stranger who fails at somebody's
    account locks out nobody but himself. An account at which many fail, from anywhere, only gets slower.

    Parameters
    ----------
    attempts_per_minute : int
        Failures that one address may have at one account in a minute; over all accounts it may have three times as
        many.
    """

    def __init__(self, *, attempts_per_minute: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_account = RateLimitItemPerMinute(attempts_per_minute)
        self._per_address = RateLimitItemPerMinute(attempts_per_minute * _ADDRESS_FACTOR)
        self._slow = [
            RateLimitItemPerMinute(attempts_per_minute * (n + 1)) for n in range(round(SLOWEST_S / _STEP_S))
        ]

    def check(self, *, username: str, address: str) -> None:
        """Refuse a try before the password is looked at.

        Raises
        ------
        ThrottledError
            When this address has failed too often, at this account or at all.
        """
        if not all(self._limiter.test(*key) for key in self._locks(username, address)):
            raise ThrottledError("too many failed tries; wait a minute")

    def delay_s(self, username: str) -> float:
        """Return how long a try at an account waits [s]: longer the more failed there, from wherever they came."""
        key = ("slow", username.casefold()[:128])
        return _STEP_S * sum(not self._limiter.test(step, *key) for step in self._slow)

    def note_failure(self, *, username: str, address: str) -> None:
        """Count a failed try."""
        for item, *key in self._locks(username, address):
            self._limiter.hit(item, *key)
        for step in self._slow:
            self._limiter.hit(step, "slow", username.casefold()[:128])

    def _locks(self, username: str, address: str) -> tuple[tuple[RateLimitItem, str, str], ...]:
        pair = f"{username.casefold()[:128]} {address}"
        return (self._per_account, "pair", pair), (self._per_address, "address", address)
