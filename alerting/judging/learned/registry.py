"""The families of what is learned, in the order in which they take a slot. To add one, write its module and name it here."""

from collections.abc import Callable

from alerting.judging.learned import hydraulics, meters, operation, pressures, primary, sources, thermal
from alerting.judging.learned.declared import Learns
from alerting.judging.learned.slots import SourceSlot, StationSlot

__all__ = ["SOURCE_LEARNS", "STATION_LEARNS", "take_source", "take_station"]

_STATION: tuple[tuple[Learns, Callable[[StationSlot], None]], ...] = (
    (operation.LEARNS, operation.take),
    (pressures.LEARNS, pressures.take),
    (hydraulics.LEARNS, hydraulics.take),
    (thermal.LEARNS, thermal.take),
    (meters.LEARNS, meters.take),
    (primary.LEARNS, primary.take),
)
STATION_LEARNS = Learns.together(learns for learns, _ in _STATION)
SOURCE_LEARNS = sources.LEARNS


def take_station(slot: StationSlot) -> None:
    """Let every family of stations take a slot; each may read what those before it gave."""
    for _, take in _STATION:
        take(slot)
    slot.memory.finish(day_ends=slot.day_ends)


def take_source(slot: SourceSlot) -> None:
    """Let sources take a slot."""
    sources.take(slot)
    slot.memory.finish(day_ends=slot.day_ends)
