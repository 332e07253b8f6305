"""Let a device measure a home: one action for the JSON route and for the form of the page."""

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from dashboard.web.refusals import NotVisibleError
from dashboard.web.replies import Moment, PlainText
from dashboard.web.security.viewer import Viewer
from heating.assets import SensorAssignment
from heating.clock import Clock
from storage.records.device_values import UnknownDeviceError
from storage.records.records import Records
from storage.records.registry import UnknownHouseholdError

__all__ = ["Assignment", "DeviceActions"]


class Assignment(BaseModel):
    """A device for a home."""

    model_config = ConfigDict(extra="forbid")

    device_id: PlainText = Field(min_length=1, max_length=128)
    household_id: PlainText = Field(min_length=1, max_length=128)
    start: Moment | None = None
    """First moment; now when left out."""
    keep_other: StrictBool = False
    """Other sensors of the home go on measuring it."""


class DeviceActions:
    """Assigns devices within the areas of the viewer.

    Parameters
    ----------
    records : Records
        The list of devices, the registry and the audit.
    clock : Clock
        Times of assignments.
    """

    def __init__(self, *, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def assign(self, viewer: Viewer, request: Assignment) -> SensorAssignment:
        """Let a device measure a home from a moment on, now when none is given; noted in the audit.

        Raises
        ------
        dashboard.web.refusals.NotVisibleError
            When there is no such device or home, or it lies outside the viewer's areas.
        storage.records.device_values.AssignmentConflictError
            When it would change what was already measured.
        """
        now = self._clock.now()
        try:
            made = self._records.devices.assign(
                request.device_id,
                request.household_id,
                start=request.start or now,
                by=viewer.username,
                now=now,
                keep_other=request.keep_other,
                area_ids=viewer.area_ids,
            )
        except (UnknownDeviceError, UnknownHouseholdError) as error:
            raise NotVisibleError(str(error)) from error
        self._records.audit.append(
            viewer.username,
            "device.assigned",
            request.device_id,
            {"household_id": request.household_id, "start": made.start.isoformat()},
            at=now,
        )
        return made
