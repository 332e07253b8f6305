"""Lists as files, lines of the last day, facades: what leaves the page keeps its meaning and does no harm."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import openpyxl
import pytest

from dashboard.places.page import facade_rows, heat_class
from dashboard.web.spreadsheets import csv_bytes, xlsx_bytes
from tests.support import page_models as models
from tests.support import place_models as places
from tests.support.preview_pages import FakeAnswers, page_client, preview_app

ZONE = ZoneInfo("Asia/Shanghai")
EVIL = '=HYPERLINK("http://evil","x")'
DISPATCHER = {"cookie": "nuanliu=dispatcher"}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    evil = replace(models.station_row(1), name=models.both(EVIL, EVIL))
    with page_client(preview_app(FakeAnswers(rows=[evil, *models.station_rows(5)]))) as opened:
        yield opened


def test_the_csv_of_stations_has_units_and_no_formula(client: httpx.Client) -> None:
    answer = client.get("/stations/export.csv", headers=DISPATCHER)
    assert answer.headers["content-type"].startswith("text/csv")
    assert 'filename="stations-' in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert "二次供温 °C" in rows[0] and "偏差 K" in rows[0]
    assert rows[1][1] == "'" + EVIL
    assert len(rows) == 7


def test_the_workbook_of_stations_has_numbers_times_and_no_formula(client: httpx.Client) -> None:
    answer = client.get("/stations/export.xlsx", headers=DISPATCHER | {"cookie": "nuanliu=dispatcher"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert sheet.cell(2, 2).value == EVIL
    assert sheet.cell(2, 2).data_type == "s"
    assert isinstance(sheet.cell(3, 8).value, int | float)
    assert isinstance(sheet.cell(3, 15).value, datetime)


def test_an_unknown_kind_of_file_is_not_there_and_residents_get_none(client: httpx.Client) -> None:
    assert client.get("/stations/export.exe", headers=DISPATCHER).status_code == 404
    assert client.get("/stations/export.csv", headers={"cookie": "nuanliu=resident"}).status_code == 403


def test_a_missing_cell_is_empty_and_a_time_is_told_in_the_zone_of_the_site() -> None:
    text = csv_bytes(["a", "b"], [[None, models.NOW]], zone=ZONE).decode("utf-8-sig")
    assert text.splitlines()[1].startswith(",2026-01-14T") and text.rstrip().endswith("+08:00")
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(["a"], [[None]], sheet="s", zone=ZONE))).worksheets[
        0
    ]
    assert sheet.cell(2, 1).value is None


def test_the_lines_of_the_last_day_come_after_the_list(client: httpx.Client) -> None:
    html = client.get("/stations", headers=DISPATCHER).text
    assert html.count('class="day-spark"') == 5
    assert 'data-spark="st-003"></td>' in html
    drawn = client.get("/stations/sparks?ids=st-003", headers=DISPATCHER).json()
    assert "data-spark-done" in drawn["st-003"] and "—" in drawn["st-003"]


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


def test_a_search_without_hits_says_which_word_fits_nothing(client: httpx.Client) -> None:
    html = client.get("/hotline/search?q=查无", headers={"cookie": "nuanliu=hotline"}).text
    assert "没有这样的姓名、小区或楼栋" in html
