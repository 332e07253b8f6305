"""The resident's curve of a day."""

import re
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dashboard.figures.sparkline import day_curve
from dashboard.web.languages import localiser_for
from tests.support.page_models import NOW, day_series

CHINESE = localiser_for("zh_CN", "Asia/Shanghai")


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
