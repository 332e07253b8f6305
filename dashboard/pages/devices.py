"""The page of devices: those that the registry does not know, assigning one to a home, and clocks that are off."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from dashboard.localisation import N_
from dashboard.pages.context import page_response, reader_of
from dashboard.queries.filters import NotVisibleError
from dashboard.security.access import require
from dashboard.security.viewer import KEEPERS, Viewer
from dashboard.services import Services, ServicesDep
from storage.records.device_values import AssignmentConflictError

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

Keeper = Annotated[Viewer, Depends(require(*KEEPERS))]

_KINDS = {
    "room": N_("室温传感器"),
    "station": N_("换热站网关"),
    "building": N_("楼栋网关"),
    "source": N_("热源"),
    "weather": N_("气象站"),
    "heat_meter": N_("热量表"),
    "unknown": N_("未知类型"),
}
_NO_HOME = N_("没有这个住户编号，或不在您的范围内。")
_CONFLICT = N_("这个时间会改动已有的测量归属，请选更晚的开始时间。")


@router.get("/devices")
def devices(request: Request, viewer: Keeper, services: ServicesDep, done: str = "") -> Response:
    """Show new devices, those assigned lately, and the worst clocks; `done` is the device just assigned."""
    return _page(request, viewer, services, done=done[:80])


@router.post("/devices/assign")
def assign(
    request: Request,
    viewer: Keeper,
    services: ServicesDep,
    device_id: Annotated[str, Form(max_length=128)],
    household_id: Annotated[str, Form(max_length=128)],
    start: Annotated[str, Form(pattern=r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})?$")] = "",
) -> Response:
    """Assign a device to a home from a moment of the site's clock on, now when none is given."""
    zone = ZoneInfo(services.settings.site.time_zone)
    try:
        moment = datetime.fromisoformat(start).replace(tzinfo=zone) if start else None
        services.device_desk.assign(viewer, device_id, household_id.strip(), start=moment)
    except ValueError:
        return _page(request, viewer, services, notice=_CONFLICT, status=422)
    except NotVisibleError:
        return _page(request, viewer, services, notice=_NO_HOME, status=404)
    except AssignmentConflictError:
        return _page(request, viewer, services, notice=_CONFLICT, status=409)
    return RedirectResponse(f"/devices?done={device_id}", 303)


def _page(
    request: Request,
    viewer: Viewer,
    services: Services,
    *,
    done: str = "",
    notice: str = "",
    status: int = 200,
) -> Response:
    desk = services.device_desk
    reader = reader_of(request, viewer)
    assigned = desk.new_devices(viewer, assigned=True, limit=50)
    known = {one.device_id for one in assigned}
    return page_response(
        request,
        viewer,
        "admin/devices.html",
        status=status,
        devices=desk.new_devices(viewer),
        assigned=assigned,
        clocks=desk.clocks(viewer),
        kinds={code: reader.text(label) for code, label in _KINDS.items()},
        done=done if done in known else "",
        notice=reader.text(notice) if notice else "",
    )
