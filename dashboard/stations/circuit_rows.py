"""Circuits of a station as rows of its page and of lists."""

import numpy as np

from dashboard.alarms.open_alarms import OpenAlarms
from dashboard.site.names import zone_name
from dashboard.stations.circuits import CircuitsOfStation
from dashboard.stations.models import CircuitRow

__all__ = ["circuit_rows"]


def circuit_rows(several: CircuitsOfStation, open_alarms: OpenAlarms) -> list[CircuitRow]:
    """Return the circuits of a station in brief, in the order of the registry."""
    rows = []
    for circuit, deviation_k in zip(several.circuits, several.deviation_k.tolist(), strict=True):
        speaking = open_alarms.of_circuit(circuit.station_id, circuit.circuit_id)
        rows.append(
            CircuitRow(
                circuit_id=circuit.circuit_id,
                name=zone_name(circuit),
                zone=circuit.zone,
                deviation_k=deviation_k if np.isfinite(deviation_k) else None,
                open_alarms=len(speaking),
                worst_priority=min((int(alarm.priority) for alarm in speaking), default=None),
            )
        )
    return rows
