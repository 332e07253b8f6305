"""The dispatcher's pages of alarms, and the actions on them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from pydantic import ValidationError
from starlette.responses import PlainTextResponse, Response

from dashboard.alarms.actions import Acknowledgement, AlarmActions, Comment, Remark, Shelving
from dashboard.alarms.counts import SPEAKING, speaking
from dashboard.alarms.health import RATE_FAIR, RATE_HIGH, AlarmHealthView
from dashboard.alarms.models import AlarmDetail, AlarmRow
from dashboard.alarms.view import AlarmViews
from dashboard.web.context import page_response, reader_of
from dashboard.web.languages import N_, Localiser
from dashboard.web.refusals import NotVisibleError, UnfitActionError
from dashboard.web.security.access import Actor, Staff
from dashboard.web.security.viewer import Viewer
from dashboard.web.services import Services, ServicesDep, services_of
from dashboard.web.values import Bilingual
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
    "active": SPEAKING,
    "shelved": frozenset({AlarmState.SHELVED}),
    "suppressed": frozenset({AlarmState.SUPPRESSED_BY_DESIGN}),
    "open": None,
    "history": None,
}
_NOT_NOW = N_("这条告警的状态刚刚变了，请看最新状态。")
_UNFIT = N_("缺少原因或备注，或时间不合适。")


@dataclass(slots=True)
class AlarmGroup:
    """Alarms shown together: those of one priority and incident, or the ones without an incident."""

    incident_id: str | None
    title: str = ""
    rows: list[AlarmRow] = field(default_factory=list)


def grouped(
    rows: Iterable[AlarmRow], titles: Mapping[str, Bilingual], localiser: Localiser
) -> list[AlarmGroup]:
    """Return alarms, in the order of their urgency, in groups; none spans priorities, or a P1 could be far down."""
    groups: list[AlarmGroup] = []
    for _, run in groupby(rows, key=lambda row: (row.priority if row.incident_id else 0, row.incident_id)):
        members = list(run)
        incident_id = members[0].incident_id
        title = titles.get(incident_id or "")
        groups.append(
            AlarmGroup(incident_id, "" if title is None else title.in_locale(localiser.locale), members)
        )
    return groups


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
    """Show a page of alarms of one tab, the most urgent first; history is newest first."""
    tab = tab if tab in _TAB_STATES else "unacknowledged"
    views, reader = services[AlarmViews], reader_of(request, viewer)
    query = AlarmQuery(
        states=_TAB_STATES[tab],
        open_only=tab != "history",
        annunciated_only=tab == "unacknowledged",
        priorities=frozenset({Priority(int(priority))}) if priority else None,
        about=views.subjects(viewer, subject),
        cursor=cursor or None,
        limit=100,
    )
    if tab == "history":
        found, total = views.page(viewer, query), None
        groups = [AlarmGroup(None, rows=found.items)] if found.items else []
    else:
        found, total = views.urgent_page(viewer, speaking(query) if tab == "active" else query)
        groups = grouped(found.items, views.incident_titles(found.items), reader)
    return page_response(
        request,
        viewer,
        "alarms/console.html",
        tabs=_TABS,
        tab=tab,
        priority=int(priority) if priority else "",
        subject=subject,
        groups=groups,
        count=len(found.items),
        total=total,
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
