"""Tokens that are good from some addresses only: a wall hangs in one place."""

import threading
from datetime import datetime, timedelta

from dashboard.web.security.addresses import is_within
from heating.clock import Clock
from storage.records.audit import AuditRecords
from storage.records.people_values import ApiToken

__all__ = ["BoundTokens"]

NOTED_EVERY = timedelta(minutes=1)
"""A token that is used from elsewhere is in the audit this often, however often it comes."""


class BoundTokens:
    """Holds the address of a request against those of its token.

    Parameters
    ----------
    audit : AuditRecords
        Uses from elsewhere are noted.
    clock : Clock
        Real time.
    """

    def __init__(self, *, audit: AuditRecords, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock
        self._lock = threading.Lock()
        self._noted: dict[str, datetime] = {}
        """Per name of a token, so that it never holds more than there are tokens."""

    def allows(self, token: ApiToken, address: str) -> bool:
        """Return whether a token is good from an address, and note it where it is not."""
        if token.addresses is None or is_within(address, token.addresses):
            return True
        now = self._clock.now()
        with self._lock:
            last = self._noted.get(token.name)
            is_due = last is None or now - last >= NOTED_EVERY
            if is_due:
                self._noted[token.name] = now
        if is_due:
            bound_to = {"addresses": list(token.addresses)}
            self._audit.append(
                token.username, "token.refused", f"token:{token.name}", bound_to, at=now, ip=address
            )
        return False
