"""Acknowledge, shelve, unshelve, comment, promise an end: each is one event of the alarm's history, and audited."""

from datetime import datetime, timedelta

from config.rules.defaults import RuleDefaults
from dashboard.web.refusals import NotVisibleError, UnfitActionError
from dashboard.web.security.access import ForbiddenError
from dashboard.web.security.viewer import ACTORS, Viewer
from heating.alarms import Alarm, AlarmEvent, AlarmEventKind
from heating.clock import Clock
from storage.records.people_values import AuditLine
from storage.records.records import Records

__all__ = ["ACKNOWLEDGE_FOR", "LONGEST_SHELVING", "SHELVE_FOR", "AlarmDesk"]

ACKNOWLEDGE_FOR = timedelta(hours=12)
"""An acknowledgement calls again after this long: one shift (own)."""
SHELVE_FOR = timedelta(hours=4)
"""How long an alarm is shelved when nobody says (own)."""
LONGEST_SHELVING = timedelta(days=7)
"""Nothing is shelved for longer: what is wrong for weeks is to be mended or its rule changed (own)."""


class AlarmDesk:
    """Acts on alarms for a viewer.

    Parameters
    ----------
    records : Records
        Alarms and audit.
    clock : Clock
        The time data are judged by.
    defaults : RuleDefaults
        Longest shelving by priority.
    """

    def __init__(self, *, records: Records, clock: Clock, defaults: RuleDefaults | None = None) -> None:
        self._records = records
        self._clock = clock
        self.defaults = defaults or RuleDefaults()

    def acknowledge(
        self, viewer: Viewer, alarm_id: str, *, comment: str = "", until: datetime | None = None
    ) -> Alarm:
        """Take note of an alarm; it calls again at `until`, 12 h from now by default.

        Raises
        ------
        NotVisibleError, ForbiddenError
            No such alarm in the viewer's areas; the role may not act.
        heating.alarms.ForbiddenTransitionError
            Acknowledged already, or closed.
        UnfitActionError
            `until` is not in the future.
        """
        end = self._end(until, default=ACKNOWLEDGE_FOR)
        return self._act(viewer, alarm_id, AlarmEventKind.ACKNOWLEDGED, comment=comment, until=end)

    def shelve(self, viewer: Viewer, alarm_id: str, *, reason: str, until: datetime | None = None) -> Alarm:
        """Put an alarm aside with a reason and an end, 4 h from now by default.

        The rules say how long at the most for each priority; 7 days where they say nothing. Raises as `acknowledge`,
        and `UnfitActionError` without a reason or beyond the longest shelving.
        """
        if not reason.strip():
            raise UnfitActionError("shelving needs a reason")
        alarm = self._records.alarms.alarm(alarm_id, area_ids=viewer.area_ids)
        if alarm is None:
            raise NotVisibleError(f"no alarm {alarm_id!r}")
        longest = self.defaults.max_shelve.get(alarm.priority, LONGEST_SHELVING)
        end = self._end(until, default=min(SHELVE_FOR, longest))
        if end > self._clock.now() + longest:
            hours = longest.total_seconds() / 3600
            raise UnfitActionError(f"a {alarm.priority.name} alarm is shelved for {hours:g} h at the most")
        return self._act(viewer, alarm_id, AlarmEventKind.SHELVED, comment=reason.strip(), until=end)

    def unshelve(self, viewer: Viewer, alarm_id: str, *, comment: str = "") -> Alarm:
        """Take an alarm back before its end. Raises as `acknowledge`."""
        return self._act(viewer, alarm_id, AlarmEventKind.UNSHELVED, comment=comment)

    def comment(self, viewer: Viewer, alarm_id: str, *, text: str) -> Alarm:
        """Add a note to the history. Raises as `acknowledge`, and `UnfitActionError` without a text."""
        if not text.strip():
            raise UnfitActionError("a comment needs a text")
        return self._act(viewer, alarm_id, AlarmEventKind.COMMENTED, comment=text.strip())

    def promise_end(self, viewer: Viewer, incident_id: str, *, estimated_end: datetime | None) -> None:
        """Set or take back the promised end of an incident: residents and clerks read it.

        Raises
        ------
        NotVisibleError, ForbiddenError
            No such incident in the viewer's areas; the role may not act.
        UnfitActionError
            The end is not in the future, or too far in it.
        """
        _refuse_observers(viewer)
        if estimated_end is not None:
            self._end(estimated_end, default=LONGEST_SHELVING)
        alarms = self._records.alarms
        if alarms.incident(incident_id, area_ids=viewer.area_ids) is None:
            raise NotVisibleError(f"no incident {incident_id!r}")
        now = self._clock.now()
        end = None if estimated_end is None else estimated_end.isoformat()
        audit = AuditLine(
            at=now,
            who=viewer.username,
            action="incident.promised",
            subject=f"incident:{incident_id}",
            detail={"end": end},
        )
        alarms.set_incident_promise(incident_id, estimated_end, by=viewer.username, at=now, audit=audit)

    def _end(self, until: datetime | None, *, default: timedelta) -> datetime:
        now = self._clock.now()
        end = until or now + default
        if end.tzinfo is None or not now < end <= now + LONGEST_SHELVING:
            raise UnfitActionError(
                "the end must lie in the future, at most 7 days from now, with its time zone"
            )
        return end

    def _act(
        self,
        viewer: Viewer,
        alarm_id: str,
        kind: AlarmEventKind,
        *,
        comment: str = "",
        until: datetime | None = None,
    ) -> Alarm:
        _refuse_observers(viewer)
        alarms = self._records.alarms
        if alarms.alarm(alarm_id, area_ids=viewer.area_ids) is None:
            raise NotVisibleError(f"no alarm {alarm_id!r}")
        now = self._clock.now()
        event = AlarmEvent(
            alarm_id=alarm_id, kind=kind, at=now, by=viewer.username, comment=comment[:2000], until=until
        )
        audit = AuditLine(
            at=now, who=viewer.username, action=f"alarm.{kind.value}", subject=f"alarm:{alarm_id}"
        )
        alarms.append_events([event], audit=audit)
        after = alarms.alarm(alarm_id)
        if after is None:
            raise NotVisibleError(f"no alarm {alarm_id!r}")
        return after


def _refuse_observers(viewer: Viewer) -> None:
    if not viewer.has(*ACTORS):
        raise ForbiddenError("acting on alarms needs the role dispatcher")
