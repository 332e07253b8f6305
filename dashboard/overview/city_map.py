"""The map of stations as plain shapes for an SVG: outlines of areas, their names, one mark a station.

Two ways to place the marks. In one town they stand where the stations are, pushed apart until they do not cover one
another. Over a whole league, where towns are hundreds of kilometres apart, the stations of an area are packed into a
disc around their middle, and the page says so. What does not live here: colours and shapes of marks (template, style
sheet).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, radians, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dashboard.overview.models import CommunityPlace
from dashboard.overview.town_outline import ScaleBar, hull_path, scale_bar
from dashboard.stations.models import StationRow
from dashboard.web.values import Bilingual

__all__ = ["CityMap", "CommunityMark", "Label", "Mark", "city_map", "mark_shape", "read_outlines"]

WIDTH, HEIGHT = 800.0, 620.0
"""Size of the drawing [SVG units]."""
_MARGIN = 34.0
_ONE_TOWN_DEG = 0.8
"""Stations spread less than this [°] are one town."""
_GOLDEN_ANGLE = pi * (3.0 - sqrt(5.0))
_LONGEST_OUTLINE = 160
"""Vertices kept of an outline: more cannot be seen and weigh on the page."""

_QUARTER_MARGIN = 17.0
_MOST_COMMUNITIES = 400

_Group = tuple[Bilingual, NDArray[np.float64]]
"""A name and the places (n, 2) that it stands for [SVG units]."""
Outlines = Mapping[str, NDArray[np.float64]]
"""Outline (n_vertices, 2) of longitude and latitude [°] by the Chinese name of the area."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One station on the map."""

    station_id: str
    name: Bilingual
    state: str
    shape: str
    """p1, p2, p3, offline, recovered or online."""
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class CommunityMark:
    """One community on the map."""

    community_id: str
    name: Bilingual
    median_c: float | None
    """Median room temperature [°C]; None when too few homes count."""
    cold: bool
    """Median below the standard."""
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Label:
    """The name of an area."""

    name: Bilingual
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CityMap:
    """Everything the template draws [SVG units]."""

    width: float
    height: float
    outlines: Sequence[str]
    """Path data."""
    labels: Sequence[Label]
    marks: Sequence[Mark]
    communities: Sequence[CommunityMark]
    scale: ScaleBar | None
    """None where marks do not stand for places."""
    mark_scale: float
    packed: bool
    """Marks stand for their area's middle and not for places."""
    without_place: int
    """Stations without coordinates, on no map."""


def mark_shape(row: StationRow) -> str:
    """Return how a station is drawn: silence first, since its alarms may be as old as its values."""
    if row.state in ("offline", "never", "stale"):
        return "offline"
    if row.worst_priority in (1, 2, 3):
        return f"p{row.worst_priority}"
    return "recovered" if row.recovered else "online"


@lru_cache(maxsize=4)
def read_outlines(path: Path) -> Outlines:
    """Return the outlines of a GeoJSON file of polygons, thinned.

    Raises
    ------
    OSError, ValueError, KeyError
        When the file is missing or no GeoJSON of polygons with names.
    """
    found: dict[str, NDArray[np.float64]] = {}
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        rings = feature["geometry"]["coordinates"]
        ring = np.array(rings[0] if feature["geometry"]["type"] == "Polygon" else rings[0][0], np.float64)
        step = max(1, len(ring) // _LONGEST_OUTLINE)
        found[str(feature["properties"]["name"])] = ring[::step, :2]
    return found


def city_map(
    rows: Sequence[StationRow],
    outlines: Outlines,
    *,
    communities: Sequence[CommunityPlace] = (),
    standard_c: float = 18.0,
) -> CityMap:
    """Lay out the map.

    Parameters
    ----------
    rows : sequence of StationRow
        Stations to be drawn; those without coordinates are counted and left out.
    outlines : mapping
        Outlines of areas by Chinese name; drawn when the stations spread over more than one town.
    communities : sequence of CommunityPlace
        Drawn in one town, with an outline around those of each quarter.
    standard_c : float
        Communities with a median below it are marked [°C].
    """
    placed = [row for row in rows if row.longitude_deg is not None and row.latitude_deg is not None]
    if not placed:
        return _empty(len(rows))
    places = np.array([(row.longitude_deg, row.latitude_deg) for row in placed], np.float64)
    packed = bool(np.ptp(places, axis=0).max() > _ONE_TOWN_DEG)
    near = [] if packed else _near(communities, places)
    shown = list(outlines.values()) if packed else [_places_of(near)] if near else []
    frame = _Frame.around(np.concatenate([places, *shown]) if shown else places)
    points = frame.project(places)
    scale = 0.5 if packed else _scale_for(len(placed))
    points = _pack(placed, _area_centres(placed, points)) if packed else _push_apart(points, 15.0 * scale)
    quarters = _quarters(near, frame)
    return CityMap(
        width=WIDTH,
        height=HEIGHT,
        outlines=[_path(frame.project(outline)) for outline in shown]
        if packed
        else [hull_path(corners, _QUARTER_MARGIN) for _, corners in quarters],
        labels=_labels(_named_groups(placed, points) if packed else quarters, above=packed),
        marks=_marks(placed, points),
        communities=_community_marks(near, frame, standard_c),
        scale=None if packed else scale_bar(frame.scale),
        mark_scale=scale,
        packed=packed,
        without_place=len(rows) - len(placed),
    )


def _marks(placed: Sequence[StationRow], points: NDArray[np.float64]) -> list[Mark]:
    return [
        Mark(
            row.station_id, row.name, row.state.value, mark_shape(row), round(float(x), 1), round(float(y), 1)
        )
        for row, (x, y) in zip(placed, points, strict=True)
    ]


def _near(communities: Sequence[CommunityPlace], places: NDArray[np.float64]) -> list[CommunityPlace]:
    """Leave out communities without a place, and those far from every station."""
    low, high = places.min(axis=0) - _ONE_TOWN_DEG / 2, places.max(axis=0) + _ONE_TOWN_DEG / 2
    return [
        item
        for item in communities
        if item.longitude_deg is not None
        and item.latitude_deg is not None
        and low[0] <= item.longitude_deg <= high[0]
        and low[1] <= item.latitude_deg <= high[1]
    ]


def _places_of(communities: Sequence[CommunityPlace]) -> NDArray[np.float64]:
    return np.array([(item.longitude_deg, item.latitude_deg) for item in communities], np.float64)


def _quarters(communities: Sequence[CommunityPlace], frame: "_Frame") -> list[_Group]:
    members: dict[Bilingual, list[CommunityPlace]] = {}
    for item in communities:
        members.setdefault(item.quarter_name, []).append(item)
    return [(name, frame.project(_places_of(items))) for name, items in members.items()]


def _community_marks(
    communities: Sequence[CommunityPlace], frame: "_Frame", standard_c: float
) -> list[CommunityMark]:
    cold = [item.median_c is not None and item.median_c < standard_c for item in communities]
    points = frame.project(_places_of(communities)) if communities else np.zeros((0, 2))
    marks = [
        CommunityMark(
            item.community_id, item.name, item.median_c, is_cold, round(float(x), 1), round(float(y), 1)
        )
        for item, is_cold, (x, y) in zip(communities, cold, points, strict=True)
    ]
    # Beyond some hundred marks only those that matter can be seen.
    return marks if len(marks) <= _MOST_COMMUNITIES else [mark for mark in marks if mark.cold]


@dataclass(frozen=True, slots=True)
class _Frame:
    """From degrees to the drawing: equirectangular around the middle, north up."""

    west: float
    north: float
    stretch: float
    """Narrowing of a degree of longitude."""
    scale: float
    offset: tuple[float, float]

    @classmethod
    def around(cls, places: NDArray[np.float64]) -> "_Frame":
        west, south = places.min(axis=0)
        east, north = places.max(axis=0)
        stretch = cos(radians(float(south + north) / 2))
        wide, high = max((east - west) * stretch, 1e-4), max(north - south, 1e-4)
        scale = min((WIDTH - 2 * _MARGIN) / wide, (HEIGHT - 2 * _MARGIN) / high)
        offset = ((WIDTH - wide * scale) / 2, (HEIGHT - high * scale) / 2)
        return cls(float(west), float(north), stretch, float(scale), offset)

    def project(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        x = (places[:, 0] - self.west) * self.stretch * self.scale + self.offset[0]
        y = (self.north - places[:, 1]) * self.scale + self.offset[1]
        return np.column_stack([x, y])


def _scale_for(count: int) -> float:
    return 1.35 if count <= 20 else 1.0 if count <= 80 else 0.7


def _area_centres(rows: Sequence[StationRow], points: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    members: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        members.setdefault(row.area_id, []).append(index)
    return {area: points[indices].mean(axis=0) for area, indices in members.items()}


def _pack(rows: Sequence[StationRow], centres: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Place the stations of an area like the seeds of a sunflower around its middle: dense, none covered."""
    seen: dict[str, int] = {}
    points = np.empty((len(rows), 2))
    for index, row in enumerate(rows):
        place = seen[row.area_id] = seen.get(row.area_id, -1) + 1
        radius, angle = 5.0 * sqrt(place), place * _GOLDEN_ANGLE
        points[index] = centres[row.area_id] + radius * np.array([np.cos(angle), np.sin(angle)])
    return np.clip(points, [_MARGIN / 2, _MARGIN / 2], [WIDTH - _MARGIN / 2, HEIGHT - _MARGIN / 2])


def _push_apart(points: NDArray[np.float64], distance: float, rounds: int = 40) -> NDArray[np.float64]:
    """Move marks that cover one another apart, a little a round; (n, 2) in and out."""
    moved = points.copy()
    moved += np.random.default_rng(7).normal(0, 0.01, moved.shape)
    for _ in range(rounds):
        apart = moved[:, None] - moved[None]
        length = np.hypot(apart[..., 0], apart[..., 1])
        np.fill_diagonal(length, np.inf)
        overlap = np.clip(distance - length, 0, None)
        if not overlap.any():
            break
        moved += (apart / np.maximum(length, 1e-6)[..., None] * (overlap / 2)[..., None]).sum(axis=1)
        moved = np.clip(moved, [_MARGIN / 2, _MARGIN], [WIDTH - _MARGIN / 2, HEIGHT - _MARGIN / 2])
    return moved


def _named_groups(rows: Sequence[StationRow], points: NDArray[np.float64]) -> list[_Group]:
    """Return the stations of each area, unless there is one only."""
    areas: dict[Bilingual, list[int]] = {}
    for index, row in enumerate(rows):
        areas.setdefault(row.area_name, []).append(index)
    return [(name, points[indices]) for name, indices in areas.items()] if len(areas) > 1 else []


def _labels(groups: Sequence[_Group], *, above: bool) -> list[Label]:
    """Name each group above its marks or in their middle; inside the frame, names too near a placed one left out."""
    labels: list[Label] = []
    for name, points in sorted(groups, key=lambda group: -len(group[1])):
        half = 7.0 * max(len(name.zh), len(name.en) / 2)
        x = min(max(float(points[:, 0].mean()), half + 6.0), WIDTH - half - 6.0)
        y = max(18.0, float(points[:, 1].min()) - 12.0 if above else float(points[:, 1].mean()))
        if all(abs(x - other.x) > 2 * half or abs(y - other.y) > 18 for other in labels):
            labels.append(Label(name, round(x, 1), round(min(y, HEIGHT - 30.0), 1)))
    return labels


def _path(points: NDArray[np.float64]) -> str:
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in points) + "z"


def _empty(without_place: int) -> CityMap:
    return CityMap(
        width=WIDTH,
        height=HEIGHT,
        outlines=[],
        labels=[],
        marks=[],
        communities=[],
        scale=None,
        mark_scale=1.0,
        packed=False,
        without_place=without_place,
    )
