"""The canonical points: every quantity the system knows, with unit, plausible range and labels.

A point belongs to one measurement; its place in `POINTS` is its index, used in column arrays within one process
(never stored: stores and messages use names). The plausible range is what can be true of a working device: a value
outside it is kept with quality ``bad_range`` and never judged as a process state. Normal operating ranges and alarm
limits are configuration and live in rules and policies, not here. Source of names, labels and ranges: domain.md.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from heating.assets import Zone
from heating.point_table import POINT_TABLE
from heating.quantities import Unit

__all__ = [
    "CIRCULATION_PUMPS",
    "MAKEUP_PUMPS",
    "POINTS",
    "POINT_INDEX",
    "Measurement",
    "Point",
    "PointKind",
    "place_of_point",
    "point_named",
    "points_of",
    "zone_of_point",
]

_ZONES = frozenset(zone.value for zone in Zone)
CIRCULATION_PUMPS = (1, 2, 3, 4)
"""Numbers of circulation pumps a circuit may have."""
MAKEUP_PUMPS = (1, 2)
"""Numbers of make-up pumps a circuit may have."""


class Measurement(StrEnum):
    """What kind of object a series belongs to; the value is the name in the time-series store."""

    STATION = "station"
    CIRCUIT = "circuit"
    BUILDING = "building"
    SOURCE = "source"
    WEATHER = "weather"
    ROOM = "room"

    @property
    def tag(self) -> str:
        """Name of the tag that carries the object's id."""
        match self:
            case Measurement.WEATHER:
                return "site"
            case Measurement.ROOM:
                return "sensor"
            case _:
                return self.value


class PointKind(StrEnum):
    """How a value behaves."""

    GAUGE = "gauge"
    """A measured quantity; may rise and fall."""
    TOTAL = "total"
    """A register that only rises, save for resets."""
    SETPOINT = "setpoint"
    """A wanted value."""
    FLAG = "flag"
    """0 or 1."""
    MODE = "mode"
    """A small whole number with a meaning per device (control_mode: 0 local, 1 remote manual, 2 remote auto)."""


@dataclass(frozen=True, slots=True)
class Point:
    """One canonical point."""

    name: str
    """Canonical name with its unit suffix, for example ``secondary_supply_temp_c``; also the field name."""
    measurement: Measurement
    """The measurement it belongs to."""
    unit: Unit
    """Canonical unit of the value."""
    minimum: float
    """Lowest plausible value, in `unit`, inclusive."""
    maximum: float
    """Highest plausible value, in `unit`, inclusive."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    kind: PointKind = PointKind.GAUGE
    """How the value behaves."""
    symbol: str = ""
    """Short symbol used in rule texts and schematics, for example ``t2s``; empty when there is none."""


def _read_table() -> Iterator[Point]:
    numbers = {"circulation_pump_N": CIRCULATION_PUMPS, "makeup_pump_N": MAKEUP_PUMPS}
    for line in POINT_TABLE.strip().splitlines():
        columns = ["" if cell.strip() == "-" else cell.strip() for cell in line.split("|")]
        measurements = Measurement if columns[0] == "*" else tuple(map(Measurement, columns[0].split()))
        pumps = next((many for stem, many in numbers.items() if columns[1].startswith(stem)), None)
        for measurement in measurements:
            if pumps is None:
                yield _point(measurement, columns[1:])
            else:
                yield from (_point(measurement, _numbered(columns[1:], n)) for n in pumps)


def _numbered(columns: list[str], number: int) -> list[str]:
    return [re.sub(r"(?<![A-Za-z])N|N$", str(number), cell) for cell in columns]


def _point(measurement: Measurement, columns: list[str]) -> Point:
    name, unit, minimum, maximum, kind, symbol, label_zh, label_en = columns
    return Point(
        name=name,
        measurement=measurement,
        unit=Unit(unit),
        minimum=float(minimum),
        maximum=float(maximum),
        label_zh=label_zh,
        label_en=label_en,
        kind=PointKind(kind),
        symbol=symbol,
    )


POINTS: tuple[Point, ...] = tuple(_read_table())
"""Every canonical point, in a fixed order."""
POINT_INDEX: dict[tuple[Measurement, str], int] = {
    (point.measurement, point.name): index for index, point in enumerate(POINTS)
}
"""Place of each point in `POINTS`, by measurement and name (``outdoor_temp_c`` exists at stations and weather sites)."""


def point_named(measurement: Measurement, name: str) -> Point:
    """Return the point of a measurement by its canonical name.

    Raises
    ------
    KeyError
        When the measurement has no such point.
    """
    return POINTS[POINT_INDEX[measurement, name]]


def zone_of_point(name: str) -> tuple[str, str]:
    """Return the canonical name and the zone of a point as device maps and point maps write it; the zone may be empty.

    ``secondary_supply_temp_c@high`` is the supply temperature of the circuit of the high zone.
    """
    bare, _, zone = name.partition("@")
    return bare, zone


def place_of_point(measurement: Measurement, name: str) -> int | None:
    """Return the place in `POINTS` of a point as maps write it for devices of a measurement; None: there is no such point.

    A zone is known at stations only, and leads to a point of a circuit.
    """
    bare, zone = zone_of_point(name)
    if bare == name:
        return POINT_INDEX.get((measurement, name))
    if measurement is not Measurement.STATION or zone not in _ZONES:
        return None
    return POINT_INDEX.get((Measurement.CIRCUIT, bare))


def points_of(measurement: Measurement) -> tuple[Point, ...]:
    """Return the points of one measurement, in the order of `POINTS`."""
    return tuple(point for point in POINTS if point.measurement is measurement)
