"""Backup, export and state of the store of readings; used by the commands ``nuanliu backup`` and ``nuanliu store``.

Beside them what is kept about a home, for administrators.

Folders are named on the machine of the service. Therefore nobody who signs in over the network may name one: the
routes that write ask for the token of this run, which only who can read the service's private file knows.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from dashboard.administration.desk import StoreDesk
from dashboard.administration.household_export import HouseholdExports
from dashboard.web.refusals import InvalidRequestError
from dashboard.web.replies import PlainText, reply
from dashboard.web.security.access import Access
from dashboard.web.security.viewer import Role, Viewer
from dashboard.web.services import ServicesDep, services_of
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import HealthStatus

__all__ = ["OPERATOR", "router"]

router = APIRouter(prefix="/api/v1/admin", tags=["administration"])

OPERATOR = Viewer(username="local operator", roles=frozenset({"operator", Role.ADMIN.value}), by_token=True)
"""Who holds the token of this run: whoever may read the files of the service."""


class RunTokenAccess(Access):
    """Admits, besides those with the roles, who holds the token of this run."""

    async def __call__(self, request: Request) -> Viewer | None:
        """Return the viewer, or raise as `Access` does."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        ours = services_of(request)[StoreDesk].token
        if scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), ours.encode()):
            request.state.viewer = OPERATOR
        return await super().__call__(request)


Operator = Annotated[Viewer, Depends(RunTokenAccess(roles=("operator",)))]
"""Parameter of a route for who runs the machine."""
Administrator = Annotated[Viewer, Depends(RunTokenAccess(roles=(Role.ADMIN,)))]
"""Parameter of a route for administrators and who runs the machine."""


class BackupOrder(BaseModel):
    """A backup to be made."""

    model_config = ConfigDict(extra="forbid")

    folder: PlainText = Field(
        min_length=1, description="New or empty folder on the service's machine, absolute."
    )
    config_file: PlainText | None = Field(None, description="Settings file to be copied too, absolute.")


class ExportOrder(BaseModel):
    """Days of readings to be written as Parquet."""

    model_config = ConfigDict(extra="forbid")

    folder: PlainText = Field(min_length=1, description="Folder on the service's machine, absolute.")
    first: date
    """First UTC day."""
    last: date
    """Last UTC day."""
    measurements: tuple[Measurement, ...] = Field(tuple(Measurement), min_length=1)


class StoreState(BaseModel):
    """The store of readings."""

    status: HealthStatus
    reason: str
    figures: dict[str, float]


class HouseholdExport(BaseModel):
    """What the records keep about a home; readings are found by the sensors and their times."""

    household_id: str
    address: dict[str, object]
    registry: dict[str, object] | None
    """Null for a home that left the registry."""
    contact: dict[str, str] | None
    sensors: list[dict[str, object]]
    accounts: list[dict[str, object]]
    tickets: list[dict[str, object]]
    """Each with its ``history``."""
    seen_by: list[dict[str, object]]
    """Who looked at the home, newest first."""


@router.post("/backup")
def back_up(body: BackupOrder, viewer: Operator, services: ServicesDep) -> Response:
    """Make a backup. One JSON line a piece of news; the last has ``result`` (files) or ``error``."""
    config_file = _absolute(body.config_file) if body.config_file else None
    return _lines(services[StoreDesk].back_up(viewer, _absolute(body.folder), config_file=config_file))


@router.post("/export")
def export(body: ExportOrder, viewer: Operator, services: ServicesDep) -> Response:
    """Export raw readings. One JSON line a piece of news; the last has ``result`` (rows) or ``error``."""
    if body.last < body.first:
        raise InvalidRequestError("last lies before first")
    begin, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (body.first, body.last))
    window = Interval(begin, end + timedelta(days=1))
    folder = _absolute(body.folder)
    return _lines(services[StoreDesk].export(viewer, folder, window=window, measurements=body.measurements))


@router.get("/store", response_model=StoreState)
def store(viewer: Administrator, services: ServicesDep) -> Response:
    """State and figures of the store of readings."""
    health = services[StoreDesk].health()
    return reply({"status": health.status, "reason": health.reason, "figures": dict(health.figures)})


@router.get("/households/{household_id}/export", response_model=HouseholdExport)
def household_export(household_id: str, viewer: Administrator, services: ServicesDep) -> Response:
    """Everything that is kept about a home, for the people who live there; audited."""
    return reply(services[HouseholdExports].of_home(viewer, household_id))


def _absolute(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise InvalidRequestError("folders and files are named by absolute paths")
    return path


def _lines(news: Iterable[Mapping[str, object]]) -> Response:
    def written() -> Iterator[bytes]:
        for line in news:
            yield orjson.dumps(line) + b"\n"

    return StreamingResponse(written(), media_type="application/x-ndjson")
