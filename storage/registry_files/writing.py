"""Writing registry files. What is written can be read again by `storage.registry_files.reading` and gives the same.

Files hold names and phones: only their owner may read them. They appear whole or not at all.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path

from config.drafts import draft_for
from heating.assets import Site
from heating.contacts import Contact
from storage.registry_files.cells import UnreadableFileError, with_quote
from storage.registry_files.columns import COLUMNS, CONTACT_COLUMNS, ROW_KINDS, RowKind

__all__ = ["write_registry"]

Cell = str | float | int


def write_registry(path: Path, site: Site, contacts: Sequence[Contact] = ()) -> None:
    """Write a registry as CSV (UTF-8 with BOM, so that Excel reads it) or XLSX, by the ending of the name.

    Raises
    ------
    UnreadableFileError
        When the ending is neither ``.csv`` nor ``.xlsx``.
    """
    write = {".csv": _write_csv, ".xlsx": _write_xlsx}.get(path.suffix.lower())
    if write is None:
        raise UnreadableFileError(f"{path}: a registry is a .csv or .xlsx file")
    by_home = {contact.household_id: contact for contact in contacts}
    with draft_for(path, private=True) as draft:
        write(draft, site, by_home)


def _write_csv(path: Path, site: Site, contacts: Mapping[str, Contact]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, ["kind", *(column.header for column in COLUMNS)], restval="")
        writer.writeheader()
        for kind in ROW_KINDS:
            for row in _rows(kind, site, contacts):
                writer.writerow({"kind": kind.name, **row})


def _write_xlsx(path: Path, site: Site, contacts: Mapping[str, Contact]) -> None:
    import xlsxwriter  # here, since most processes never write a workbook

    workbook = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    try:
        for kind in ROW_KINDS:
            sheet = workbook.add_worksheet(kind.name)
            headers = [column.header for column in COLUMNS if column.header in _headers(kind)]
            for place, header in enumerate(headers):
                sheet.write_string(0, place, header)
            for number, row in enumerate(_rows(kind, site, contacts), start=1):
                for place, header in enumerate(headers):
                    cell = row.get(header, "")
                    if isinstance(cell, str) or float(f"{cell:.16G}") != cell:
                        # The library writes 16 digits; a number that needs 17 is kept as text.
                        sheet.write_string(number, place, str(cell))
                    else:
                        sheet.write_number(number, place, cell)
    finally:
        workbook.close()


def _headers(kind: RowKind) -> set[str]:
    return {*kind.columns, *(CONTACT_COLUMNS if kind.name == "household" else ())}


def _rows(kind: RowKind, site: Site, contacts: Mapping[str, Contact]) -> Iterator[dict[str, Cell]]:
    for asset in kind.kind.of(site):
        if kind.kind.asset is None:
            yield {"weather_site_id": asset}
            continue
        row = {column: _cell(getattr(asset, name)) for column, name in kind.columns.items()}
        if kind.name == "household" and asset.household_id in contacts:
            contact = contacts[asset.household_id]
            row |= {"contact_name": _cell(contact.name), "phone": _cell(contact.phone)}
        yield {column: cell for column, cell in row.items() if cell != ""}


def _cell(value: object) -> Cell:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value)
        case datetime():
            return value.isoformat()
        case int() | float():
            return value
        case _:
            return with_quote(str(value))
