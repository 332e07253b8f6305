"""Promise the end of an incident: residents and clerks read it."""

from pydantic import BaseModel

from dashboard.alarms.actions import LONGEST_SHELVING, checked_end, refuse_observers
from dashboard.web.refusals import NotVisibleError
from dashboard.web.replies import Moment
from dashboard.web.security.viewer import Viewer
from heating.clock import Clock
from storage.records.alarms import AlarmRecords
from storage.records.people_values import AuditLine

__all__ = ["IncidentActions", "Promise"]


class Promise(BaseModel):
    """The promised end of an incident; None takes it back."""

    estimated_end: Moment | None


class IncidentActions:
    """Acts on incidents for a viewer.

    Parameters
    ----------
    alarms : AlarmRecords
        Incidents; a promise and its audit line are one transaction.
    clock : Clock
        The time data are judged by.
    """

    def __init__(self, *, alarms: AlarmRecords, clock: Clock) -> None:
        self._alarms = alarms
        self._clock = clock

    def promise(self, viewer: Viewer, incident_id: str, request: Promise) -> None:
        """Set or take back the promised end.

        Raises
        ------
        NotVisibleError, ForbiddenError
            No such incident in the viewer's areas; the role may not act.
        UnfitActionError
            The end is not in the future, or too far in it.
        """
        refuse_observers(viewer)
        now, end = self._clock.now(), request.estimated_end
        if end is not None:
            checked_end(end, default=LONGEST_SHELVING, now=now)
        if self._alarms.incident(incident_id, area_ids=viewer.area_ids) is None:
            raise NotVisibleError(f"no incident {incident_id!r}")
        audit = AuditLine(
            at=now,
            who=viewer.username,
            action="incident.promised",
            subject=f"incident:{incident_id}",
            detail={"end": None if end is None else end.isoformat()},
        )
        self._alarms.set_incident_promise(incident_id, end, by=viewer.username, at=now, audit=audit)
