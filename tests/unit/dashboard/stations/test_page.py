"""The list of stations: files for a spreadsheet, lines of the last day."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import httpx
import openpyxl
import pytest

from tests.support import page_models as models
from tests.support.preview_pages import FakeAnswers, page_client, preview_app

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


def test_the_lines_of_the_last_day_come_after_the_list(client: httpx.Client) -> None:
    html = client.get("/stations", headers=DISPATCHER).text
    assert html.count('class="day-spark"') == 5
    assert 'data-spark="st-003"></td>' in html
    drawn = client.get("/stations/sparks?ids=st-003", headers=DISPATCHER).json()
    assert "data-spark-done" in drawn["st-003"] and "—" in drawn["st-003"]
