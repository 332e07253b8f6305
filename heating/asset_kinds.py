"""The one list of the kinds of assets in a registry: their names, where they are in a `Site`, what points to what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heating.assets import (
    Area,
    Branch,
    Building,
    Circuit,
    Community,
    Household,
    Sensor,
    SensorAssignment,
    Site,
    Source,
    Station,
)

__all__ = ["ASSET_KINDS", "ASSET_KIND_NAMED", "AssetKind"]


@dataclass(frozen=True, slots=True)
class AssetKind:
    """One kind of asset."""

    name: str
    """Word of files, commands and tables."""
    attribute: str
    """Where a `Site` keeps them."""
    asset: type[Any] | None
    """None for weather sites, which are only an id."""
    id_field: str = ""
    """Field with the id; empty where the id is made of several fields or is the asset itself."""
    references: tuple[tuple[str, str], ...] = ()
    """Field and the kind whose id it holds; None in the field is allowed."""

    def of(self, site: Site) -> tuple[Any, ...]:
        """Return the assets of this kind."""
        found: tuple[Any, ...] = getattr(site, self.attribute)
        return found


ASSET_KINDS = (
    AssetKind("area", "areas", Area, "area_id", (("parent_id", "area"),)),
    AssetKind("source", "sources", Source, "source_id", (("area_id", "area"),)),
    AssetKind(
        "branch", "branches", Branch, "branch_id", (("source_id", "source"), ("parent_branch_id", "branch"))
    ),
    AssetKind("station", "stations", Station, "station_id", (("area_id", "area"), ("branch_id", "branch"))),
    AssetKind("circuit", "circuits", Circuit, "circuit_id", (("station_id", "station"),)),
    AssetKind("community", "communities", Community, "community_id", (("area_id", "area"),)),
    AssetKind(
        "building",
        "buildings",
        Building,
        "building_id",
        (("community_id", "community"), ("station_id", "station")),
    ),
    AssetKind("household", "households", Household, "household_id", (("building_id", "building"),)),
    AssetKind("sensor", "sensors", Sensor, "sensor_id"),
    AssetKind(
        "assignment",
        "assignments",
        SensorAssignment,
        references=(("sensor_id", "sensor"), ("household_id", "household")),
    ),
    AssetKind("weather_site", "weather_sites", None),
)
"""Every kind, parents before children."""

ASSET_KIND_NAMED: Mapping[str, AssetKind] = {kind.name: kind for kind in ASSET_KINDS}
