"""The policy of the settings becomes moments; sessions follow the real clock, everything else that of the house."""

from datetime import UTC, datetime, timedelta
from typing import Any

from config.settings.privacy import PrivacySettings
from config.settings.tree import Settings, WebSettings
from heating.clock import ManualClock
from runtime.assembling.retention import Retention
from storage.records.people_values import AuditLine
from storage.records.privacy import Erased, RetentionEnds

VIRTUAL, REAL = datetime(2026, 1, 10, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)


class Privacy:
    """Notes what it is asked to erase."""

    asked: tuple[RetentionEnds, AuditLine]

    def apply_retention(self, ends: RetentionEnds, *, now: datetime, audit: AuditLine) -> Erased:
        assert now == VIRTUAL
        self.asked = (ends, audit)
        return Erased()


def test_each_kind_of_data_has_its_own_end() -> None:
    settings = Settings(
        privacy=PrivacySettings(ticket_words_days=1000, sensor_link_days=2000, notice_days=30),
        web=WebSettings(session_idle_s=3600.0, session_absolute_s=7200.0),
    )
    privacy: Any = Privacy()
    Retention(
        privacy=privacy, settings=settings, clock=ManualClock(VIRTUAL), real_clock=ManualClock(REAL)
    ).apply()
    ends, audit = privacy.asked
    assert ends == RetentionEnds(
        tickets=VIRTUAL - timedelta(days=1000),
        sensor_links=VIRTUAL - timedelta(days=2000),
        notices=VIRTUAL - timedelta(days=30),
        sessions_opened=REAL - timedelta(hours=2),
        sessions_seen=REAL - timedelta(hours=1),
    )
    assert (audit.who, audit.action, audit.subject) == ("policy", "retention.applied", "policy")
