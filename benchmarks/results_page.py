"""The kept results: a table in RESULTS.md, one row a benchmark, machine and day."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

HEAD = """\
# Benchmark results

Written by `./run bench --record`. Absolute figures belong to their machine; ratios to a reference of the same run
travel better. A goal without a mark was not judged.

| name | value | reference | ratio | goal | met | date | machine |
|---|---|---|---|---|---|---|---|
"""

COLUMNS = 8


def record(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Merge rows into the page; a row of the same name, date and machine is replaced, others are kept."""
    kept = {(cells[0], cells[6], cells[7]): cells for cells in _read(path)}
    for row in rows:
        cells = _cells(row)
        kept[(cells[0], cells[6], cells[7])] = cells
    lines = [f"| {' | '.join(kept[key])} |" for key in sorted(kept)]
    path.write_text(HEAD + "".join(line + "\n" for line in lines), encoding="utf-8")


def _read(path: Path) -> list[list[str]]:
    if not path.exists():
        return []
    table = path.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table if line.startswith("| ")]
    return [cells for cells in rows if len(cells) == COLUMNS and cells[0] != "name"]


def _cells(row: Mapping[str, Any]) -> list[str]:
    reference = row["reference"]
    met = {True: "yes", False: "NO", None: ""}[row["met"]]
    return [
        str(row["name"]),
        f"{row['value']:,.4g} {row['unit']}" if row["value"] < 1000 else f"{row['value']:,.0f} {row['unit']}",
        "" if reference is None else f"{reference['name']}: {reference['value']:g}",
        "" if row["ratio"] is None else f"{row['ratio']:g}",
        row["goal"] or "",
        met,
        str(row["date"]),
        str(row["machine"]).replace("|", "/"),
    ]
