"""A station's last day as a short line."""

import re

from dashboard.figures.day_spark import day_spark
from dashboard.web.languages import localiser_for

CHINESE = localiser_for("zh_CN", "Asia/Shanghai")


def test_a_line_of_the_last_day_leaves_gaps_and_hardly_moving_values_flat() -> None:
    drawn = str(day_spark([50.0, 50.1, None, 50.2, 50.1], localiser=CHINESE))
    assert drawn.count("M") == 2
    heights = [float(y) for _, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", drawn)]
    assert max(heights) - min(heights) < 2.0
    assert "—" in str(day_spark([None] * 48, localiser=CHINESE))
