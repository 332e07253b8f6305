"""New devices, their assignment, and clocks that are off; for the administrator and maintenance."""

from fastapi import APIRouter
from starlette.responses import Response

from dashboard.devices.actions import Assignment, DeviceActions
from dashboard.devices.models import ClockRow, NewDevice
from dashboard.devices.view import DeviceViews
from dashboard.web.replies import Limit, Listing, reply
from dashboard.web.security.access import Keeper
from dashboard.web.services import ServicesDep
from heating.assets import SensorAssignment

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["devices"])


@router.get("/devices/unknown", response_model=Listing[NewDevice])
def unknown_devices(
    viewer: Keeper, services: ServicesDep, assigned: bool = False, limit: Limit = 200
) -> Response:
    """Devices that send and that the registry does not know; with `assigned` those that it knows since."""
    return reply(Listing(services[DeviceViews].new_devices(viewer, assigned=assigned, limit=limit)))


@router.post("/devices/unknown/assign", response_model=SensorAssignment)
def assign_device(body: Assignment, viewer: Keeper, services: ServicesDep) -> Response:
    """Let a device measure a home; its kept messages are stored within seconds, history stays as it was."""
    return reply(services[DeviceActions].assign(viewer, body))


@router.get("/devices/clocks", response_model=Listing[ClockRow])
def device_clocks(viewer: Keeper, services: ServicesDep, limit: Limit = 100) -> Response:
    """Devices whose clocks are more than a minute off, the worst first."""
    return reply(Listing(services[DeviceViews].clocks(viewer, limit=limit)))
