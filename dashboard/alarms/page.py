"""The dispatcher's pages of alarms, and the actions on them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from pydantic import ValidationError
from starlette.responses import PlainTextResponse, Response

from dashboard.alarms.actions import Acknowledgement, AlarmActions, Comment, Remark, Shelving
from dashboard.alarms.health import RATE_FAIR, RATE_HIGH, AlarmHealthView
from dashboard.alarms.models import AlarmDetail, AlarmRow
from dashboard.alarms.view import AlarmViews, subject_filter
from dashboard.web.context import page_response, reader_of
from dashboard.web.languages import N_, Localiser
from dashboard.web.refusals import NotVisibleError, UnfitActionError
from dashboard.web.security.access import Actor, Staff
from dashboard.web.security.viewer import Viewer
from dashboard.web.services import Services, ServicesDep, services_of
from heating.alarms import AlarmState, ForbiddenTransitionError, Priority
from storage.records.queries import AlarmQuery

__all__ = ["AlarmGroup", "grouped", "router"]

router = APIRouter(include_in_schema=False)

_TABS = (
    ("unacknowledged", N_("未确认")),
    ("active", N_("持续中")),
    ("shelved", N_("已搁置")),
    ("suppressed", N_("被抑制")),
    ("open", N_("全部未关闭")),
    ("history", N_("历史")),
)
_TAB_STATES = {
    "unacknowledged": frozenset({AlarmState.UNACK_ACTIVE, AlarmState.RTN_UNACK}),
    "active": frozenset({AlarmState.UNACK_ACTIVE, AlarmState.ACK_ACTIVE}),
    "shelved": frozenset({AlarmState.SHELVED}),
    "suppressed": frozenset({AlarmState.SUPPRESSED_BY_DESIGN}),
    "open": None,
    "history": None,
}
_NOT_NOW = N_("这条告警的状态刚刚变了，请看最新状态。")
_UNFIT = N_("缺少原因或备注，或时间不合适。")


@dataclass(slots=True)
class AlarmGroup:
    """Alarms shown together: those of one incident, or the ones without."""

    incident_id: str | None
    title: str = ""
    rows: list[AlarmRow] = field(default_factory=list)


def grouped(rows: Iterable[AlarmRow], localiser: Localiser) -> list[AlarmGroup]:
    """Return alarms grouped by incident, each group where its first alarm stood; a lone member needs no header."""
    groups: dict[str, AlarmGroup] = {}
    for row in rows:
        key = row.incident_id or f"alone:{row.alarm_id}"
        groups.setdefault(key, AlarmGroup(row.incident_id)).rows.append(row)
    merged: list[AlarmGroup] = []
    for group in groups.values():
        if group.incident_id is None and merged and merged[-1].incident_id is None:
            merged[-1].rows += group.rows
            continue
        first = min(group.rows, key=lambda row: (row.priority, row.raised_at))
        subject, name = first.subject_name.in_locale(localiser.locale), first.name.in_locale(localiser.locale)
        group.title = f"{subject} · {name}"
        merged.append(group)
    return merged


def _longest_shelving_s(services: Services) -> dict[int, float]:
    limits = services[AlarmActions].longest_shelving
    return {int(priority): length.total_seconds() for priority, length in limits.items()}


@router.get("/alarms")
def alarms(
    request: Request,
    viewer: Staff,
    services: ServicesDep,
    tab: Annotated[str, Query(max_length=20)] = "unacknowledged",
    priority: Annotated[str, Query(pattern="^[1-4]?$")] = "",
    subject: Annotated[str, Query(max_length=80)] = "",
    cursor: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """Show a page of alarms of one tab, grouped by incident."""
    tab = tab if tab in _TAB_STATES else "unacknowledged"
    level, object_id = subject_filter(subject.strip())
    query = AlarmQuery(
        states=_TAB_STATES[tab],
        open_only=tab != "history",
        annunciated_only=tab in ("unacknowledged", "active") and not priority,
        priorities=frozenset({Priority(int(priority))}) if priority else None,
        level=level,
        object_id=object_id,
        cursor=cursor or None,
        limit=100,
    )
    found = services[AlarmViews].page(viewer, query)
    return page_response(
        request,
        viewer,
        "alarms/console.html",
        tabs=_TABS,
        tab=tab,
        priority=int(priority) if priority else "",
        subject=subject,
        groups=grouped(found.items, reader_of(request, viewer)),
        count=len(found.items),
        next_cursor=found.next_cursor,
        detail=None,
        longest_shelving_s=_longest_shelving_s(services),
    )


@router.get("/alarms/health")
def alarm_health(request: Request, viewer: Staff, services: ServicesDep) -> Response:
    """Show how the alarm system itself does: rates, who calls most, what stands for days."""
    return page_response(
        request,
        viewer,
        "alarms/health.html",
        health=services[AlarmHealthView].health(viewer),
        fair=RATE_FAIR,
        high=RATE_HIGH,
    )


@router.get("/alarms/{alarm_id}")
def alarm(request: Request, viewer: Staff, services: ServicesDep, alarm_id: str) -> Response:
    """Show one alarm on a page of its own."""
    return _detail(request, viewer, services[AlarmViews].detail(viewer, alarm_id), "alarms/alarm.html")


@router.get("/alarms/{alarm_id}/detail")
def alarm_detail(request: Request, viewer: Staff, services: ServicesDep, alarm_id: str) -> Response:
    """Return the detail of an alarm as a piece of the console."""
    return _detail(request, viewer, services[AlarmViews].detail(viewer, alarm_id), "alarms/detail.html")


@router.post("/alarms/{alarm_id}/{action}")
def act(
    request: Request,
    viewer: Actor,
    services: ServicesDep,
    alarm_id: str,
    action: str,
    comment: Annotated[str, Form(max_length=500)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
    duration_s: Annotated[int, Form(ge=60, le=604_800)] = 3600,
) -> Response:
    """Acknowledge, shelve, unshelve or comment; 204 when kept, 409 or 422 with a sentence when not."""
    actions = services[AlarmActions]
    try:
        match action:
            case "acknowledge":
                actions.acknowledge(viewer, alarm_id, Acknowledgement(comment=comment))
            case "shelve":
                until = services.clock.now() + timedelta(seconds=duration_s)
                actions.shelve(viewer, alarm_id, Shelving(reason=reason, until=until))
            case "unshelve":
                actions.unshelve(viewer, alarm_id, Remark())
            case "comment":
                actions.comment(viewer, alarm_id, Comment(text=comment))
            case _:
                raise NotVisibleError(f"no action {action!r}")
    except ForbiddenTransitionError:
        return PlainTextResponse(reader_of(request, viewer).text(_NOT_NOW), 409)
    except (UnfitActionError, ValidationError):
        return PlainTextResponse(reader_of(request, viewer).text(_UNFIT), 422)
    return Response(status_code=204)


def _detail(request: Request, viewer: Viewer, detail: AlarmDetail, template: str) -> Response:
    longest = _longest_shelving_s(services_of(request))
    return page_response(request, viewer, template, detail=detail, longest_shelving_s=longest)
