"""XLSX as rows of text, within bounds: a small file cannot keep a process busy for minutes or fill its memory.

Spreadsheets lose digits of long numbers, keep formulas without their results, and merge cells: what is lost is told in
the cell (`WrongCell`), merged cells hold their value in every row.
"""

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heating.errors import HeatingError

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

__all__ = ["UnreadableFileError", "WrongCell", "sheets_of"]

MAX_COLUMNS = 200
"""Columns that are looked at; a registry has 40."""
MAX_EMPTY_ROWS = 10_000
"""After so many empty rows the table has ended, whatever stands below."""
_MOST_DIGITS = 15
"""Digits of a number that a spreadsheet keeps."""
_BOMB_BYTES = 16_000_000
_BOMB_RATIO = 100
"""A part that is larger, and unfolds to more than this multiple of its packed size, is no table that people made; those
reach 20."""
_CHUNK = 1 << 16
_MERGED = re.compile(rb'<mergeCell [^>]*ref="\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})"')
_MOST_MERGED = 100_000

Row = list[str]


class UnreadableFileError(HeatingError):
    """The file is neither CSV nor XLSX that can be read at all."""


class WrongCell(str):
    """Text of a cell whose value was lost in the spreadsheet."""

    problem: str
    remedy: str

    @classmethod
    def of(cls, text: str, problem: str, remedy: str) -> "WrongCell":
        """Return the text with what is wrong about it."""
        cell = cls(text)
        cell.problem, cell.remedy = problem, remedy
        return cell


def sheets_of(path: Path) -> Iterator[tuple[str, Iterator[tuple[int, Row]]]]:
    """Yield title and numbered rows of each sheet; rows without any text are left out.

    Raises
    ------
    UnreadableFileError
        When it is no workbook, or unfolds to more than people make.
    """
    import openpyxl  # here, since most processes never read a workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        _refuse_bombs(path)
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, InvalidFileException) as error:
        raise UnreadableFileError(f"{path}: is no workbook that can be read: {error}") from error
    formulas: Workbook | None = None
    try:
        with zipfile.ZipFile(path) as archive:
            for number, sheet in enumerate(workbook.worksheets):
                # openpyxl names the part of a sheet in this attribute only.
                part = str(vars(sheet)["_worksheet_path"]).lstrip("/")
                merged, has_formulas = _look_through(archive, part)
                if has_formulas and formulas is None:
                    formulas = openpyxl.load_workbook(path, read_only=True, data_only=False)
                twin = formulas.worksheets[number] if has_formulas and formulas is not None else None
                yield sheet.title, _rows(sheet, twin, merged)
    finally:
        workbook.close()
        if formulas is not None:
            formulas.close()


def _refuse_bombs(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for part in archive.infolist():
            if part.file_size > max(_BOMB_BYTES, _BOMB_RATIO * part.compress_size):
                raise UnreadableFileError(
                    f"{path}: {part.filename} of {part.compress_size} bytes unfolds to {part.file_size}; "
                    "save the table again"
                )


def _look_through(archive: zipfile.ZipFile, part: str) -> tuple[dict[int, list[tuple[int, int]]], bool]:
    """Return merged cells below one another (first row to last row and column), and whether there are formulas."""
    merged: dict[int, list[tuple[int, int]]] = {}
    has_formulas, number, tail = False, 0, b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            text = tail + chunk
            has_formulas = has_formulas or b"<f>" in text or b"<f " in text
            cut = text.rfind(b"<")
            for left, top, _right, bottom in _MERGED.findall(text[:cut]):
                if int(bottom) > int(top) and number < _MOST_MERGED:
                    number += 1
                    merged.setdefault(int(top), []).append((int(bottom), _column(left)))
            tail = text[cut:] if cut >= 0 and len(text) - cut < _CHUNK else b""
    return merged, has_formulas


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _rows(sheet: Any, twin: Any, merged: dict[int, list[tuple[int, int]]]) -> Iterator[tuple[int, Row]]:
    values = sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True)
    told = () if twin is None else twin.iter_rows(max_col=MAX_COLUMNS, values_only=True)
    held: dict[int, tuple[int, str]] = {}
    empty = 0
    for number, (row, formulas) in enumerate(zip_longest(values, told, fillvalue=()), start=1):
        cells = [_cell(value) for value in row]
        for place, formula in enumerate(formulas):
            if isinstance(formula, str) and formula.startswith("=") and not cells[place]:
                remedy = "Open the file in the spreadsheet and save it, or write the value."
                cells[place] = WrongCell.of(formula, "The formula has no result in the file.", remedy)
        _fill_merged(cells, number, merged, held)
        if any(cells):
            empty = 0
            yield number, cells
        elif (empty := empty + 1) > MAX_EMPTY_ROWS:
            return


def _fill_merged(
    cells: Row, number: int, merged: dict[int, list[tuple[int, int]]], held: dict[int, tuple[int, str]]
) -> None:
    for place, (bottom, text) in list(held.items()):
        if number > bottom:
            del held[place]
        elif place < len(cells) and not cells[place] and any(cells):
            cells[place] = text
    for bottom, place in merged.get(number, ()):
        if place < len(cells) and cells[place]:
            held[place] = (bottom, cells[place])


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float() if value == value and abs(value) != float("inf") and value == int(value):
            text = str(int(value))
            if len(text.lstrip("-")) <= _MOST_DIGITS:
                return text
            problem = f"A number of {len(text)} digits: a spreadsheet keeps {_MOST_DIGITS} of them, the others are lost."
            return WrongCell.of(text, problem, "Format the column as text and type the number again.")
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value).strip()
