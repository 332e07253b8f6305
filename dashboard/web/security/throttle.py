"""How often a log-in may be tried, per account and per address."""

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from heating.errors import HeatingError

__all__ = ["LogInThrottle", "ThrottledError"]

_ADDRESS_FACTOR = 3
"""Several people may sit behind one address."""


class ThrottledError(HeatingError):
    """Too many tries; the same answer for known and unknown accounts."""

    retryable = True
    retry_after_s = 60
    """After this long the next attempt counts again [s]."""


class LogInThrottle:
    """Counts tries in a moving window of a minute, in memory of this process.

    Parameters
    ----------
    attempts_per_minute : int
        Tries an account may see in a minute; an address may make three times as many.
    """

    def __init__(self, *, attempts_per_minute: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_account = RateLimitItemPerMinute(attempts_per_minute)
        self._per_address = RateLimitItemPerMinute(attempts_per_minute * _ADDRESS_FACTOR)

    def note_try(self, *, username: str, address: str) -> None:
        """Count a try before the password is looked at.

        Raises
        ------
        ThrottledError
            When account or address have used up their tries.
        """
        account_free = self._hit(self._per_account, "account", username.casefold()[:128])
        address_free = self._hit(self._per_address, "address", address)
        if not (account_free and address_free):
            raise ThrottledError("too many tries; wait a minute")

    def _hit(self, item: RateLimitItem, kind: str, key: str) -> bool:
        return self._limiter.hit(item, kind, key)
