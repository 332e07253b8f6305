"""New devices, their assignment, and clocks that are off; for the administrator and maintenance."""

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from dashboard.devices.actions import ClockRow, DeviceDesk, NewDevice
from dashboard.web.replies import Limit, Listing, PlainText, reply
from dashboard.web.security.access import Keeper
from dashboard.web.services import ServicesDep
from heating.assets import SensorAssignment

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["devices"])


class Assignment(BaseModel):
    """A device for a home."""

    model_config = ConfigDict(extra="forbid")

    device_id: PlainText = Field(min_length=1, max_length=128)
    household_id: PlainText = Field(min_length=1, max_length=128)
    start: AwareDatetime | None = None
    """First moment; now when left out."""
    keep_other: bool = False
    """Other sensors of the home go on measuring it."""


@router.get("/devices/unknown", response_model=Listing[NewDevice])
def unknown_devices(
    viewer: Keeper, services: ServicesDep, assigned: bool = False, limit: Limit = 200
) -> Response:
    """Devices that send and that the registry does not know; with `assigned` those that it knows since."""
    return reply(Listing(services[DeviceDesk].new_devices(viewer, assigned=assigned, limit=limit)))


@router.post("/devices/unknown/assign", response_model=SensorAssignment)
def assign_device(body: Assignment, viewer: Keeper, services: ServicesDep) -> Response:
    """Let a device measure a home; its kept messages are stored within seconds, history stays as it was."""
    made = services[DeviceDesk].assign(
        viewer, body.device_id, body.household_id, start=body.start, keep_other=body.keep_other
    )
    return reply(made)


@router.get("/devices/clocks", response_model=Listing[ClockRow])
def device_clocks(viewer: Keeper, services: ServicesDep, limit: Limit = 100) -> Response:
    """Devices whose clocks are more than a minute off, the worst first."""
    return reply(Listing(services[DeviceDesk].clocks(viewer, limit=limit)))
