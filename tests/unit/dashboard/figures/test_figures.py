"""The pictures: gaps stay gaps, marks do not cover one another, nothing is fetched from outside."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from math import hypot

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.figures.day_spark import day_spark
from dashboard.figures.sparkline import day_curve
from dashboard.figures.station_trend import TREND_POINTS, trend_figure_json
from dashboard.overview.city_map import HEIGHT, WIDTH, city_map, mark_shape, read_outlines
from dashboard.overview.models import CommunityPlace
from dashboard.overview.town_outline import hull_path
from dashboard.readings.long_trends import RESOLUTIONS
from dashboard.stations.models import StationRow, StationState
from dashboard.web.languages import localiser_for
from dashboard.web.values import Bilingual
from simulators.site.geography import DEFAULT_SITE_DIR
from tests.support.page_models import NOW, day_series, station_row, station_rows

CHINESE = localiser_for("zh_CN", "Asia/Shanghai")
ENGLISH = localiser_for("en", "Asia/Shanghai")
OUTLINES = read_outlines(DEFAULT_SITE_DIR / "xilingol_league.geojson")


def curve(series: list[tuple[int, float]], standard_c: float = 18.0) -> str:
    return str(day_curve(series, standard_c=standard_c, now=NOW, localiser=CHINESE))


def test_hours_without_values_leave_a_hole_in_the_curve() -> None:
    assert curve(list(day_series())).count("M") == 2
    whole = [(int((NOW - timedelta(hours=h)).timestamp() * 1000), 20.0) for h in range(23, -1, -1)]
    assert curve(whole).count("M") == 1


def test_without_values_there_is_no_curve_at_all() -> None:
    assert curve([]) == ""


def test_the_curve_shows_the_standard_and_clock_times_of_the_site() -> None:
    drawn = curve(list(day_series()))
    assert 'class="standard"' in drawn
    assert drawn.count("20:30") == 2
    assert "虚线为 18 °C 标准" in drawn


@given(st.lists(st.floats(min_value=-30, max_value=60), min_size=1, max_size=24))
def test_the_curve_stays_inside_its_drawing(values: list[float]) -> None:
    start_ms = int((NOW - timedelta(hours=23)).timestamp() * 1000)
    drawn = curve([(start_ms + hour * 3_600_000, value) for hour, value in enumerate(values)])
    path = re.search(r'class="line" d="([^"]+)"', drawn)
    assert path
    for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path[1]):
        assert 0 <= float(x) <= 340 and 0 <= float(y) <= 150


def test_the_trend_sends_nothing_anywhere_and_shows_no_brand() -> None:
    figure = json.loads(trend_figure_json(CHINESE))
    assert figure["config"]["showSendToCloud"] is False
    assert figure["config"]["plotlyServerURL"] == ""
    assert figure["config"]["displaylogo"] is False
    assert "http" not in trend_figure_json(CHINESE)


def test_the_chart_library_knows_every_name_and_value_of_the_trend() -> None:
    import plotly.graph_objects as graph_objects  # checks them; at run time only its JavaScript is there

    figure = json.loads(trend_figure_json(CHINESE))
    drawn = graph_objects.Figure(data=figure["traces"], layout=figure["layout"])
    assert drawn.layout.yaxis2.overlaying == "y"
    with pytest.raises(ValueError, match="colour"):
        graph_objects.Figure(data=figure["traces"], layout={"colour": "red"})


def test_the_trend_joins_no_gaps_and_speaks_the_reader_s_language() -> None:
    for reader, name in ((CHINESE, "二次供温设定"), (ENGLISH, "Secondary supply setpoint")):
        figure = json.loads(trend_figure_json(reader))
        assert [trace["meta"] for trace in figure["traces"]] == list(TREND_POINTS)
        assert all(trace["connectgaps"] is False for trace in figure["traces"])
        assert figure["traces"][1]["name"] == name


def test_the_trend_has_words_for_everything_it_may_be_made_of() -> None:
    for reader, raw, five in (
        (CHINESE, "数据精度：原始读数。", "数据精度：5 分钟汇总。"),
        (ENGLISH, "Resolution: readings as they came.", "Resolution: five-minute roll-ups."),
    ):
        words = json.loads(trend_figure_json(reader))["words"]["resolution"]
        assert set(words) == {"raw", *RESOLUTIONS.values()}
        assert (words["raw"], words["5m"]) == (raw, five)


def test_the_figure_cannot_end_the_element_it_stands_in() -> None:
    assert "<" not in trend_figure_json(CHINESE)


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


def test_a_town_has_an_outline_for_each_quarter_and_a_scale_inside_the_frame() -> None:
    drawn = city_map(station_rows(40), OUTLINES, communities=places(30))
    assert len(drawn.outlines) == 4
    corners = [float(n) for path in drawn.outlines for n in re.findall(r"-?\d+", path)]
    assert min(corners) >= 0 and max(corners[0::2]) <= WIDTH and max(corners[1::2]) <= HEIGHT
    assert drawn.scale is not None and 20 < drawn.scale.width <= 160
    for label in drawn.labels:
        half = 7.0 * max(len(label.name.zh), len(label.name.en) / 2)
        assert half <= label.x <= WIDTH - half and 14 <= label.y <= HEIGHT - 14


def test_a_community_is_marked_only_when_it_is_known_to_be_cold() -> None:
    warm = city_map(station_rows(40), OUTLINES, communities=places(30), standard_c=18.0)
    cold = city_map(station_rows(40), OUTLINES, communities=places(30, median_c=17.2), standard_c=18.0)
    assert len(warm.communities) == 30 and not any(mark.cold for mark in warm.communities)
    assert [mark.cold for mark in cold.communities] == [False] + [True] * 29
    many = city_map(station_rows(40), OUTLINES, communities=places(500, median_c=17.2))
    assert len(many.communities) == 499


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)), min_size=1, max_size=30))
def test_a_hull_encloses_its_points_with_the_margin(points: list[tuple[float, float]]) -> None:
    path = hull_path(np.array(points), 17.0)
    numbers = [float(n) for n in re.findall(r"-?\d+", path)]
    xs, ys = numbers[0::2], numbers[1::2]
    assert min(xs) <= min(x for x, _ in points) - 16 and max(xs) >= max(x for x, _ in points) + 16
    assert min(ys) <= min(y for _, y in points) - 16 and max(ys) >= max(y for _, y in points) + 16


def test_a_line_of_the_last_day_leaves_gaps_and_hardly_moving_values_flat() -> None:
    drawn = str(day_spark([50.0, 50.1, None, 50.2, 50.1], localiser=CHINESE))
    assert drawn.count("M") == 2
    heights = [float(y) for _, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", drawn)]
    assert max(heights) - min(heights) < 2.0
    assert "—" in str(day_spark([None] * 48, localiser=CHINESE))
