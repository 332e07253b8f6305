"""Jittered back-off: pauses that grow, and shrink again only after a stable time.

Pure: the caller passes the moments and waits itself. Used for reconnects and by the forwarder.
"""

import random

__all__ = ["Backoff"]


class Backoff:
    """Growing pauses with full jitter in the upper half, so that a thousand clients do not return as one.

    Parameters
    ----------
    first_s, longest_s
        Bounds of the pause [s].
    stable_s
        Success must last this long before the pauses start small again [s].
    random_source
        Where the jitter comes from.
    """

    def __init__(
        self,
        *,
        first_s: float,
        longest_s: float,
        stable_s: float = 0.0,
        random_source: random.Random | None = None,
    ) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._stable_s = stable_s
        self._random = random_source or random.Random()
        self._failures = 0
        self._success_since_s: float | None = None

    @property
    def failures(self) -> int:
        """Failures since the pauses last started small."""
        return self._failures

    def succeeded(self, *, now_s: float) -> None:
        """Note that things work since `now_s` [s, monotonic]; only the first of a run counts."""
        if self._success_since_s is None:
            self._success_since_s = now_s
        if not self._stable_s:
            self._failures = 0

    def next_pause_s(self, *, now_s: float) -> float:
        """Note a failure and return how long to wait [s]."""
        # A connection that lives for a second and breaks again is no recovery: without the stable time its every short
        # life would reset the pause, and the broker would be asked twice a second for ever.
        since_s, self._success_since_s = self._success_since_s, None
        if since_s is not None and now_s - since_s >= self._stable_s:
            self._failures = 0
        span_s = min(self._longest_s, self._first_s * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return span_s * self._random.uniform(0.5, 1.0)
