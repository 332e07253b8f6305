"""From the opened telegram of an M-Bus meter, wired or by radio, to rows: what both families share.

What does not live here: frames and keys (`collector.decoders.meters.mbus_wired`, `collector.decoders.meters.wmbus`).
"""

from dataclasses import replace

from collector.decoders.civil_time import loose_time_ms
from collector.decoders.foreign import FamilyOptions, ForeignRows
from collector.decoders.meters.heat_meter import MeterField, as_fields
from collector.decoders.meters.mbus_records import read_records
from collector.decoders.meters.mbus_transport import HEAT_DEVICE_TYPES, Transport, TransportFault
from collector.messages.decoded import Reason
from heating.protocols import RawMessage
from heating.quality import Quality

__all__ = ["add_meter", "reject_fault"]

ROOM_DEVICE_TYPE = 0x1B
"""Device type of room sensors."""
LOW_POWER = 0x04
PERMANENT_ERROR = 0x08
TEMPORARY_ERROR = 0x10
_HEAT_ROLES = frozenset({"heat_total", "heat_rate", "volume_total", "flow", "supply_temp", "return_temp"})


def add_meter(
    rows: ForeignRows, place: int, message: RawMessage, transport: Transport, options: FamilyOptions
) -> None:
    """Take the records of a telegram.

    Energy, flow and temperatures get canonical points only when the meter is one of heat; the meter's own clock is
    the measured time, arrival time where it sends none.
    """
    if transport.address is None:
        rows.reject(place, Reason.WRONG_TYPE, "the telegram names no meter")
        return
    address = transport.address
    target = rows.target(place, address.number)
    if target is None:
        return
    found = read_records(transport.records)
    for note in found.notes:
        rows.note(f"{address.number}: {note}")
    if not found.fields:
        rows.reject(place, Reason.NOT_TELEMETRY, f"no readable records from the meter {address.number}")
        return
    values = found.fields
    if address.device_type not in HEAT_DEVICE_TYPES:
        values = [replace(item, role="") if item.role in _HEAT_ROLES else item for item in values]
    values = [*values, *_status_fields(transport.status)]
    measured_ms = loose_time_ms(found.date_time, options.zone)
    values.append(MeterField("manufacturer", address.manufacturer))
    values.append(MeterField("device_type", float(address.device_type)))
    fields = as_fields(values, target.ref.measurement)
    rows.add(place, message, address.number, fields, measured_ms=measured_ms)


def reject_fault(rows: ForeignRows, place: int, fault: TransportFault) -> None:
    """Reject a telegram with its reason; an unknown meter is named too, it may only lack its key."""
    if fault.address is not None and fault.reason is Reason.WRONG_TYPE:
        rows.target(place, fault.address.number)
    rows.reject(place, fault.reason, fault.detail)


def _status_fields(status: int | None) -> list[MeterField]:
    """Return what the status byte says (EN 13757-3, table of the status field)."""
    if status is None:
        return []
    return [
        MeterField("status", float(status)),
        MeterField("low_battery", bool(status & LOW_POWER), role="low_battery"),
        MeterField(
            "permanent_error", bool(status & PERMANENT_ERROR), role="sensor_fault", quality=Quality.GOOD
        ),
        MeterField("temporary_error", bool(status & TEMPORARY_ERROR)),
    ]
