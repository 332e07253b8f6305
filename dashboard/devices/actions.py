"""New devices and clocks: what is shown of them, and assigning a device to a home."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.web.refusals import NotVisibleError
from dashboard.web.security.viewer import Viewer
from heating.assets import SensorAssignment
from heating.clock import Clock
from storage.records.device_values import UnknownDevice, UnknownDeviceError
from storage.records.records import Records
from storage.records.registry import UnknownHouseholdError

__all__ = ["ClockRow", "DeviceDesk", "NewDevice"]

LEAST_SKEW_MS = 60_000
"""Clocks nearer than this are no news [ms]."""
SHOWN_BYTES = 1_000
"""Bytes of a last message that are shown [bytes]."""
_LOOKED_THROUGH = 2_000
"""Devices among which one is looked for, those heard last first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A device that the registry does not know."""

    device_id: str
    topic: str
    family: str
    """Guess of the payload family."""
    kind: str
    """Guess: room, station, building, source, weather, heat_meter or unknown."""
    messages: int
    first_seen: datetime
    last_seen: datetime
    last_message: str
    """The beginning of the last message; what is no text as pairs of hexadecimal digits."""
    household_id: str | None
    """Home it was assigned to."""
    assigned_at: datetime | None
    replayed_at: datetime | None
    """When its kept messages had been stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """A device whose clock is off."""

    measurement: str
    object_id: str
    skew_s: float
    """Median of received minus measured [s]; positive: the clock is behind."""
    readings: int
    updated_at: datetime


class DeviceDesk:
    """Reads and assigns within the areas of who asks.

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

    def new_devices(self, viewer: Viewer, *, assigned: bool = False, limit: int = 200) -> list[NewDevice]:
        """Return devices that the registry does not know (or those assigned lately), heard last first.

        Who is bound to areas sees those whose topics name one of them.
        """
        found = self._records.devices.unknown(area_ids=viewer.area_ids, assigned=assigned, limit=limit)
        return [_shown(one) for one in found]

    def new_device(self, viewer: Viewer, device_id: str) -> NewDevice | None:
        """Return one device of the list, assigned or not; None when it is not among those heard lately."""
        for assigned in (False, True):
            found = self._records.devices.unknown(
                area_ids=viewer.area_ids, assigned=assigned, limit=_LOOKED_THROUGH
            )
            for one in found:
                if one.device_id == device_id:
                    return _shown(one)
        return None

    def clocks(self, viewer: Viewer, *, limit: int = 100) -> list[ClockRow]:
        """Return the worst clocks, over a minute off; only for who sees all areas."""
        if viewer.area_ids is not None:
            return []
        return [
            ClockRow(
                measurement=one.ref.measurement.value,
                object_id=one.ref.object_id,
                skew_s=one.skew_ms / 1000.0,
                readings=one.readings,
                updated_at=one.updated_at,
            )
            for one in self._records.devices.clocks(least_ms=LEAST_SKEW_MS, limit=limit)
        ]

    def assign(
        self,
        viewer: Viewer,
        device_id: str,
        household_id: str,
        *,
        start: datetime | None = None,
        keep_other: bool = False,
    ) -> SensorAssignment:
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
                device_id,
                household_id,
                start=start or now,
                by=viewer.username,
                now=now,
                keep_other=keep_other,
                area_ids=viewer.area_ids,
            )
        except (UnknownDeviceError, UnknownHouseholdError) as error:
            raise NotVisibleError(str(error)) from error
        self._records.audit.append(
            viewer.username,
            "device.assigned",
            device_id,
            {"household_id": household_id, "start": made.start.isoformat()},
            at=now,
        )
        return made


def _readable(payload: bytes) -> str:
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":
            return payload.hex(" ")
        text = payload[: error.start].decode("utf-8")  # cut inside a character
    plain = text.replace("\n", " ").replace("\r", " ").replace("\t", " ")
    return text if plain.isprintable() else payload.hex(" ")


def _shown(one: UnknownDevice) -> NewDevice:
    return NewDevice(
        device_id=one.device_id,
        topic=one.topic,
        family=one.family,
        kind=one.kind,
        messages=one.messages,
        first_seen=one.first_seen,
        last_seen=one.last_seen,
        last_message=_readable(one.last_payload[:SHOWN_BYTES]),
        household_id=one.household_id,
        assigned_at=one.assigned_at,
        replayed_at=one.replayed_at,
    )
