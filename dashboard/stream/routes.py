"""The event stream and the snapshot that a client starts from."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import Response, StreamingResponse

from dashboard.overview.view import OverviewView
from dashboard.stream.broadcaster import Broadcaster
from dashboard.stream.frames import snapshot_content
from dashboard.web.refusals import InvalidRequestError, TooManyStreamsError
from dashboard.web.replies import reply
from dashboard.web.security.access import ForbiddenError, require
from dashboard.web.security.viewer import CREW, STAFF, Role, Viewer
from dashboard.web.services import ServicesDep

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["stream"])

_ROLES: dict[str, tuple[Role, ...]] = {
    "snapshot": STAFF,
    "alarms": STAFF,
    "station": STAFF,
    "tickets": CREW,
    "my": (Role.RESIDENT,),
}
_MAX_TOPICS = 64
"""Of one stream: the tabs of a browser share one, each station page adds its station."""
_FRAME = re.compile(r"\d{1,18}", re.ASCII)
"""What may be the number of a frame; anything else is an unknown one."""


@router.get("/snapshot")
def snapshot(viewer: Annotated[Viewer, Depends(require(*STAFF))], services: ServicesDep) -> Response:
    """The newest figures of every station as columns: what a page starts from and fetches again after a gap."""
    content = snapshot_content(*services[OverviewView].snapshot(viewer))
    return reply({"sequence": services[Broadcaster].sequence, **content})


@router.get("/stream", response_class=StreamingResponse)
async def stream(
    viewer: Annotated[Viewer, Depends(require())],
    services: ServicesDep,
    topics: Annotated[
        str, Query(max_length=4096, description="Comma-separated: snapshot, alarms, station:ID, tickets, my.")
    ],
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Server-sent events; `id` is the sequence, `Last-Event-ID` resumes, ``hello`` says whether to fetch again.

    ``alive`` comes at first and every 10 s on every stream: time of the data ``t``, and for staff the open alarms.
    """
    wanted = _topics_of(topics, viewer)
    known = int(last_event_id) if last_event_id is not None and _FRAME.fullmatch(last_event_id) else None
    most = services.settings.web.streams_per_user
    if services[Broadcaster].streams_of(viewer.username) >= most:
        raise TooManyStreamsError(f"this account has {most} streams open; close one")
    body = services[Broadcaster].stream(viewer, wanted, last_event_id=known)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(body, media_type="text/event-stream", headers=headers)


def _topics_of(text: str, viewer: Viewer) -> frozenset[str]:
    topics = frozenset(word.strip() for word in text.split(",") if word.strip())
    if not 0 < len(topics) <= _MAX_TOPICS:
        raise InvalidRequestError(f"topics: one to {_MAX_TOPICS} of {', '.join(_ROLES)}")
    for topic in topics:
        kind, separator, object_id = topic.partition(":")
        if kind not in _ROLES or bool(separator) != (kind == "station") or (separator and not object_id):
            raise InvalidRequestError(f"topics: {', '.join(_ROLES)} are known; station as station:ID")
        if not viewer.has(*_ROLES[kind]):
            raise ForbiddenError("a topic needs another role")
    return topics
