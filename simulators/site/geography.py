"""Geography of the default site: areas of the league with polygons, and where towns are.

What lives here: reading the shipped GeoJSON and tables, and the test whether a point lies in a polygon. What does
not: inventing assets (`simulators.site.generator`). Sources and licences: SOURCES.md beside the files.
"""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["DEFAULT_SITE_DIR", "LeagueArea", "inside_polygon", "league_areas", "xilinhot_streets"]

DEFAULT_SITE_DIR = Path(__file__).parents[2] / "config" / "defaults" / "site"
"""Folder of the shipped geography."""


@dataclass(frozen=True, slots=True)
class LeagueArea:
    """A banner or city of the league."""

    area_id: str
    name: str
    name_en: str
    seat: str
    """Chinese name of the town that is heated; empty where the streets are known."""
    seat_en: str
    station_share: float
    """Share of the league's stations, a guess; the shares add up to 1."""
    polygon: NDArray[np.float64]
    """(n_vertices, 2) outline, longitude and latitude [°]."""
    centre_deg: tuple[float, float]
    """Longitude and latitude of the seat of the government [°]."""


def inside_polygon(longitude_deg: float, latitude_deg: float, polygon: NDArray[np.float64]) -> bool:
    """Return whether a point lies inside an outline, by counting crossings of a ray to the east.

    Parameters
    ----------
    longitude_deg, latitude_deg : float
        The point [°].
    polygon : ndarray
        (n_vertices, 2) outline, closed or not [°].
    """
    x, y = polygon[:, 0], polygon[:, 1]
    x_next, y_next = np.roll(x, -1), np.roll(y, -1)
    spans = (y > latitude_deg) != (y_next > latitude_deg)
    rise = np.where(spans, y_next - y, 1.0)
    crossing = x + (latitude_deg - y) * (x_next - x) / rise
    return bool(np.count_nonzero(spans & (crossing > longitude_deg)) % 2)


def league_areas() -> tuple[LeagueArea, ...]:
    """Return the 12 areas of the league, Xilinhot first.

    Raises
    ------
    KeyError
        When the table names an area that the GeoJSON lacks.
    """
    collection = json.loads((DEFAULT_SITE_DIR / "xilingol_league.geojson").read_text(encoding="utf-8"))
    features = {feature["properties"]["name"]: feature for feature in collection["features"]}
    areas = []
    with (DEFAULT_SITE_DIR / "league_areas.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            feature = features[row["name"]]
            longitude, latitude = feature["properties"]["cp"]
            areas.append(
                LeagueArea(
                    area_id=row["area_id"],
                    name=row["name"],
                    name_en=row["name_en"],
                    seat=row["seat"],
                    seat_en=row["seat_en"],
                    station_share=float(row["station_share"]),
                    polygon=np.array(feature["geometry"]["coordinates"][0], np.float64),
                    centre_deg=(float(longitude), float(latitude)),
                )
            )
    return tuple(areas)


def xilinhot_streets() -> tuple[str, ...]:
    """Return the Chinese names of the sub-districts, towns and farms of Xilinhot."""
    with (DEFAULT_SITE_DIR / "xilinhot_streets.csv").open(encoding="utf-8", newline="") as file:
        return tuple(row["name"] for row in csv.DictReader(file))
