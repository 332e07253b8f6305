"""Registry files: reading a CSV or XLSX into a `Site` and contacts, with the place of every mistake.

A CSV has a `kind` column and the union of all columns; a workbook has one sheet a kind. Headers, kinds and words may
be English or Chinese. Read onto the registry that is there, a file may be a part of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from config.mistakes import Mistake
from heating.assets import Household, SensorAssignment, Site
from heating.contacts import Contact
from storage.registry_files.cells import Sheet, UnreadableFileError, WrongCell, read_sheets
from storage.registry_files.checks import BrokenRegistryError, find_mistakes
from storage.registry_files.columns import (
    COLUMN_OF_HEADER,
    COLUMNS,
    CONTACT_COLUMNS,
    ROW_KIND_OF_WORD,
    ROW_KINDS,
    RowKind,
)
from storage.registry_files.merging import MergedRegistry, merged_onto
from storage.registry_files.office_forms import UnreadableCellError, first_phone, is_total
from storage.registry_files.writing import write_registry

__all__ = [
    "Onto",
    "RegistryFile",
    "RegistryFileError",
    "UnreadableFileError",
    "read_registry",
    "write_registry",
]

_COLUMN = {column.header: column for column in COLUMNS}


@dataclass(frozen=True, slots=True)
class RegistryFile:
    """What a registry file holds."""

    site: Site
    contacts: tuple[Contact, ...]
    kept_moves: tuple[SensorAssignment, ...] = ()
    """Moves of sensors made since, which the file would have undone."""
    skipped: tuple[str, ...] = ()
    """What in the file is no data and was left out, with its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Onto:
    """What a file is read onto."""

    site: Site
    contacts: Sequence[Contact] = ()
    remove: bool = False
    """Whether what the file does not name goes."""
    undo_moves: bool = False
    """Whether moves of sensors made since are undone."""


class RegistryFileError(BrokenRegistryError):
    """The file has mistakes; the text shows the first 200, `mistakes` has all."""

    shown = 200


@dataclass(frozen=True, slots=True)
class _Place:
    sheet: str
    row: int


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    file: str
    objects: dict[str, list[Any]] = field(default_factory=lambda: {kind.name: [] for kind in ROW_KINDS})
    places: dict[str, list[_Place]] = field(default_factory=lambda: {kind.name: [] for kind in ROW_KINDS})
    contacts: list[Contact] = field(default_factory=list)
    contact_places: list[_Place] = field(default_factory=list)
    unreadable_ids: set[str] = field(default_factory=set)
    mistakes: dict[tuple[str, int, str], list[Mistake]] = field(default_factory=dict)
    """By sheet, row and column."""
    complaints: int = 0
    skipped: list[str] = field(default_factory=list)

    def skip(self, place: _Place, what: str) -> None:
        """Note what is no data and is left out."""
        sheet = f"sheet {place.sheet}, " if place.sheet else ""
        self.skipped.append(f"{sheet}row {place.row}: {what}")

    def complain(self, place: _Place, column: str, problem: str, remedy: str) -> None:
        """Note a mistake; `column` is empty when the whole row is meant."""
        sheet = f", sheet {place.sheet}" if place.sheet else ""
        row = f", row {place.row}" if place.row else ""
        where = f"{self.file}{sheet}{row}" + (f", column {column}" if column else "")
        self.complaints += 1
        cell = (place.sheet, place.row, column)
        self.mistakes.setdefault(cell, []).append(Mistake(where, problem, remedy))


def read_registry(path: Path, *, onto: Onto | None = None) -> RegistryFile:
    """Read a registry file; with `onto` return the registry that follows from importing it there.

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
    onto = onto or Onto(site=Site(weather_sites=()))
    merged = merged_onto(
        onto.site,
        onto.contacts,
        _site(reading),
        reading.contacts,
        remove=onto.remove,
        undo_moves=onto.undo_moves,
    )
    _complain_of_rows_that_do_not_fit(reading, merged)
    if reading.mistakes:
        raise RegistryFileError([one for cell in sorted(reading.mistakes) for one in reading.mistakes[cell]])
    return RegistryFile(merged.site, merged.contacts, merged.kept_moves, tuple(reading.skipped))


def _read_sheet(reading: _Reading, sheet: Sheet) -> None:
    header = _Place(sheet.name, 1)
    if not any(sheet.header) and next(sheet.rows, None) is None:
        reading.skip(header, "the sheet is empty")
        return
    columns = [COLUMN_OF_HEADER.get(cell.casefold(), "") for cell in sheet.header]
    for cell, column in zip(sheet.header, columns, strict=True):
        if cell and not column:
            reading.complain(header, cell, "The column is unknown.", "Correct its name or delete it.")
    for column in sorted({column for column in columns if column and columns.count(column) > 1}):
        reading.complain(header, column, "The column comes twice.", "Keep one of them.")
    kind = ROW_KIND_OF_WORD.get(sheet.name.casefold())
    if kind is None and "kind" not in columns:
        remedy = "Name the sheet after a kind (area, station, household …) or add a column kind."
        reading.complain(header, "kind", "The table does not say what its rows are.", remedy)
        return
    for row, cells in sheet.rows:
        place = _Place(sheet.name, row)
        first = next(cell for cell in cells if cell)
        if is_total(first):
            reading.skip(place, f"{first[:20]!r} is a sum and no object")
            continue
        if len(cells) > len(columns) and any(cells[len(columns) :]):
            reading.complain(
                place, "", "The row has more cells than there are columns.", "Quote cells that hold a comma."
            )
        texts = {column: cell for column, cell in zip(columns, cells, strict=False) if column and cell}
        row_kind = kind or ROW_KIND_OF_WORD.get(texts.get("kind", "").casefold())
        if row_kind is None:
            known = ", ".join(one.name for one in ROW_KINDS)
            reading.complain(
                place, "kind", f"{texts.get('kind', '')!r} is no kind.", f"Write one of: {known}."
            )
        else:
            _read_row(reading, place, row_kind, texts)


def _read_row(reading: _Reading, place: _Place, kind: RowKind, texts: dict[str, str]) -> None:
    before = reading.complaints
    contact_columns = CONTACT_COLUMNS if kind.name == "household" else ()
    for column in texts.keys() - {"kind", *kind.columns, *contact_columns}:
        reading.complain(place, column, f"The column does not belong to a {kind.name}.", "Empty the cell.")
    for column in kind.required:
        if column not in texts:
            reading.complain(place, column, "The cell is empty.", "Fill it in.")
    values = _values(reading, place, kind, texts)
    if reading.complaints > before:
        # Others may point to this row; they shall not be blamed for it.
        reading.unreadable_ids.add(texts.get(kind.required[0], ""))
        return
    if "phone" in values and first_phone(texts["phone"])[1]:
        reading.skip(place, "a home has one phone: the first was taken")
    name, phone = (values.pop(column, "") for column in CONTACT_COLUMNS)
    asset = kind.kind.asset
    made = values["weather_site_id"] if asset is None else asset(**values)
    reading.objects[kind.name].append(made)
    reading.places[kind.name].append(place)
    if isinstance(made, Household) and (name or phone):
        reading.contacts.append(Contact(household_id=made.household_id, name=name, phone=phone))
        reading.contact_places.append(place)


def _values(reading: _Reading, place: _Place, kind: RowKind, texts: dict[str, str]) -> dict[str, Any]:
    """Return the values of a row's cells by field; what cannot be read is noted."""
    values: dict[str, Any] = {}
    contact_columns = CONTACT_COLUMNS if kind.name == "household" else ()
    for column in (*kind.columns, *contact_columns):
        cell = texts.get(column)
        if isinstance(cell, WrongCell):
            reading.complain(place, column, cell.problem, cell.remedy)
        elif cell is not None:
            try:
                values[kind.columns.get(column, column)] = _COLUMN[column].read(cell)
            except UnreadableCellError as error:
                reading.complain(place, column, f"Cannot read {cell!r}.", error.remedy)
    return values


def _site(reading: _Reading) -> Site:
    parts: dict[str, Any] = {kind.kind.attribute: tuple(reading.objects[kind.name]) for kind in ROW_KINDS}
    return Site(**parts)


def _complain_of_rows_that_do_not_fit(reading: _Reading, merged: MergedRegistry) -> None:
    """Note what is wrong between rows, at the place of the row; the rows of the file come last in each kind."""
    for found in find_mistakes(merged.site, merged.contacts):
        if found.missing_id in reading.unreadable_ids:
            continue  # the row with that id has a mistake of its own
        one = replace(found, index=found.index - _rows_before(reading, merged, found.kind))
        if one.index < 0:
            # An object that is there already and that no row names: it leans on something that goes.
            reading.complain(_Place("", 0), f"{one.kind} {one.object_id}", one.problem, one.remedy)
        elif one.kind != "contact":
            columns = ROW_KIND_OF_WORD[one.kind].columns
            column = next((name for name, field in columns.items() if field == one.field), one.field)
            reading.complain(reading.places[one.kind][one.index], column, one.problem, one.remedy)
        elif one.field != "household_id":  # else the row of the household itself says it
            reading.complain(reading.contact_places[one.index], one.field, one.problem, one.remedy)


def _rows_before(reading: _Reading, merged: MergedRegistry, kind: str) -> int:
    if kind == "contact":
        return len(merged.contacts) - len(reading.contacts)
    return len(ROW_KIND_OF_WORD[kind].kind.of(merged.site)) - len(reading.objects[kind])
