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

from dashboard.queries.values import Bilingual
from dashboard.queries.view_models import StationRow

__all__ = ["CityMap", "Label", "Mark", "city_map", "mark_shape", "read_outlines"]

WIDTH, HEIGHT = 800.0, 560.0
"""Size of the drawing [SVG units]."""
_MARGIN = 26.0
_ONE_TOWN_DEG = 0.8
"""Stations spread less than this [°] are one town."""
_GOLDEN_ANGLE = pi * (3.0 - sqrt(5.0))
_LONGEST_OUTLINE = 160
"""Vertices kept of an outline: more cannot be seen and weigh on the page."""

Outlines = Mapping[str, NDArray[np.float64]]
"""Outline (n_vertices, 2) of longitude and latitude [°] by the Chinese name of the area."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One station on the map."""

    station_id: str
    name: Bilingual
    state: str
    shape: str
    """p1, p2, p3, offline or online."""
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
    mark_scale: float
    packed: bool
    """Marks stand for their area's middle and not for places."""
    without_place: int
    """Stations without coordinates, on no map."""


def mark_shape(row: StationRow) -> str:
    """Return how a station is drawn: silence first, since its alarms may be as old as its values."""
    if row.state in ("offline", "never", "stale"):
        return "offline"
    return f"p{row.worst_priority}" if row.worst_priority in (1, 2, 3) else "online"


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


def city_map(rows: Sequence[StationRow], outlines: Outlines) -> CityMap:
    """Lay out the map.

    Parameters
    ----------
    rows : sequence of StationRow
        Stations to be drawn; those without coordinates are counted and left out.
    outlines : mapping
        Outlines of areas by Chinese name; only drawn when the stations spread over more than one town.
    """
    placed = [row for row in rows if row.longitude_deg is not None and row.latitude_deg is not None]
    if not placed:
        return _empty(len(rows))
    places = np.array([(row.longitude_deg, row.latitude_deg) for row in placed], np.float64)
    packed = bool(np.ptp(places, axis=0).max() > _ONE_TOWN_DEG)
    shown = list(outlines.values()) if packed else []
    frame = _Frame.around(np.concatenate([places, *shown]) if shown else places)
    points = frame.project(places)
    scale = 0.5 if packed else _scale_for(len(placed))
    centres = _area_centres(placed, points)
    points = _pack(placed, centres) if packed else _push_apart(points, 15.0 * scale)
    return CityMap(
        width=WIDTH,
        height=HEIGHT,
        outlines=[_path(frame.project(outline)) for outline in shown],
        labels=_labels(placed, points),
        marks=[
            Mark(
                row.station_id,
                row.name,
                row.state.value,
                mark_shape(row),
                round(float(x), 1),
                round(float(y), 1),
            )
            for row, (x, y) in zip(placed, points, strict=True)
        ],
        mark_scale=scale,
        packed=packed,
        without_place=len(rows) - len(placed),
    )


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


def _labels(rows: Sequence[StationRow], points: NDArray[np.float64]) -> list[Label]:
    """Name each area above its stations, unless there is one only; names too near a placed one are left out."""
    areas: dict[str, tuple[Bilingual, list[int]]] = {}
    for index, row in enumerate(rows):
        areas.setdefault(row.area_id, (row.area_name, []))[1].append(index)
    labels: list[Label] = []
    if len(areas) < 2:
        return labels
    for name, indices in sorted(areas.values(), key=lambda entry: -len(entry[1])):
        x = float(points[indices, 0].mean())
        y = max(14.0, float(points[indices, 1].min()) - 12.0)
        if all(abs(x - other.x) > 96 or abs(y - other.y) > 16 for other in labels):
            labels.append(Label(name, round(min(max(x, 60.0), WIDTH - 60.0), 1), round(y, 1)))
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
        mark_scale=1.0,
        packed=False,
        without_place=without_place,
    )
