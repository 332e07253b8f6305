"""Who hangs on whom, beside the truth: so that a score can tell whether an alarm lies below a fault.

What lives here: the supply tree of a run as one JSON file, and questions to it. What does not: physics, the registry
itself. Objects are named by level and id, such as ``("building", "b-0012")``; a sensor hangs on the home in which the
registry says that it is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import orjson

from simulators.city_layout import CityLayout

__all__ = ["TOPOLOGY_FILE", "Place", "Topology"]

TOPOLOGY_FILE = "topology.json"
Place = tuple[str, str]
"""Level (source, branch, station, circuit, building, riser, household, sensor) and id."""


@dataclass(frozen=True)
class Topology:
    """A tree as the place above each place; sources have none."""

    above: Mapping[Place, Place]

    @classmethod
    def of_layout(cls, layout: CityLayout) -> "Topology":
        """Return the tree of a simulated city; a branch that hangs on another one hangs on the source here too."""
        site = layout.site
        sources = [source.source_id for source in site.sources]
        houses = [house.station_id for house in site.stations]
        stations = [station.station_id for station in layout.stations]
        shared = layout.shares_house
        homes = [home.household_id for home in site.households]
        above: dict[Place, Place] = {}
        _hang(above, "branch", layout.branch_ids, "source", (sources[i] for i in layout.branch_source))
        _hang(
            above,
            "station",
            houses,
            "branch",
            (layout.branch_ids[i] for i in layout.station_branch[layout.house_first].tolist()),
        )
        for place in np.flatnonzero(shared).tolist():
            above["circuit", stations[place]] = ("station", houses[layout.station_house[place]])
        for building, place in zip(layout.building_ids, layout.building_station.tolist(), strict=True):
            above["building", building] = ("circuit" if shared[place] else "station", stations[place])
        _hang(
            above,
            "riser",
            layout.riser_ids,
            "building",
            (layout.building_ids[i] for i in layout.riser_building.tolist()),
        )
        _hang(above, "household", homes, "riser", (layout.riser_ids[i] for i in layout.home_riser.tolist()))
        _hang(
            above, "sensor", layout.sensor_ids, "household", (homes[i] for i in layout.sensor_home.tolist())
        )
        return cls(above)

    @classmethod
    def read(cls, folder: Path) -> "Topology":
        """Read the file of a truth folder.

        Raises
        ------
        OSError
            When it is not there.
        ValueError
            When it is no topology.
        """
        found = orjson.loads((folder / TOPOLOGY_FILE).read_bytes())
        above: dict[Place, Place] = {}
        for level, part in found.items():
            levels = part.get("above_levels") or [part["above_level"]] * len(part["ids"])
            above |= {
                (level, object_id): (above_level, above_id)
                for object_id, above_level, above_id in zip(part["ids"], levels, part["above"], strict=True)
            }
        return cls(above)

    def write(self, folder: Path) -> None:
        """Write ``topology.json``: by level the ids, and the level and ids above them.

        Buildings of a city with circuits hang on stations and circuits: there the level is given one by one.
        """
        rows: dict[str, list[tuple[str, str, str]]] = {}
        for (level, object_id), (above_level, above_id) in self.above.items():
            rows.setdefault(level, []).append((object_id, above_level, above_id))
        parts: dict[str, dict[str, object]] = {}
        for level, of_level in rows.items():
            ids, levels, aboves = (list(column) for column in zip(*of_level, strict=True))
            mixed = {"above_levels": levels} if len(set(levels)) > 1 else {"above_level": levels[0]}
            parts[level] = {**mixed, "ids": ids, "above": aboves}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TOPOLOGY_FILE).write_bytes(orjson.dumps(parts) + b"\n")

    def path(self, place: Place) -> Iterator[Place]:
        """Yield a place and everything above it, nearest first."""
        here: Place | None = place
        while here is not None:
            yield here
            here = self.above.get(here)

    def is_below(self, place: Place, top: Place) -> bool:
        """Return whether a place is another one or hangs on it."""
        return top in self.path(place)

    def count(self, level: str) -> int:
        """Return how many objects of a level there are; sources are not counted."""
        return self._counts.get(level, 0)

    @cached_property
    def sensed_homes(self) -> frozenset[str]:
        """Ids of the homes with a sensor."""
        return frozenset(above for (level, _), (_, above) in self.above.items() if level == "sensor")

    @cached_property
    def _counts(self) -> Mapping[str, int]:
        counts: dict[str, int] = {}
        for level, _ in self.above:
            counts[level] = counts.get(level, 0) + 1
        return counts


def _hang(
    above: dict[Place, Place], level: str, ids: Iterable[str], above_level: str, above_ids: Iterable[str]
) -> None:
    for object_id, above_id in zip(ids, above_ids, strict=True):
        above[level, object_id] = (above_level, above_id)
