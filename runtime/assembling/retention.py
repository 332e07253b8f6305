"""The policy of privacy carried out once a day: what has had its time is erased, and the audit says how much.

Tickets and notices follow the clock of the house (virtual in a demo); sessions follow the real one, as their log-in does.
"""

from datetime import timedelta

import structlog

from config.settings.tree import Settings
from heating.clock import Clock, SystemClock
from storage.records.people_values import AuditLine
from storage.records.privacy import PrivacyRecords, RetentionEnds

__all__ = ["Retention"]

_log = structlog.get_logger()


class Retention:
    """Erases what the policy of the settings says.

    Parameters
    ----------
    privacy : PrivacyRecords
        Knows what is personal.
    settings : Settings
        The policy, and when sessions end.
    clock : Clock
        The time of tickets and notices.
    real_clock : Clock, optional
        The time of sessions; the system's by default.
    """

    def __init__(
        self, *, privacy: PrivacyRecords, settings: Settings, clock: Clock, real_clock: Clock | None = None
    ) -> None:
        self._privacy, self._settings = privacy, settings
        self._clock, self._real_clock = clock, real_clock or SystemClock()

    def apply(self) -> None:
        """Erase, and leave a line in the audit, on days without anything to erase too: it shows that the policy lives."""
        now, real = self._clock.now(), self._real_clock.now()
        policy, web = self._settings.privacy, self._settings.web
        erased = self._privacy.apply_retention(
            RetentionEnds(
                tickets=now - timedelta(days=policy.ticket_words_days),
                sensor_links=now - timedelta(days=policy.sensor_link_days),
                notices=now - timedelta(days=policy.notice_days),
                sessions_opened=real - timedelta(seconds=web.session_absolute_s),
                sessions_seen=real - timedelta(seconds=web.session_idle_s),
            ),
            now=now,
            audit=AuditLine(at=now, who="policy", action="retention.applied", subject="policy"),
        )
        _log.info(
            "runtime.retention_applied",
            sessions=erased.sessions,
            tickets=erased.descriptions,
            sensor_links=erased.sensor_links,
            notices=erased.notices,
        )
