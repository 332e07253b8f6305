"""Tables as files for a spreadsheet: CSV that Excel reads as UTF-8, and XLSX with numbers and times as such.

Texts come from people and devices: none is taken for a formula or a link.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import xlsxwriter

from storage.registry_files.cells import with_quote

__all__ = ["Cell", "csv_bytes", "xlsx_bytes"]

Cell = str | int | float | datetime | None
"""A text, a number, an aware time, or nothing."""

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def csv_bytes(header: Sequence[str], rows: Sequence[Sequence[Cell]], *, zone: ZoneInfo) -> bytes:
    """Return a CSV file with a mark that makes Excel read it as UTF-8; times are RFC 3339 in the zone."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([with_quote(title) for title in header])
    writer.writerows([[_csv_cell(cell, zone) for cell in row] for row in rows])
    return (_BOM + out.getvalue()).encode()


def _csv_cell(cell: Cell, zone: ZoneInfo) -> str | int | float:
    match cell:
        case None:
            return ""
        case str():
            return with_quote(cell)
        case float():
            return round(cell, 4)
        case datetime():
            return cell.astimezone(zone).isoformat(timespec="seconds")
        case _:
            return cell


def xlsx_bytes(header: Sequence[str], rows: Sequence[Sequence[Cell]], *, sheet: str, zone: ZoneInfo) -> bytes:
    """Return an XLSX file with one sheet; times are clock times of the zone."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        page = book.add_worksheet(sheet[:31])
        bold, moment = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for column, title in enumerate(header):
            page.write_string(0, column, title, bold)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                match cell:
                    case str():
                        page.write_string(number, column, cell)
                    case datetime():
                        page.write_datetime(
                            number, column, cell.astimezone(zone).replace(tzinfo=None), moment
                        )
                    case int() | float():
                        page.write_number(number, column, cell)
        page.freeze_panes(1, 2)
        page.set_column(0, len(header), 14)
    return out.getvalue()
