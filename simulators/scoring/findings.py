"""Findings: what a dispatcher gets to deal with, an incident with its alarms or an alarm of its own.

What lives here: grouping. What does not: whether a finding is right (`matching`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from simulators.fault_kinds import RootCause
from simulators.scoring.happenings import Alarm, Candidate, Incident
from simulators.truth.topology import Place

__all__ = ["Finding", "findings_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing told to people."""

    at: datetime
    """When it was told first."""
    until: datetime | None
    """When the last of its alarms cleared; None while one is active."""
    place: Place
    """Where the product sees the cause."""
    claims: RootCause
    """Class that it claims."""
    rule_id: str
    alarms: tuple[Alarm, ...]
    """All its alarms, the first told first."""
    candidates: tuple[Candidate, ...]
    """Proposed causes, best first; at least one."""
    incident_id: str | None


def findings_of(
    alarms: Iterable[Alarm], incidents: Mapping[str, Incident], *, announced_only: bool
) -> list[Finding]:
    """Group alarms to findings, in order of time.

    An alarm that was told before its incident began, and attached to it later, is a finding of its own.

    Parameters
    ----------
    alarms : iterable of Alarm
        All alarms.
    incidents : mapping
        Incidents by id; alarms of one that is not in it count together all the same.
    announced_only : bool
        Take only what people were told; otherwise journal entries and what others cover count too.
    """
    told = [alarm for alarm in alarms if alarm.announced_at is not None or not announced_only]
    began = _beginnings(told, incidents)
    groups: dict[str, list[Alarm]] = {}
    for alarm in sorted(told, key=lambda alarm: (_told_at(alarm, announced_only), alarm.alarm_id)):
        begin = began.get(alarm.incident_id or "")
        alone = alarm.incident_id is None or (begin is not None and _told_at(alarm, announced_only) < begin)
        groups.setdefault(f"alarm/{alarm.alarm_id}" if alone else str(alarm.incident_id), []).append(alarm)
    found = [_finding(group, incidents.get(name), announced_only) for name, group in groups.items()]
    return sorted(found, key=lambda finding: finding.at)


def _beginnings(alarms: Iterable[Alarm], incidents: Mapping[str, Incident]) -> dict[str, datetime]:
    """Return when each incident began: when it was opened, or its root alarm was raised."""
    began = {incident.incident_id: incident.opened_at for incident in incidents.values()}
    for alarm in alarms:
        incident = incidents.get(alarm.incident_id or "")
        if incident is not None and (alarm.rule_id, alarm.place) == (incident.rule_id, incident.place):
            began[incident.incident_id] = min(began[incident.incident_id], alarm.raised_at)
    return began


def _told_at(alarm: Alarm, announced_only: bool) -> datetime:
    return alarm.announced_at if announced_only and alarm.announced_at is not None else alarm.raised_at


def _finding(alarms: list[Alarm], incident: Incident | None, announced_only: bool) -> Finding:
    first = alarms[0]
    root = next((a for a in alarms if incident is not None and a.rule_id == incident.rule_id), first)
    place = first.place if incident is None else incident.place
    ends = [alarm.cleared_at for alarm in alarms]
    known_ends = [end for end in ends if end is not None]
    own = Candidate(root.claims.value, place)
    return Finding(
        at=_told_at(first, announced_only),
        until=max(known_ends) if len(known_ends) == len(ends) else None,
        place=place,
        claims=root.claims,
        rule_id=root.rule_id,
        alarms=tuple(alarms),
        candidates=incident.candidates if incident is not None and incident.candidates else (own,),
        incident_id=None if incident is None else incident.incident_id,
    )
