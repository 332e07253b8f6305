"""Files as rows of text: CSV (UTF-8, with or without BOM, or GB18030) and XLSX, and the quoting of formulas.

Nothing here knows what the columns mean.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from storage.registry_files.workbooks import UnreadableFileError, WrongCell, sheets_of

__all__ = ["Sheet", "UnreadableFileError", "WrongCell", "read_sheets", "with_quote", "without_quote"]

# Spreadsheets read full-width signs as the plain ones, too.
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_QUOTED_FORMULA = re.compile(r"'+[=+\-@\t\r＝＋－＠]")


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
    for title, rows in sheets_of(path):
        _, header = next(rows, (1, []))
        yield Sheet(title, header, ((number, [_unquoted(cell) for cell in cells]) for number, cells in rows))


def _unquoted(cell: str) -> str:
    return cell if isinstance(cell, WrongCell) else without_quote(cell)
