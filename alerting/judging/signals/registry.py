"""The families of signals. To add one, write its module and name it here."""

from collections.abc import Sequence

from alerting.judging.signals import (
    circuit_devices,
    electricity,
    flows,
    learned,
    network,
    pressures,
    pumps,
    room_sensors,
    rooms,
    station_devices,
    temperatures,
    watch,
)
from alerting.judging.signals.family import Family, Signal
from config.rules.scopes import CIRCUIT, STATION, Scope

__all__ = ["FAMILIES", "signals_of"]

FAMILIES: tuple[Family, ...] = (
    temperatures.FAMILY,
    pressures.FAMILY,
    flows.FAMILY,
    pumps.FAMILY,
    station_devices.FAMILY,
    circuit_devices.FAMILY,
    electricity.FAMILY,
    learned.STATIONS,
    learned.SOURCES,
    network.SOURCES,
    network.BRANCHES,
    rooms.FAMILY,
    room_sensors.FAMILY,
    watch.FAMILY,
)


def signals_of(scope: Scope, families: Sequence[Family] = FAMILIES) -> dict[str, Signal]:
    """Return the signals that rules of a scope may name: those of every scope it shares its table with.

    Rules of circuits have those of stations too.
    """
    tables = {scope.table, STATION.table} if scope.table == CIRCUIT.table else {scope.table}
    return {
        signal.name: signal
        for family in families
        if family.scope.table in tables
        for signal in family.signals
    }
