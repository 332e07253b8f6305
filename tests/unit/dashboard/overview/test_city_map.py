"""The map of stations: marks stay apart and inside, nothing is put where it is not."""

from dataclasses import replace
from itertools import combinations
from math import hypot

import pytest

from dashboard.overview.city_map import HEIGHT, WIDTH, city_map, mark_shape, read_outlines
from dashboard.overview.models import CommunityPlace
from dashboard.stations.models import StationRow, StationState
from dashboard.web.values import Bilingual
from simulators.site.geography import DEFAULT_SITE_DIR
from tests.support.page_models import station_row, station_rows

OUTLINES = read_outlines(DEFAULT_SITE_DIR / "xilingol_league.geojson")


@pytest.mark.parametrize("count", [1, 2, 40, 120])
def test_marks_of_one_town_stay_inside_and_apart(count: int) -> None:
    drawn = city_map(station_rows(count), OUTLINES)
    assert not drawn.packed and len(drawn.marks) == count and not drawn.outlines
    assert all(0 <= mark.x <= WIDTH and 0 <= mark.y <= HEIGHT for mark in drawn.marks)
    if count > 1:
        nearest = min(hypot(a.x - b.x, a.y - b.y) for a, b in combinations(drawn.marks, 2))
        assert nearest >= 8.0 * drawn.mark_scale


def test_stations_at_one_place_are_all_seen() -> None:
    rows = [replace(row, longitude_deg=116.0, latitude_deg=43.9) for row in station_rows(12)]
    drawn = city_map(rows, OUTLINES)
    assert len({(mark.x, mark.y) for mark in drawn.marks}) == 12


def test_a_league_is_drawn_with_outlines_and_packed_marks() -> None:
    rows = [_moved(row, index) for index, row in enumerate(station_rows(40))]
    drawn = city_map(rows, OUTLINES)
    assert drawn.packed
    assert len(drawn.outlines) == len(OUTLINES) == 12
    nearest = min(hypot(a.x - b.x, a.y - b.y) for a, b in combinations(drawn.marks, 2))
    assert nearest >= 3.0


def _moved(row: StationRow, index: int) -> StationRow:
    seats = ((116.05, 43.93), (111.98, 43.65), (116.97, 45.52), (115.28, 41.9))
    longitude, latitude = seats[int(row.area_id[1:]) - 1]
    return replace(row, longitude_deg=longitude + index / 1000, latitude_deg=latitude)


def test_stations_without_coordinates_are_counted_and_not_put_somewhere() -> None:
    rows = [replace(station_row(1), longitude_deg=None), station_row(2)]
    assert city_map(rows, OUTLINES).without_place == 1
    assert city_map(rows[:1], OUTLINES).marks == []


def test_silence_is_drawn_before_alarms_that_may_be_as_old_as_the_values() -> None:
    silent = replace(station_row(3), state=StationState.OFFLINE)
    assert mark_shape(silent) == "offline"
    assert mark_shape(station_row(3)) == "p1"
    assert mark_shape(replace(station_row(3), worst_priority=4)) == "online"


def places(count: int, *, median_c: float = 21.0) -> list[CommunityPlace]:
    return [
        CommunityPlace(
            community_id=f"c-{n}",
            name=Bilingual(f"小区{n}", f"C{n}"),
            quarter_name=Bilingual(f"第{n % 4}街道", f"Street {n % 4}"),
            longitude_deg=116.05 + 0.01 * (n % 7),
            latitude_deg=43.90 + 0.008 * (n % 11),
            median_c=median_c if n else None,
            counted=9,
            households=300,
        )
        for n in range(count)
    ]


def test_a_community_is_marked_only_when_it_is_known_to_be_cold() -> None:
    warm = city_map(station_rows(40), OUTLINES, communities=places(30), standard_c=18.0)
    cold = city_map(station_rows(40), OUTLINES, communities=places(30, median_c=17.2), standard_c=18.0)
    assert len(warm.communities) == 30 and not any(mark.cold for mark in warm.communities)
    assert [mark.cold for mark in cold.communities] == [False] + [True] * 29
    many = city_map(station_rows(40), OUTLINES, communities=places(500, median_c=17.2))
    assert len(many.communities) == 499
