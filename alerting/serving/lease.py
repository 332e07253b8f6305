"""`AlertingLease`: of several alerting processes one judges and calls people, the others stand by.

The holder renews its lease every two seconds. Whoever stands by watches the row: when it has not changed for ten
seconds of its own monotonic clock, the holder is gone and the lease is taken over. Times of day are not compared, so a
clock that jumps on either side changes nothing. Not here: the row itself (`storage.records.leases`), and the check
inside each commit that the lease is still held, without which a process that slept could write after its successor.
"""

from collections.abc import Callable
from time import monotonic

import structlog

from heating.background import BackgroundLoop, Looped
from heating.clock import Clock
from heating.errors import HeatingError
from storage.records.leases import HeldLease, Leases

__all__ = ["LEASE", "AlertingLease"]

_log = structlog.get_logger()
LEASE = "alerting"
"""Name of the lease in the records."""
RENEW_EVERY_S = 2.0
"""Time between two renewals, and between two looks of who stands by [s]."""
HOLDS_S = 7.0
"""A holder that could not renew for this long stops by itself [s]; well before another takes over."""
GONE_S = 10.0
"""A lease that did not change for this long is taken over [s]."""


class AlertingLease(Looped):
    """The lease of one process.

    Parameters
    ----------
    leases : Leases
        The rows.
    holder : str
        Name of this process, another one at every start.
    clock : Clock
        Dates the row, for people; nothing is decided by it.
    alone : bool
        No other process can run beside this one (it owns the embedded store): a lease of a former run is taken at once.
    uptime_s : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        leases: Leases,
        *,
        holder: str,
        clock: Clock,
        alone: bool = False,
        uptime_s: Callable[[], float] = monotonic,
    ) -> None:
        self.holder = holder
        self._leases, self._clock, self._alone, self._uptime_s = leases, clock, alone, uptime_s
        self._seen: HeldLease | None = None
        self._seen_since_s = uptime_s()
        self._renewed_s: float | None = None
        self.term = 0
        """Grows each time the lease is taken anew: between two terms another process may have judged."""
        self._fault = ""
        self._loop = BackgroundLoop(
            self.renew, name="alerting-lease", every_s=RENEW_EVERY_S, on_error=self._failed
        )

    @property
    def is_held(self) -> bool:
        """Whether this process judges and calls people."""
        renewed_s = self._renewed_s
        return renewed_s is not None and self._uptime_s() - renewed_s < HOLDS_S

    @property
    def other_holder(self) -> str:
        """Who holds the lease instead; empty when nobody else is known to."""
        seen = self._seen
        return "" if seen is None or seen.holder == self.holder else seen.holder

    @property
    def fault(self) -> str:
        """Why it could not be looked at; empty while the records answer."""
        return self._fault

    def stop(self) -> None:
        """Stop renewing and give the lease up, so that who stands by takes over at once."""
        self._loop.stop()
        self._renewed_s = None
        try:
            self._leases.release(LEASE, self.holder)
        except HeatingError as error:
            _log.warning("alerting.lease_not_released", error=str(error))

    def renew(self) -> None:
        """Renew the lease, or take it when its holder is gone.

        Raises
        ------
        heating.errors.HeatingError
            When the records cannot be reached.
        """
        # Before the records are asked: others count from a moment after the row changed, so that this process always
        # stops first.
        began_s = self._uptime_s()
        held = self._leases.held(LEASE)
        self._note(held, began_s)
        if self._may_take(held, began_s) and self._take(held):
            if held is None or held.holder != self.holder:
                self.term += 1
                _log.info("alerting.lease_taken", holder=self.holder, former=held and held.holder)
            self._seen, self._renewed_s = self._leases.held(LEASE), began_s
        elif held is not None and held.holder != self.holder:
            if self._renewed_s is not None:
                _log.warning("alerting.lease_lost", holder=self.holder, now_held_by=held.holder)
            self._renewed_s = None
        self._fault = ""

    def _note(self, held: HeldLease | None, now_s: float) -> None:
        if held != self._seen:
            self._seen, self._seen_since_s = held, now_s

    def _may_take(self, held: HeldLease | None, now_s: float) -> bool:
        if held is None or held.holder == self.holder:
            return True
        return self._alone or now_s - self._seen_since_s >= GONE_S

    def _take(self, held: HeldLease | None) -> bool:
        until_ms = self._clock.now_ms() + round(GONE_S * 1000)
        return self._leases.take(LEASE, self.holder, until_ms=until_ms, instead_of=held)

    def _failed(self, error: Exception) -> None:
        # While the records are away nobody can renew. Who holds the lease keeps what it judged meanwhile and commits it
        # when they are back, so who stands by begins to count again instead of taking over at once.
        self._seen = None
        self._fault = f"the lease cannot be renewed: {error}"
        _log.warning("alerting.lease_not_renewed", error=str(error))
