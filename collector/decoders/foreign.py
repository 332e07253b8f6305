"""Readings of devices that speak under their own ids and field names, turned into rows of canonical points.

What lives here: what a device map answers (`DeviceMap`, `DeviceTarget`, `PointRule`), what a factory of a family gets
(`FamilyOptions`), and `ForeignRows`, the one way from (device, fields, time) to rows and extra values. What does not:
the files of device maps (`collector.devices.device_map`) and any payload format.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from collector.decoders.memory import DecoderMemory, NoDecoderMemory
from collector.decoders.numbers import finite_number, is_absent, number_of, quantity_of
from collector.decoders.power_on import PowerOnWatch
from collector.messages.decoded import Decoded, ExtraValue, NamedDevice, Reason, SampleRows
from config.settings.own_json import OwnJsonSettings
from heating.points import POINT_INDEX, POINTS, Measurement, zone_of_point
from heating.protocols import RawMessage
from heating.quality import Quality
from heating.quantities import Unit, UnknownConversionError, to_canonical
from heating.samples import ObjectRef

__all__ = [
    "DeviceMap",
    "DeviceTarget",
    "FamilyOptions",
    "Field",
    "ForeignRows",
    "Hints",
    "NoDeviceMap",
    "PointRule",
    "RecordedFamilies",
]

MAX_FIELDS = 500
"""Fields of one reading that are looked at; a rejection counts the rest: keeps bad input below 10 ms."""
MAX_NAME_CHARACTERS = 128
"""Longest device id that is accepted, and longest field name that is kept [characters]."""
MAX_TEXT_CHARACTERS = 200
"""Text values are cut to this length [characters]."""

_JUDGED: Final = frozenset({"room_temp_c", "room_humidity_pct"})
"""Points whose quality suffers when the device says that it is faulty or was moved."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a device under the device's own name."""

    name: str
    """The device's name of it, for example ``TempC_SHT``."""
    value: float | bool | str | None
    """In `unit`; None: the device sent null."""
    unit: str = ""
    """Unit of the value; empty: none, or not known."""
    point: str | None = None
    """Canonical point the family proposes; a device map may say otherwise."""
    quality: int = Quality.GOOD
    """Code of `heating.quality.Quality` the family gives it."""


@dataclass(frozen=True, slots=True)
class PointRule:
    """What a device map makes of one field: ``value · scale + offset`` in `unit` is the canonical point."""

    point: str
    """Canonical name; at a station with several circuits with ``@`` and the zone of one."""
    unit: str | None = None
    """Unit of the scaled value; None: as the family says, and without that the canonical unit."""
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class DeviceTarget:
    """What a foreign device is to us."""

    ref: ObjectRef
    """The sensor, station, building … it speaks for."""
    points: Mapping[str, PointRule] = field(default_factory=lambda: MappingProxyType({}))
    """Rule by the device's own field name; goes before the proposal of the family."""
    codec: str | None = None
    """Payload codec of the device, for families that carry bare bytes."""
    point_map: str | None = None
    """Name of a shared point map, for families that use one."""


class DeviceMap(Protocol):
    """Joins foreign device ids to objects."""

    def target(self, device: str) -> DeviceTarget | None:
        """Return what a device is, None when the map does not know it."""
        ...


class NoDeviceMap:
    """A route without a map."""

    def target(self, device: str) -> DeviceTarget | None:
        """Know nobody."""
        del device
        return None


class RecordedFamilies(Protocol):
    """What the registry records of ids: `collector.messages.known_objects.KnownObjects`."""

    def family_of(self, device: str) -> str | None:
        """Return the payload family under which an id is registered, None for an id that nothing bears."""
        ...

    def circuit_of(self, station_id: str, zone: str) -> str | None:
        """Return the circuit of a zone of a station, None when the registry has none."""
        ...


@dataclass(frozen=True, slots=True)
class Hints:
    """What `nuanliu decode` gets beside the payload; in the collector all of it is empty."""

    key: bytes | None = None
    """AES key of the device."""
    f_port: int | None = None
    """LoRaWAN port."""
    vendor: str | None = None
    """Maker of the device."""
    codec: str | None = None
    """Name of the payload codec."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyOptions:
    """What the factory of a payload family gets."""

    max_payload_bytes: int = 262_144
    """Longer payloads are rejected as too_big without a look inside [bytes]."""
    devices: DeviceMap = field(default_factory=NoDeviceMap)
    """The device map of the route."""
    unmapped_pass: bool = True
    """Devices in no map pass under their own id (`nuanliu decode`); in a collector only those of `recorded` do."""
    recorded: RecordedFamilies | None = None
    """Whom the registry records as a device of which family; None: nobody. Not asked when `unmapped_pass`."""
    hints: Hints = field(default_factory=Hints)
    """What was given beside the payload."""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    """Zone of device clocks that name none."""
    power_on: PowerOnWatch = field(default_factory=PowerOnWatch)
    """Doubts the value that one-wire probes show after power on."""
    memory: DecoderMemory = field(default_factory=NoDecoderMemory)
    """What was learned before a restart."""
    own_json: OwnJsonSettings = field(default_factory=OwnJsonSettings)
    """Where messages of the route keep what `modbus_json` looks for; under the usual names when empty."""


class ForeignRows:
    """Collects the readings of one call of `Decoder.decode`.

    Parameters
    ----------
    family
        Name of the payload family, for rejections.
    options
        Device map and what becomes of devices in no map.
    default
        Measurement of devices in no map.
    """

    __slots__ = ("_default", "_family", "_options", "notes", "rows")

    def __init__(
        self, family: str, options: FamilyOptions, *, default: Measurement = Measurement.ROOM
    ) -> None:
        self._family = family
        self._options = options
        self._default = default
        self.rows = SampleRows()
        """The rows so far."""
        self.notes: list[str] = []
        """Remarks for people."""

    def target(self, message: int, device: str) -> DeviceTarget | None:
        """Return what a device is; None after a rejection."""
        if not 0 < len(device) <= MAX_NAME_CHARACTERS or not device.isprintable() or "\ufffd" in device:
            self.rows.reject(message, Reason.WRONG_TYPE, f"no device id: {device[:40]!r}")
            return None
        found = self._options.devices.target(device)
        if found is not None:
            return found
        if self._options.unmapped_pass:
            return DeviceTarget(ObjectRef(self._default, device))
        return self._recorded(message, device)

    def known(self, device: str) -> ObjectRef | None:
        """Return the object that a device speaks for by map or registry; None when neither names one."""
        found = self._options.devices.target(device)
        if found is not None:
            return found.ref
        recorded = self._options.recorded
        known = recorded is not None and recorded.family_of(device) == self._family
        return ObjectRef(Measurement.ROOM, device) if known else None

    def _recorded(self, message: int, device: str) -> DeviceTarget | None:
        """Return the sensor that a device in no map was assigned as; nobody speaks for what is registered otherwise."""
        recorded = self._options.recorded
        family = None if recorded is None else recorded.family_of(device)
        if family == self._family:
            return DeviceTarget(ObjectRef(Measurement.ROOM, device))
        if family is None:
            named = (NamedDevice(self._family, device),)
            self.rows.reject(message, Reason.UNKNOWN_DEVICE, f"{self._family} {device}", devices=named)
        else:
            detail = f"{device} is registered as {family}, not as {self._family}: join it by the device map"
            self.rows.reject(message, Reason.TOPIC_MISMATCH, detail)
        return None

    def reject(self, message: int, reason: Reason, detail: str = "") -> None:
        """Note a rejection."""
        self.rows.reject(message, reason, detail)

    def note(self, text: str) -> None:
        """Note a remark for people."""
        self.notes.append(text)

    def add(
        self,
        place: int,
        message: RawMessage,
        device: str,
        fields: Iterable[Field],
        *,
        measured_ms: int | None,
        backfilled: bool = False,
        prompt: bool = False,
    ) -> None:
        """Take the fields that one device measured at one time.

        Parameters
        ----------
        place
            Place of the message in the batch.
        message
            The message.
        device
            Foreign id of the device.
        fields
            What it measured; the first field of a point wins, others of it become extra values.
        measured_ms
            When [epoch ms UTC]; None: arrival time, with quality uncertain_time.
        backfilled
            Whether the device says that this is history.
        prompt
            Whether a live message of this kind is sent the moment it becomes true (a last will): its arrival is no
            uncertain time then.
        """
        target = self.target(place, device)
        if target is None:
            return
        listed = list(fields)
        if len(listed) > MAX_FIELDS:
            self.reject(place, Reason.TOO_BIG, f"{len(listed) - MAX_FIELDS} fields beyond {MAX_FIELDS}")
            del listed[MAX_FIELDS:]
        if backfilled:
            listed.append(Field("backfilled", True, "", "backfilled"))
        if not listed:
            self.reject(place, Reason.NOT_TELEMETRY, "no readings")
            return
        if target.points:
            listed.sort(key=lambda item: item.name not in target.points)
        t_ms = message.received_ms if measured_ms is None else measured_ms
        doubtful = measured_ms is None and (message.retained or not prompt)
        floor = Quality.UNCERTAIN_TIME if doubtful else Quality.GOOD
        for own, part in self._by_circuit(place, target, listed):
            count = self._append(place, own, part, t_ms=t_ms, floor=floor)
            if count:
                seat = self.rows.place_of(own.ref, None)
                self.rows.close_reading(place, seat, measured_ms, message.received_ms, count)

    def _by_circuit(
        self, place: int, target: DeviceTarget, fields: list[Field]
    ) -> Iterator[tuple[DeviceTarget, list[Field]]]:
        """Yield what the device speaks for, with the fields of each: itself, and circuits that its points name by zone."""
        parts: dict[str, list[Field]] = {}
        for item in fields:
            rule = target.points.get(item.name)
            name = rule.point if rule is not None else item.point
            parts.setdefault("" if name is None else zone_of_point(name)[1], []).append(item)
        for zone, part in parts.items():
            if not zone:
                yield target, part
                continue
            circuit = self._circuit(target.ref.object_id, zone)
            if circuit is None:
                detail = f"station {target.ref.object_id} has no circuit {zone}"
                self.reject(place, Reason.UNKNOWN_POINT, detail)
                continue
            rules = {
                name: replace(rule, point=zone_of_point(rule.point)[0])
                for name, rule in target.points.items()
                if zone_of_point(rule.point)[1] == zone
            }
            bare = [
                item if item.point is None else replace(item, point=zone_of_point(item.point)[0])
                for item in part
            ]
            yield replace(target, ref=ObjectRef(Measurement.CIRCUIT, circuit), points=rules), bare

    def _circuit(self, station_id: str, zone: str) -> str | None:
        recorded = self._options.recorded
        # Without a registry (`nuanliu decode`) the zone stands for the circuit.
        return f"{station_id}@{zone}" if recorded is None else recorded.circuit_of(station_id, zone)

    def _append(self, place: int, target: DeviceTarget, fields: list[Field], *, t_ms: int, floor: int) -> int:
        """Add the rows that points cover, keep the other fields as extra values; return the number of rows."""
        marks = _Marks.of(fields)
        named = {rule.point for rule in target.points.values()}
        taken: set[int] = set()
        for item in fields:
            if item.point in named and item.name not in target.points:
                item = replace(item, point=None)  # the map says which field is the point: no other one is
            row = _row_of(item, target)
            if row is None or row[0] in taken:
                name, quality = item.name[:MAX_NAME_CHARACTERS], max(item.quality, floor)
                value, device = _shown(item.value), target.ref.object_id
                if value is None and item.value is not None:
                    self.reject(place, Reason.RANGE, f"{item.name[:40]} is beyond all numbers")
                self.rows.extras.append(ExtraValue(place, device, name, t_ms, value, item.unit, quality))
                continue
            point, number = row
            taken.add(point)
            quality = max(item.quality, floor, marks.quality(point, number))
            if number is not None and POINTS[point].unit is Unit.CELSIUS and not marks.stored:
                power_on = self._options.power_on
                quality = max(quality, power_on.quality(target.ref.object_id, point, number))
            if quality:
                self.rows.quality[len(self.rows.value)] = quality
            self.rows.point.append(point)
            self.rows.value.append(number)
        return len(taken)

    def finish(self) -> Decoded:
        """Return what was collected."""
        return self.rows.finish(self.notes)


def _row_of(item: Field, target: DeviceTarget) -> tuple[int, float | None] | None:
    """Return the point and its canonical value; None when no point covers the field."""
    rule = target.points.get(item.name)
    name = rule.point if rule is not None else item.point
    point = None if name is None else POINT_INDEX.get((target.ref.measurement, name))
    if point is None:
        return None
    number, unit = number_of(item.value, words=False), item.unit
    if number is None:
        return (point, None) if is_absent(item.value) else None
    if not unit and isinstance(item.value, str):
        unit = (quantity_of(item.value) or (0.0, ""))[1]
    if rule is not None:
        number = number * rule.scale + rule.offset
        unit = rule.unit or unit or POINTS[point].unit.value
    canonical = POINTS[point].unit
    if unit == canonical:
        return point, number
    try:
        return point, float(f"{to_canonical(number, unit=unit, canonical=canonical):.12g}")
    except UnknownConversionError:
        return None


@dataclass(frozen=True, slots=True)
class _Marks:
    """What the fields of one reading say about each other."""

    flagged: int
    """Quality by the device's flags."""
    silent: bool
    """Temperature and humidity are both 0: a probe that did not answer, read as zeros."""
    stored: bool
    """The reading is history."""

    @classmethod
    def of(cls, fields: Sequence[Field]) -> "_Marks":
        zero = {
            item.point for item in fields if item.point in _JUDGED and number_of(item.value, words=False) == 0
        }
        stored = any(item.point == "backfilled" and item.value for item in fields)
        return cls(_quality_by_flags(fields), len(zero) == len(_JUDGED), stored)

    def quality(self, point: int, number: float | None) -> int:
        """Return the quality of a value at a point."""
        if number is None:
            return Quality.BAD
        if POINTS[point].name not in _JUDGED:
            return Quality.GOOD
        return max(self.flagged, Quality.BAD_SENTINEL) if self.silent and number == 0 else self.flagged


def _quality_by_flags(fields: Iterable[Field]) -> int:
    """Return what the flags of a reading say about its other values."""
    raised = {item.point for item in fields if item.value and item.point in ("sensor_fault", "sensor_moved")}
    if "sensor_fault" in raised:
        return Quality.BAD_SENSOR_FAULT
    return Quality.UNCERTAIN_MOVED if "sensor_moved" in raised else Quality.GOOD


def _shown(value: float | bool | str | None) -> float | bool | str | None:
    """Return a value that JSON can carry."""
    if isinstance(value, str):
        return value[:MAX_TEXT_CHARACTERS]
    if value is None or isinstance(value, bool):
        return value
    return finite_number(value)
