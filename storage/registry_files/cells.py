"""Files as rows of text: CSV (UTF-8, with or without BOM, or GB18030) and XLSX, and the quoting of formulas.

Nothing here knows what the columns mean.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from heating.errors import HeatingError

__all__ = ["Sheet", "UnreadableFileError", "read_sheets", "with_quote", "without_quote"]

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_QUOTED_FORMULA = re.compile(r"'+[=+\-@\t\r]")


class UnreadableFileError(HeatingError):
    """The file is neither CSV nor XLSX that can be read at all."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of cells; all text, trimmed, empty where there is nothing."""

    name: str
    """Name of the sheet, empty for CSV."""
    header: list[str]
    rows: Iterator[tuple[int, list[str]]]
    """Row number as a spreadsheet shows it, and cells; rows without any text are left out."""


def with_quote(text: str) -> str:
    """Return text that a spreadsheet does not take for a formula: a leading ``'`` where it would."""
    return "'" + text if _FORMULA.match(text) else text


def without_quote(text: str) -> str:
    """Take back what `with_quote` did."""
    return text[1:] if _QUOTED_FORMULA.match(text) else text


def read_sheets(path: Path) -> Iterator[Sheet]:
    """Yield the tables of a file, one at a time; use up the rows of one before the next.

    Raises
    ------
    UnreadableFileError
        When it is missing, of another kind, broken, or in an encoding that is neither UTF-8 nor GB18030.
    """
    match path.suffix.lower():
        case ".csv":
            yield _csv_sheet(path)
        case ".xlsx":
            yield from _xlsx_sheets(path)
        case other:
            raise UnreadableFileError(
                f"{path}: a registry is a .csv or .xlsx file, not {other or 'without ending'}"
            )


def _csv_sheet(path: Path) -> Sheet:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"{path}: {error.strerror}") from error
    text = _decoded(path, content)
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise UnreadableFileError(f"{path}: row 1 is no CSV: {error}") from error
    return Sheet("", [cell.strip() for cell in header], _csv_rows(path, reader))


def _csv_rows(path: Path, reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    number = 1
    try:
        for row in reader:
            number += 1
            cells = [without_quote(cell.strip()) for cell in row]
            if any(cells):
                yield number, cells
    except csv.Error as error:
        raise UnreadableFileError(f"{path}: row {number + 1} is no CSV: {error}") from error


def _decoded(path: Path, content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFileError(f"{path}: is neither UTF-8 nor GB18030; save it as CSV UTF-8")


def _xlsx_sheets(path: Path) -> Iterator[Sheet]:
    import openpyxl  # here, since most processes never read a workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, InvalidFileException) as error:
        raise UnreadableFileError(f"{path}: is no workbook that can be read: {error}") from error
    try:
        for sheet in workbook.worksheets:
            rows = (
                (number, [_cell(value) for value in row]) for number, row in enumerate(sheet.values, start=1)
            )
            _, header = next(rows, (1, []))
            yield Sheet(sheet.title, header, ((number, cells) for number, cells in rows if any(cells)))
    finally:
        workbook.close()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() | date():
            return value.isoformat()
        case _:
            return without_quote(str(value).strip())
