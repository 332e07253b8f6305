"""Acknowledge, shelve, unshelve, comment: each is one event of the alarm's history, and audited.

Each action takes the viewer and a request; the JSON routes and the forms of the pages are two ways to fill it in.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import AliasChoices, BaseModel, Field

from dashboard.web.refusals import NotVisibleError, UnfitActionError
from dashboard.web.replies import Moment, PlainText
from dashboard.web.security.access import ForbiddenError
from dashboard.web.security.viewer import ACTORS, Viewer
from heating.alarms import Alarm, AlarmEvent, AlarmEventKind, Priority
from heating.clock import Clock
from storage.records.alarms import AlarmRecords
from storage.records.people_values import AuditLine

__all__ = [
    "Acknowledgement",
    "AlarmActions",
    "Comment",
    "Remark",
    "Shelving",
    "checked_end",
    "refuse_observers",
]

ACKNOWLEDGE_FOR = timedelta(hours=12)
"""An acknowledged alarm is announced again after this long: one shift (own)."""
SHELVE_FOR = timedelta(hours=4)
"""How long an alarm is shelved when no end is given (own)."""
LONGEST_SHELVING = timedelta(days=7)
"""Longest shelving: a fault that lasts for weeks is repaired, or its rule is changed (own)."""


class Acknowledgement(BaseModel):
    """An acknowledgement."""

    comment: PlainText = Field("", max_length=2000)
    until: Moment | None = Field(None, description="When it is announced again; 12 h from now when left out.")


class Shelving(BaseModel):
    """A shelving."""

    reason: PlainText = Field(min_length=1, max_length=2000)
    until: Moment | None = Field(None, description="End; 4 h from now when left out, 7 days at the most.")


class Remark(BaseModel):
    """A note, optional."""

    comment: PlainText = Field("", max_length=2000)


class Comment(BaseModel):
    """A note; the field may be called ``comment`` or ``text``."""

    text: PlainText = Field(min_length=1, max_length=2000, validation_alias=AliasChoices("comment", "text"))


class AlarmActions:
    """Acts on alarms for a viewer.

    Parameters
    ----------
    alarms : AlarmRecords
        Alarms; each act and its audit line are one transaction.
    clock : Clock
        The time data are judged by.
    longest_shelving : mapping, optional
        Longest shelving by priority; 7 days where it says nothing.
    """

    def __init__(
        self,
        *,
        alarms: AlarmRecords,
        clock: Clock,
        longest_shelving: Mapping[Priority, timedelta] | None = None,
    ) -> None:
        self._alarms = alarms
        self._clock = clock
        self.longest_shelving = longest_shelving or {}

    def acknowledge(self, viewer: Viewer, alarm_id: str, request: Acknowledgement) -> Alarm:
        """Acknowledge an alarm; it is announced again at the end, 12 h from now by default.

        Raises
        ------
        NotVisibleError, ForbiddenError
            No such alarm in the viewer's areas; the role may not act.
        heating.alarms.ForbiddenTransitionError
            Acknowledged already, or closed.
        UnfitActionError
            The end is not in the future.
        """
        end = checked_end(request.until, default=ACKNOWLEDGE_FOR, now=self._clock.now())
        return self._act(viewer, alarm_id, AlarmEventKind.ACKNOWLEDGED, comment=request.comment, until=end)

    def shelve(self, viewer: Viewer, alarm_id: str, request: Shelving) -> Alarm:
        """Shelve an alarm with a reason and an end, 4 h from now by default.

        The rules say how long at the most for each priority; 7 days where they say nothing. Raises as `acknowledge`,
        and `UnfitActionError` without a reason or beyond the longest shelving.
        """
        reason = request.reason.strip()
        if not reason:
            raise UnfitActionError("shelving needs a reason")
        alarm, now = self._visible(viewer, alarm_id), self._clock.now()
        longest = self.longest_shelving.get(alarm.priority, LONGEST_SHELVING)
        end = checked_end(request.until, default=min(SHELVE_FOR, longest), now=now)
        if end > now + longest:
            hours = longest.total_seconds() / 3600
            raise UnfitActionError(f"a {alarm.priority.name} alarm is shelved for {hours:g} h at the most")
        return self._act(viewer, alarm_id, AlarmEventKind.SHELVED, comment=reason, until=end)

    def unshelve(self, viewer: Viewer, alarm_id: str, request: Remark) -> Alarm:
        """Unshelve an alarm before the end of its shelving. Raises as `acknowledge`."""
        return self._act(viewer, alarm_id, AlarmEventKind.UNSHELVED, comment=request.comment)

    def comment(self, viewer: Viewer, alarm_id: str, request: Comment) -> Alarm:
        """Add a note to the history. Raises as `acknowledge`, and `UnfitActionError` without a text."""
        text = request.text.strip()
        if not text:
            raise UnfitActionError("a comment needs a text")
        return self._act(viewer, alarm_id, AlarmEventKind.COMMENTED, comment=text)

    def _visible(self, viewer: Viewer, alarm_id: str) -> Alarm:
        alarm = self._alarms.alarm(alarm_id, area_ids=viewer.area_ids)
        if alarm is None:
            raise NotVisibleError(f"no alarm {alarm_id!r}")
        return alarm

    def _act(
        self,
        viewer: Viewer,
        alarm_id: str,
        kind: AlarmEventKind,
        *,
        comment: str = "",
        until: datetime | None = None,
    ) -> Alarm:
        refuse_observers(viewer)
        self._visible(viewer, alarm_id)
        now = self._clock.now()
        event = AlarmEvent(
            alarm_id=alarm_id, kind=kind, at=now, by=viewer.username, comment=comment[:2000], until=until
        )
        audit = AuditLine(
            at=now, who=viewer.username, action=f"alarm.{kind.value}", subject=f"alarm:{alarm_id}"
        )
        self._alarms.append_events([event], audit=audit)
        return self._visible(viewer, alarm_id)


def checked_end(until: datetime | None, *, default: timedelta, now: datetime) -> datetime:
    """Return the end of an action, `default` from now when none is given. Raises `UnfitActionError`."""
    end = until or now + default
    if end.tzinfo is None or not now < end <= now + LONGEST_SHELVING:
        raise UnfitActionError("the end must lie in the future, at most 7 days from now, with its time zone")
    return end


def refuse_observers(viewer: Viewer) -> None:
    """Raise `ForbiddenError` for who may only read alarms."""
    if not viewer.has(*ACTORS):
        raise ForbiddenError("acting on alarms needs the role dispatcher")
