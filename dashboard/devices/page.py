"""The pages of devices: those that the registry does not know, giving one to a home, and clocks that are off."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from dashboard.devices.actions import Assignment, DeviceActions
from dashboard.devices.homes import homes_to_choose, measured_homes
from dashboard.devices.models import NewDevice
from dashboard.devices.view import DeviceViews
from dashboard.homes.view import HouseholdViews
from dashboard.site.index import SiteSource
from dashboard.web.context import page_response, reader_of
from dashboard.web.languages import N_
from dashboard.web.refusals import NotVisibleError, UnfitActionError
from dashboard.web.security.access import Keeper
from dashboard.web.security.viewer import CLERKS, Viewer
from dashboard.web.services import Services, ServicesDep
from storage.records.device_values import AssignmentConflictError

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


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
_NO_START = N_("请填写开始时间。")
_CONFLICT = N_("这个时间会改动已有的测量归属，请选更晚的开始时间。")
_FRESH = timedelta(days=1)
"""A device heard for longer may have lain in a store room: its first message is no longer proposed as the start."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the form of an assignment says."""

    device_id: Annotated[str, Form(max_length=128)]
    household_id: Annotated[str, Form(max_length=128)]
    begin: Annotated[str, Form(pattern="^(first|now|at)?$")] = ""
    """From the first message, from now, or from `start`; empty: from `start` when it is given, else from now."""
    start: Annotated[str, Form(pattern=r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})?$")] = ""
    """By the site's clock."""
    keep_other: Annotated[bool, Form()] = False
    q: Annotated[str, Form(max_length=80)] = ""
    """The search it came from."""


@router.get("/devices")
def devices(request: Request, viewer: Keeper, services: ServicesDep, done: str = "") -> Response:
    """Show new devices, those assigned lately, and the worst clocks; `done` is the device just assigned."""
    views = services[DeviceViews]
    reader = reader_of(request, viewer)
    assigned = views.new_devices(viewer, assigned=True, limit=50)
    clocks = views.clocks(viewer)
    index = services[SiteSource].current()
    names = [done[:128], *(one.device_id for one in assigned), *(one.object_id for one in clocks)]
    return page_response(
        request,
        viewer,
        "devices/devices.html",
        devices=views.new_devices(viewer),
        assigned=assigned,
        clocks=clocks,
        homes=measured_homes(index, names),
        stations=index.stations,
        kinds={code: reader.text(label) for code, label in _KINDS.items()},
        everywhere=viewer.area_ids is None,
        may_open_homes=viewer.has(*CLERKS),
        done=done[:128],
    )


@router.get("/devices/assign")
def choose_home(
    request: Request,
    viewer: Keeper,
    services: ServicesDep,
    device: Annotated[str, Query(max_length=128)],
    q: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Show a device and the homes that a search means, to give it to one of them."""
    return _choice(request, viewer, services, device.strip(), q)


@router.post("/devices/assign")
def assign(
    request: Request, viewer: Keeper, services: ServicesDep, wish: Annotated[Wish, Depends()]
) -> Response:
    """Assign a device to a home from a moment on, now when none is given."""
    try:
        start = _start(wish, viewer, services)
        if start is not None or wish.begin != "at":
            wanted = Assignment(
                device_id=wish.device_id,
                household_id=wish.household_id.strip(),
                start=start,
                keep_other=wish.keep_other,
            )
            services[DeviceActions].assign(viewer, wanted)
            return RedirectResponse(f"/devices?done={quote(wish.device_id, safe='')}", 303)
        notice, status = _NO_START, 422
    except UnfitActionError:
        notice, status = _NO_START, 422
    except (NotVisibleError, ValidationError):
        notice, status = _NO_HOME, 404
    except AssignmentConflictError:
        notice, status = _CONFLICT, 409
    return _choice(request, viewer, services, wish.device_id, wish.q, notice=notice, status=status)


def _start(wish: Wish, viewer: Viewer, services: Services) -> datetime | None:
    if wish.begin == "first":
        device = services[DeviceViews].new_device(viewer, wish.device_id)
        return None if device is None else _first_minute(device)
    if wish.begin == "now" or not wish.start:
        return None
    try:
        local = datetime.fromisoformat(wish.start)
    except ValueError as error:
        raise UnfitActionError("the start is no date with a time") from error
    return local.replace(tzinfo=ZoneInfo(services.settings.site.time_zone))


def _first_minute(device: NewDevice) -> datetime:
    """Return the minute of the first message: its reading was measured a little before it arrived."""
    return device.first_seen.replace(second=0, microsecond=0)


def _choice(
    request: Request,
    viewer: Viewer,
    services: Services,
    device_id: str,
    text: str,
    *,
    notice: str = "",
    status: int = 200,
) -> Response:
    reader = reader_of(request, viewer)
    device = services[DeviceViews].new_device(viewer, device_id)
    index = services[SiteSource].current()
    if device is None and (viewer.area_ids is not None or device_id not in index.sensors):
        raise NotVisibleError(f"no new device and no sensor {device_id!r}")
    now = services.clock.now()
    waiting = device if device is not None and device.household_id is None else None
    return page_response(
        request,
        viewer,
        "devices/assign.html",
        status=status,
        device_id=device_id,
        device=device,
        first=None if waiting is None else _first_minute(waiting),
        first_proposed=waiting is not None and now - waiting.first_seen <= _FRESH,
        measured=measured_homes(index, [device_id]).get(device_id),
        kinds={code: reader.text(label) for code, label in _KINDS.items()},
        text=text.strip(),
        homes=homes_to_choose(services[HouseholdViews], index, viewer, text),
        notice=reader.text(notice) if notice else "",
    )
