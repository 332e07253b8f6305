"""Tables of the documents that are written from the code, between two marks of a page.

What lives here: the marks, and keeping the cells that people write. What the tables hold is in
`tests.support.operator_tables`.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = ["DOCS", "MISSING", "Kept", "Table", "table_of", "with_fresh_tables"]

DOCS = Path(__file__).parents[2] / "docs"
MISSING = "…"
"""Stands where somebody has to write what the code cannot say."""

Kept = Mapping[str, str]
"""First cell of a row, or first and second, to its last one, as the page has them now: what people wrote."""
Table = Callable[[Kept], str]

_BEGIN = "<!-- table {}: written by ./run golden -->\n"
_END = "<!-- end of {} -->"
_CELLS = re.compile(r"(?<!\\)\|")


def with_fresh_tables(page: str, tables: Mapping[str, Table]) -> str:
    """Return a page with every table between its marks written again.

    Raises
    ------
    ValueError
        When the marks of a table are not there exactly once, or a table of the page is not among `tables`.
    """
    named = re.findall(r"<!-- table ([\w-]+): ", page)
    if sorted(named) != sorted(tables):
        raise ValueError(f"the page has the tables {sorted(named)}, written are {sorted(tables)}")
    for name, table in tables.items():
        begin, end = _BEGIN.format(name), _END.format(name)
        if page.count(begin) != 1 or page.count(end) != 1:
            raise ValueError(f"the page has no one place for the table {name!r}")
        before, _, rest = page.partition(begin)
        old, _, after = rest.partition(end)
        page = f"{before}{begin}\n{table(_kept(old)).strip()}\n\n{end}{after}"
    return page


def table_of(head: str, rows: list[list[str]]) -> str:
    """Return a Markdown table; `head` is its first line without the outer bars."""
    rule = "|".join("---" for _ in head.split(" | "))
    return "\n".join([f"| {head} |", f"|{rule}|", *(f"| {' | '.join(cells)} |" for cells in rows)])


def _kept(table: str) -> dict[str, str]:
    rows = ([cell.strip() for cell in _CELLS.split(line)[1:-1]] for line in table.splitlines())
    kept = {}
    for cells in rows:
        if len(cells) > 1:
            kept[cells[0]] = kept[" ".join(cells[:2])] = cells[-1]
    return kept
