"""Alarms: lists, one of them, and what dispatchers do."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from dashboard.alarms.actions import Acknowledgement, AlarmActions, Comment, Remark, Shelving
from dashboard.alarms.models import AlarmDetail, AlarmRow
from dashboard.alarms.subjects import subject_filter
from dashboard.alarms.view import AlarmViews
from dashboard.web.replies import Limit, Listing, Moment, reply, words_of
from dashboard.web.security.access import Actor, Staff
from dashboard.web.services import ServicesDep
from heating.alarms import AlarmState, Priority
from storage.records.queries import AlarmQuery

__all__ = ["PRIORITY_WORDS", "STATE_WORDS", "router"]

router = APIRouter(prefix="/api/v1", tags=["alarms"])

STATE_WORDS: dict[str, tuple[str, ...]] = {
    **{state.value: (state.value,) for state in AlarmState},
    "active": (AlarmState.UNACK_ACTIVE.value, AlarmState.ACK_ACTIVE.value),
    "unacknowledged": (AlarmState.UNACK_ACTIVE.value, AlarmState.RTN_UNACK.value),
    "open": tuple(state.value for state in AlarmState if state is not AlarmState.NORMAL),
    "closed": (AlarmState.NORMAL.value,),
}
"""What may stand in ``state=``."""
PRIORITY_WORDS: dict[str, tuple[str, ...]] = {
    word: (str(number),) for number in range(1, 5) for word in (str(number), f"P{number}", f"p{number}")
}
"""What may stand in ``priority=``."""


@router.get("/alarms", response_model=Listing[AlarmRow])
def alarms(  # the parameters are the filter
    viewer: Staff,
    services: ServicesDep,
    state: Annotated[
        list[str], Query(description="ISA-18.2 states, or active, unacknowledged, open, closed.")
    ] = [],  # noqa: B006
    priority: Annotated[list[str], Query(description="P1 to P4.")] = [],  # noqa: B006
    subject: Annotated[
        str | None, Query(description="level:id, for example station:S001, or the id.")
    ] = None,
    rule: str | None = None,
    incident: str | None = None,
    annunciated: bool = False,
    since: Moment | None = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> Response:
    """Alarms, newest first."""
    level, object_id = subject_filter(subject)
    numbers = words_of(priority, allowed=PRIORITY_WORDS, name="priority")
    query = AlarmQuery(
        states=frozenset(map(AlarmState, words_of(state, allowed=STATE_WORDS, name="state"))) or None,
        priorities=frozenset(Priority(int(number)) for number in numbers) or None,
        annunciated_only=annunciated,
        level=level,
        object_id=object_id,
        rule_id=rule,
        incident_id=incident,
        since=since,
        cursor=cursor,
        limit=limit,
    )
    return reply(services[AlarmViews].page(viewer, query))


@router.get("/alarms/{alarm_id}", response_model=AlarmDetail)
def alarm(alarm_id: str, viewer: Staff, services: ServicesDep) -> Response:
    """One alarm with cause, consequence, action and history."""
    return reply(services[AlarmViews].detail(viewer, alarm_id))


@router.post("/alarms/{alarm_id}/acknowledge", response_model=AlarmDetail)
def acknowledge(
    alarm_id: str, viewer: Actor, services: ServicesDep, body: Acknowledgement | None = None
) -> Response:
    """Acknowledge an alarm; 409 when it is acknowledged already or closed."""
    services[AlarmActions].acknowledge(viewer, alarm_id, body or Acknowledgement())
    return reply(services[AlarmViews].detail(viewer, alarm_id))


@router.post("/alarms/{alarm_id}/shelve", response_model=AlarmDetail)
def shelve(alarm_id: str, body: Shelving, viewer: Actor, services: ServicesDep) -> Response:
    """Shelve an alarm, with a reason and an end."""
    services[AlarmActions].shelve(viewer, alarm_id, body)
    return reply(services[AlarmViews].detail(viewer, alarm_id))


@router.post("/alarms/{alarm_id}/unshelve", response_model=AlarmDetail)
def unshelve(alarm_id: str, viewer: Actor, services: ServicesDep, body: Remark | None = None) -> Response:
    """Unshelve an alarm before the end of its shelving."""
    services[AlarmActions].unshelve(viewer, alarm_id, body or Remark())
    return reply(services[AlarmViews].detail(viewer, alarm_id))


@router.post("/alarms/{alarm_id}/comment", response_model=AlarmDetail)
def comment(alarm_id: str, body: Comment, viewer: Actor, services: ServicesDep) -> Response:
    """Add a note to the history of an alarm."""
    services[AlarmActions].comment(viewer, alarm_id, body)
    return reply(services[AlarmViews].detail(viewer, alarm_id))
