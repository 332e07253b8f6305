"""Registry files: reading a CSV or XLSX into a `Site` and contacts, with every mistake told at its place.

A CSV has a `kind` column and the union of all columns; a workbook has one sheet a kind. Headers, kinds and words may
be English or Chinese. A file without weather sites gets the default one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heating.assets import Household, Site
from heating.contacts import Contact
from heating.errors import HeatingError
from storage.registry_files.cells import Sheet, UnreadableFileError, read_sheets
from storage.registry_files.checks import find_mistakes
from storage.registry_files.columns import (
    COLUMN_OF_HEADER,
    COLUMNS,
    CONTACT_COLUMNS,
    KIND_OF_WORD,
    KINDS,
    Kind,
    UnreadableCellError,
)
from storage.registry_files.writing import write_registry

__all__ = [
    "FileMistake",
    "RegistryFile",
    "RegistryFileError",
    "UnreadableFileError",
    "read_registry",
    "write_registry",
]

_COLUMN = {column.header: column for column in COLUMNS}
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class RegistryFile:
    """What a registry file holds."""

    site: Site
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class FileMistake:
    """One mistake and where it is."""

    file: str
    sheet: str
    """Empty in a CSV."""
    row: int
    """As a spreadsheet counts: 1 is the header."""
    column: str
    """English header; empty when the whole row is meant."""
    problem: str
    remedy: str

    def __str__(self) -> str:
        sheet = f", sheet {self.sheet}" if self.sheet else ""
        column = f", column {self.column}" if self.column else ""
        return f"{self.file}{sheet}, row {self.row}{column}: {self.problem}; {self.remedy}"


class RegistryFileError(HeatingError):
    """The file has mistakes; the text lists them (the first 200), `mistakes` has all."""

    def __init__(self, mistakes: Sequence[FileMistake]) -> None:
        lines = [str(mistake) for mistake in mistakes[:_SHOWN]]
        if len(mistakes) > _SHOWN:
            lines.append(f"and {len(mistakes) - _SHOWN} more")
        super().__init__("\n".join(lines))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class _Place:
    sheet: str
    row: int


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    file: str
    objects: dict[str, list[Any]] = field(default_factory=lambda: {kind.name: [] for kind in KINDS})
    places: dict[str, list[_Place]] = field(default_factory=lambda: {kind.name: [] for kind in KINDS})
    contacts: list[Contact] = field(default_factory=list)
    contact_places: list[_Place] = field(default_factory=list)
    unreadable_ids: set[str] = field(default_factory=set)
    mistakes: list[FileMistake] = field(default_factory=list)

    def complain(self, place: _Place, column: str, problem: str, remedy: str) -> None:
        """Note a mistake."""
        self.mistakes.append(FileMistake(self.file, place.sheet, place.row, column, problem, remedy))


def read_registry(path: Path) -> RegistryFile:
    """Read a registry file.

    Raises
    ------
    UnreadableFileError
        When it cannot be read as a table at all.
    RegistryFileError
        With every mistake: unknown columns and kinds, unreadable cells, missing references, ids that come twice …
    """
    reading = _Reading(str(path))
    for sheet in read_sheets(path):
        _read_sheet(reading, sheet)
    site = _site(reading)
    reading.mistakes.extend(_mistakes_of(reading, site))
    if reading.mistakes:
        raise RegistryFileError(sorted(reading.mistakes, key=lambda one: (one.sheet, one.row, one.column)))
    return RegistryFile(site, tuple(reading.contacts))


def _read_sheet(reading: _Reading, sheet: Sheet) -> None:
    header = _Place(sheet.name, 1)
    columns = [COLUMN_OF_HEADER.get(cell.casefold(), "") for cell in sheet.header]
    for cell, column in zip(sheet.header, columns, strict=True):
        if cell and not column:
            reading.complain(header, cell, "is an unknown column", "correct its name or delete it")
    for column in sorted({column for column in columns if column and columns.count(column) > 1}):
        reading.complain(header, column, "comes twice", "keep one of the columns")
    kind = KIND_OF_WORD.get(sheet.name.casefold())
    if kind is None and "kind" not in columns:
        remedy = "name the sheet after a kind (area, station, household …) or add a column kind"
        reading.complain(header, "kind", "does not say what its rows are", remedy)
        return
    for row, cells in sheet.rows:
        place = _Place(sheet.name, row)
        if len(cells) > len(columns) and any(cells[len(columns) :]):
            reading.complain(
                place, "", "has more cells than there are columns", "quote cells that hold a comma"
            )
        texts = {column: cell for column, cell in zip(columns, cells, strict=False) if column and cell}
        row_kind = kind or KIND_OF_WORD.get(texts.get("kind", "").casefold())
        if row_kind is None:
            known = ", ".join(one.name for one in KINDS)
            reading.complain(place, "kind", f"{texts.get('kind', '')!r} is no kind", f"write one of: {known}")
        else:
            _read_row(reading, place, row_kind, texts)


def _read_row(reading: _Reading, place: _Place, kind: Kind, texts: dict[str, str]) -> None:
    before = len(reading.mistakes)
    contact_columns = CONTACT_COLUMNS if kind.name == "household" else ()
    for column in texts.keys() - {"kind", *kind.columns, *contact_columns}:
        reading.complain(place, column, f"does not belong to a {kind.name}", "empty the cell")
    for column in kind.required:
        if column not in texts:
            reading.complain(place, column, "is empty", "fill it in")
    values: dict[str, Any] = {}
    for column in (*kind.columns, *contact_columns):
        if column in texts:
            try:
                values[kind.columns.get(column, column)] = _COLUMN[column].read(texts[column])
            except UnreadableCellError as error:
                reading.complain(place, column, f"cannot read {texts[column]!r}", str(error))
    if len(reading.mistakes) > before:
        # Others may point to this row; they shall not be blamed for it.
        reading.unreadable_ids.add(texts.get(kind.required[0], ""))
        return
    name, phone = (values.pop(column, "") for column in CONTACT_COLUMNS)
    made = values["weather_site_id"] if kind.asset is None else kind.asset(**values)
    reading.objects[kind.name].append(made)
    reading.places[kind.name].append(place)
    if isinstance(made, Household) and (name or phone):
        reading.contacts.append(Contact(household_id=made.household_id, name=name, phone=phone))
        reading.contact_places.append(place)


def _site(reading: _Reading) -> Site:
    parts: dict[str, Any] = {kind.attribute: tuple(reading.objects[kind.name]) for kind in KINDS}
    if not parts["weather_sites"]:
        del parts["weather_sites"]
    return Site(**parts)


def _mistakes_of(reading: _Reading, site: Site) -> Iterator[FileMistake]:
    """What is wrong between rows, at the place of the row."""
    for mistake in find_mistakes(site, reading.contacts):
        if mistake.kind == "contact":
            place, pointed = reading.contact_places[mistake.index], None
            column = mistake.field
        else:
            kind = KIND_OF_WORD[mistake.kind]
            place = reading.places[mistake.kind][mistake.index]
            pointed = getattr(reading.objects[mistake.kind][mistake.index], mistake.field, None)
            column = next((name for name, one in kind.columns.items() if one == mistake.field), mistake.field)
        if mistake.kind == "contact" and mistake.field == "household_id":
            continue  # The row of the household itself says it.
        if (
            isinstance(pointed, str)
            and pointed in reading.unreadable_ids
            and "there is no" in mistake.problem
        ):
            continue
        yield FileMistake(reading.file, place.sheet, place.row, column, mistake.problem, mistake.remedy)
