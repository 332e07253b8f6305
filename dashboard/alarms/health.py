"""How the alarm system itself performs: alarm rate, most frequent alarms, alarms that have stood for days.

Only announced alarms count: nobody is disturbed by journal entries or by alarms inhibited by an announced cause.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.alarms.counts import read_pages
from dashboard.alarms.models import AlarmRow
from dashboard.alarms.view import AlarmViews
from dashboard.site.index import SiteIndex, SiteSource
from dashboard.web.security.viewer import Viewer
from dashboard.web.values import Bilingual
from heating.alarms import Alarm, AlarmState
from heating.clock import Clock
from heating.heat_tree import Node
from storage.records.alarms import AlarmRecords
from storage.records.queries import AlarmQuery

__all__ = ["RATE_FAIR", "RATE_HIGH", "AlarmHealth", "AlarmHealthView", "FrequentAlarm", "Hour"]

RATE_FAIR = 6
"""Announced alarms an hour that one operator can deal with (ISA-18.2: about 150 a day)."""
RATE_HIGH = 12
"""Announced alarms an hour at the most that one operator can deal with (ISA-18.2: about 300 a day)."""
_HOURS = 24
_MOST_FREQUENT = 10
_STANDING = timedelta(hours=24)
_LISTED = 50
_MAX_PAGES = 20
_ACTIVE = frozenset({AlarmState.UNACK_ACTIVE, AlarmState.ACK_ACTIVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """Announcements of one hour."""

    start: datetime
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequentAlarm:
    """One rule on one subject that was announced again and again."""

    rule_id: str
    name: Bilingual
    subject_level: str
    subject_id: str
    subject_name: Bilingual
    priority: int
    count: int
    """Announcements in the last 24 h."""
    last_raised_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmHealth:
    """The alarm system of the viewer's areas over the last 24 h."""

    hours: Sequence[Hour]
    """24 hours, oldest first; the last one ends now."""
    announced: int
    busiest_hour: int
    frequent: Sequence[FrequentAlarm]
    """Most frequent first, at most 10; only what was announced twice or more."""
    standing: Sequence[AlarmRow]
    """Announced and active for more than 24 h, oldest first, at most 50."""
    standing_count: int
    complete: bool
    """Whether every alarm was counted; False when there are too many to read."""


class AlarmHealthView:
    """Reads the figures.

    Parameters
    ----------
    sites : SiteSource
        The registry.
    records : AlarmRecords
        Alarms.
    alarms : AlarmViews
        Makes rows and names.
    clock : Clock
        The time data are judged by.
    """

    def __init__(self, *, sites: SiteSource, records: AlarmRecords, alarms: AlarmViews, clock: Clock) -> None:
        self._sites = sites
        self._records = records
        self._alarms = alarms
        self._clock = clock

    def health(self, viewer: Viewer) -> AlarmHealth:
        """Return the figures over the areas of the viewer."""
        index = self._sites.current()
        now = self._clock.now()
        recent, all_recent = self._read(viewer, since=now - timedelta(hours=_HOURS))
        active, all_active = self._read(viewer, states=_ACTIVE)
        hours = _by_hour([alarm.raised_at for alarm in recent], now)
        standing = sorted(
            (alarm for alarm in active if now - alarm.raised_at > _STANDING), key=lambda a: a.raised_at
        )
        return AlarmHealth(
            hours=hours,
            announced=len(recent),
            busiest_hour=max(hour.count for hour in hours),
            frequent=self._frequent(index, recent),
            standing=[self._alarms.row(viewer, index, alarm) for alarm in standing[:_LISTED]],
            standing_count=len(standing),
            complete=all_recent and all_active,
        )

    def _read(
        self, viewer: Viewer, *, since: datetime | None = None, states: frozenset[AlarmState] | None = None
    ) -> tuple[list[Alarm], bool]:
        query = AlarmQuery(states=states, since=since, annunciated_only=True, area_ids=viewer.area_ids)
        return read_pages(self._records, query, most=_MAX_PAGES)

    def _frequent(self, index: SiteIndex, recent: Sequence[Alarm]) -> list[FrequentAlarm]:
        counts: Counter[tuple[str, Node]] = Counter((alarm.rule_id, alarm.subject) for alarm in recent)
        newest = {(alarm.rule_id, alarm.subject): alarm for alarm in reversed(recent)}
        return [
            FrequentAlarm(
                rule_id=rule_id,
                name=self._alarms.rule_name(rule_id),
                subject_level=subject.level.word,
                subject_id=subject.object_id,
                subject_name=index.node_name(subject),
                priority=int(newest[rule_id, subject].priority),
                count=count,
                last_raised_at=newest[rule_id, subject].raised_at,
            )
            for (rule_id, subject), count in counts.most_common(_MOST_FREQUENT)
            if count > 1
        ]


def _by_hour(moments: Sequence[datetime], now: datetime) -> list[Hour]:
    ages = Counter(int((now - moment) / timedelta(hours=1)) for moment in moments)
    return [
        Hour(start=now - timedelta(hours=back + 1), count=ages[back]) for back in range(_HOURS - 1, -1, -1)
    ]
