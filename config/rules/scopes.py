"""Scopes: the kinds of things a rule may judge. The one list, read by the loader of rules and by the engine.

To add one, write it here and into `SCOPES`; its signals come from families (`alerting.judging.signals`).
"""

from dataclasses import dataclass

from heating.heat_tree import Level

__all__ = [
    "AREA",
    "BRANCH",
    "BUILDING",
    "BUSINESS",
    "CIRCUIT",
    "HOUSEHOLD",
    "RISER",
    "SCOPES",
    "SENSOR",
    "SOURCE",
    "STATION",
    "WATCH",
    "Scope",
]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a rule judges."""

    name: str
    """As rule files write it."""
    meaning: str
    level: Level | None
    """Level of the nodes that its alarms stand at; None: the heat-supply tree has none, so no rule can have it yet."""
    shares: str = ""
    """Scope whose signals and rows it has too; empty: its own."""

    @property
    def table(self) -> str:
        """Name of the table of signals: scopes with the same rows share one, so that they are judged in one pass."""
        return self.shares or self.name


AREA = Scope("area", "an administrative area; areas are not part of the heat-supply tree", None)
SOURCE = Scope("source", "a heat source with its primary network", Level.SOURCE)
BRANCH = Scope("branch", "a branch of the primary network", Level.BRANCH)
STATION = Scope("station", "a heat exchange station", Level.STATION)
CIRCUIT = Scope(
    "circuit",
    "a circuit of a station (high or low zone); of a station that has none listed, its one circuit: the station itself",
    Level.CIRCUIT,
)
BUILDING = Scope("building", "a building", Level.BUILDING)
RISER = Scope("riser", "the riser of a unit", Level.RISER)
HOUSEHOLD = Scope("household", "a home", Level.HOUSEHOLD)
SENSOR = Scope(
    "sensor", "a room sensor; its alarms stand at the home it measures", Level.HOUSEHOLD, "household"
)
WATCH = Scope(
    "watch", "the watch itself; its alarms stand at each heat source, for every dispatcher", Level.SOURCE
)
BUSINESS = Scope("business", "the work of the company: calls, promises, bills; not part of the tree", None)

SCOPES = {
    scope.name: scope
    for scope in (
        AREA, SOURCE, BRANCH, STATION, CIRCUIT, BUILDING, RISER, HOUSEHOLD, SENSOR, WATCH, BUSINESS
    )
}  # fmt: skip
"""Every scope by name."""
