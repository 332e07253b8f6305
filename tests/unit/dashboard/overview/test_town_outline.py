"""Outlines of quarters and the scale bar."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dashboard.overview.city_map import HEIGHT, WIDTH, city_map, read_outlines
from dashboard.overview.models import CommunityPlace
from dashboard.overview.town_outline import hull_path
from dashboard.web.values import Bilingual
from simulators.site.geography import DEFAULT_SITE_DIR
from tests.support.page_models import station_rows

OUTLINES = read_outlines(DEFAULT_SITE_DIR / "xilingol_league.geojson")


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


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)), min_size=1, max_size=30))
def test_a_hull_encloses_its_points_with_the_margin(points: list[tuple[float, float]]) -> None:
    path = hull_path(np.array(points), 17.0)
    numbers = [float(n) for n in re.findall(r"-?\d+", path)]
    xs, ys = numbers[0::2], numbers[1::2]
    assert min(xs) <= min(x for x, _ in points) - 16 and max(xs) >= max(x for x, _ in points) + 16
    assert min(ys) <= min(y for _, y in points) - 16 and max(ys) >= max(y for _, y in points) + 16
