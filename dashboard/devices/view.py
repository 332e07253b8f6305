"""Devices that the registry does not know, and clocks that are off."""

from codecs import getincrementaldecoder

from dashboard.devices.models import ClockRow, NewDevice
from dashboard.web.security.viewer import Viewer
from storage.records.device_values import UnknownDevice
from storage.records.devices import DeviceRecords

__all__ = ["DeviceViews"]

LEAST_SKEW_MS = 60_000
"""Clocks nearer than this are no news [ms]."""
SHOWN_BYTES = 1_000
"""Bytes of a last message that are shown [bytes]."""
_LOOKED_THROUGH = 2_000
"""Devices among which one is looked for, those heard last first."""


class DeviceViews:
    """Builds the views of devices within the areas of the viewer.

    Parameters
    ----------
    devices : DeviceRecords
        Unknown devices and clocks.
    """

    def __init__(self, *, devices: DeviceRecords) -> None:
        self._devices = devices

    def new_devices(self, viewer: Viewer, *, assigned: bool = False, limit: int = 200) -> list[NewDevice]:
        """Return devices that the registry does not know (or those assigned lately), heard last first.

        Who is bound to areas sees those whose topics name one of them.
        """
        found = self._devices.unknown(area_ids=viewer.area_ids, assigned=assigned, limit=limit)
        return [_shown(one) for one in found]

    def new_device(self, viewer: Viewer, device_id: str) -> NewDevice | None:
        """Return one device of the list, assigned or not; None when it is not among those heard lately."""
        for assigned in (False, True):
            found = self._devices.unknown(area_ids=viewer.area_ids, assigned=assigned, limit=_LOOKED_THROUGH)
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
            for one in self._devices.clocks(least_ms=LEAST_SKEW_MS, limit=limit)
        ]


def _readable(payload: bytes) -> str:
    try:
        # Incremental, because the beginning of a message may end inside a character and is a text all the same.
        text = getincrementaldecoder("utf-8")().decode(payload)
    except UnicodeDecodeError:
        return payload.hex(" ")
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
