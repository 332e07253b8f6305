"""Circuits of stations with several, as columns: which of them stands for its station in lists and on the map.

The circuit furthest from its setpoint decides. Not here: stations themselves (`dashboard.stations.fleet`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.readings.newest import Column, NewestValues
from heating.assets import Circuit
from heating.points import POINT_INDEX, Measurement

__all__ = ["CircuitsOfStation", "read_circuits", "with_circuits"]

_SUPPLY, _SETPOINT = "secondary_supply_temp_c", "secondary_supply_temp_setpoint_c"
_POINTS = (
    _SUPPLY,
    _SETPOINT,
    "secondary_return_temp_c",
    "secondary_supply_pressure_mpa",
    "secondary_return_pressure_mpa",
    "secondary_flow_m3_per_h",
    "makeup_flow_m3_per_h",
)
"""What a station of a list shows of its circuit."""


@dataclass(frozen=True, slots=True)
class CircuitsOfStation:
    """The circuits of one station."""

    circuits: tuple[Circuit, ...]
    columns: Mapping[str, Column]
    """By point, one row a circuit."""
    deviation_k: NDArray[np.float64]
    """Supply minus setpoint of each [K]; NaN when either is not usable."""

    @property
    def worst(self) -> int:
        """Place of the circuit that stands for the station: the furthest from its setpoint, else the first."""
        distance = np.nan_to_num(np.abs(self.deviation_k), nan=-1.0)
        return int(np.argmax(distance))


def read_circuits(
    ids: Sequence[str],
    interval_s: NDArray[np.float64],
    circuits_of: Mapping[str, Sequence[Circuit]],
    newest: NewestValues,
) -> dict[str, CircuitsOfStation]:
    """Return the circuits of those of some stations that have several, by station id."""
    found: dict[str, CircuitsOfStation] = {}
    for row, station_id in enumerate(ids):
        circuits = tuple(circuits_of.get(station_id, ()))
        if not circuits:
            continue
        names = tuple(circuit.circuit_id for circuit in circuits)
        intervals = np.full(len(names), interval_s[row])
        columns = {
            point: newest.column(Measurement.CIRCUIT, point, names, intervals)
            for point in _POINTS
            if (Measurement.CIRCUIT, point) in POINT_INDEX
        }
        supply, setpoint = columns[_SUPPLY], columns[_SETPOINT]
        both = supply.usable & setpoint.usable
        deviation_k = np.where(both, supply.value - setpoint.value, np.nan)
        found[station_id] = CircuitsOfStation(circuits, columns, deviation_k)
    return found


def with_circuits(
    columns: Mapping[str, Column], ids: Sequence[str], several: Mapping[str, CircuitsOfStation]
) -> dict[str, Column]:
    """Return columns of stations in which a station with several circuits shows the one that stands for it."""
    if not several:
        return dict(columns)
    rows = [(row, several[name]) for row, name in enumerate(ids) if name in several]
    shown: dict[str, Column] = {}
    for point, column in columns.items():
        copies = Column(
            column.value.copy(), column.measured_ms.copy(), column.quality.copy(), column.usable.copy()
        )
        for row, circuits in rows:
            own = circuits.columns.get(point)
            if own is not None:
                place = circuits.worst
                copies.value[row], copies.measured_ms[row] = own.value[place], own.measured_ms[place]
                copies.quality[row], copies.usable[row] = own.quality[place], own.usable[place]
        shown[point] = copies
    return shown
