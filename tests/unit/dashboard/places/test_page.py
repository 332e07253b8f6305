"""The facade of a building."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from dashboard.places.page import facade_rows, heat_class
from tests.support import page_models as models
from tests.support import place_models as places
from tests.support.preview_pages import FakeAnswers, page_client, preview_app

EVIL = '=HYPERLINK("http://evil","x")'
DISPATCHER = {"cookie": "nuanliu=dispatcher"}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    evil = replace(models.station_row(1), name=models.both(EVIL, EVIL))
    with page_client(preview_app(FakeAnswers(rows=[evil, *models.station_rows(5)]))) as opened:
        yield opened


@pytest.mark.parametrize(
    ("temperature_c", "name"),
    [
        (13.9, "c4"),
        (14.1, "c3"),
        (16.5, "c2"),
        (17.9, "c1"),
        (18.0, "w0"),
        (22.0, "w1"),
        (26.0, "w2"),
        (None, ""),
    ],
)
def test_a_home_is_coloured_by_its_distance_from_the_standard(temperature_c: float | None, name: str) -> None:
    assert heat_class(temperature_c, 18.0) == name


def test_the_facade_stands_upright_with_every_home_once() -> None:
    rows = facade_rows(places.facade())
    assert [floor for floor, _ in rows] == [6, 5, 4, 3, 2, 1]
    assert sum(len(cells) for _, units in rows for cells in units) == 18


def test_a_floor_without_homes_in_a_unit_keeps_the_column() -> None:
    whole = places.facade()
    facade = replace(whole, cells=[cell for cell in whole.cells if (cell.floor, cell.unit) != (6, 2)])
    assert [len(cells) for cells in facade_rows(facade)[0][1]] == [1, 0, 1]


def test_the_facade_tells_stale_bad_suspended_and_no_sensor_apart_in_words(client: httpx.Client) -> None:
    html = client.get("/buildings/b-3", headers=DISPATCHER).text
    for word in ("陈旧，15 分钟前测得", "坏值", "没有传感器", "未供暖"):
        assert f'<span class="visually-hidden">{word}' in html
    assert 'href="/hotline/households/' in html
    assert (
        'href="/hotline/households/'
        not in client.get("/buildings/b-3", headers={"cookie": "nuanliu=wall"}).text
    )
