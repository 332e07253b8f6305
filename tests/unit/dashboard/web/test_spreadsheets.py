"""Tables as files."""

import io
from zoneinfo import ZoneInfo

import openpyxl

from dashboard.web.spreadsheets import csv_bytes, xlsx_bytes
from tests.support import page_models as models

ZONE = ZoneInfo("Asia/Shanghai")


def test_a_missing_cell_is_empty_and_a_time_is_told_in_the_zone_of_the_site() -> None:
    text = csv_bytes(["a", "b"], [[None, models.NOW]], zone=ZONE).decode("utf-8-sig")
    assert text.splitlines()[1].startswith(",2026-01-14T") and text.rstrip().endswith("+08:00")
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(["a"], [[None]], sheet="s", zone=ZONE))).worksheets[
        0
    ]
    assert sheet.cell(2, 1).value is None
