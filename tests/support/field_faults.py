"""The table of docs/field-faults.md: which fault is held by which test. ``./run cases`` runs what it names.

``python -m tests.support.field_faults [FAULT …]`` prints the places of these faults' tests (``14a``, ``H3``, ``operate``),
of all without arguments. What does not live here: the tests.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FieldFault", "field_faults", "places_of"]

PROJECT_ROOT = Path(__file__).parents[2]
TABLE = PROJECT_ROOT / "docs" / "field-faults.md"
_NAME = re.compile(r"\b(?:\d{1,2}[a-d]?|[HM]\d{1,2})\b")
_PLACE = re.compile(r"`(tests/[^`\s]+)`")
_PARTS = 4


@dataclass(frozen=True, slots=True)
class FieldFault:
    """A row of the table."""

    text: str
    """Names and description of the fault, as written."""
    names: frozenset[str]
    """Numbers that it has in the list of its finders: ``14a``, ``H3``; none where nobody numbered it."""
    kind: str
    changed: str
    tests: str
    """The cell of the tests, as written."""

    @property
    def places(self) -> list[str]:
        """Tests of this fault, as pytest takes them."""
        return _PLACE.findall(self.tests)

    def is_called(self, word: str) -> bool:
        """Whether a word names this fault: a number of it, or what stands before the number."""
        return word in self.names or self.text.partition(":")[0].split()[0] == word


def field_faults(text: str | None = None) -> list[FieldFault]:
    """Read the rows of the table, head left out."""
    lines = (TABLE.read_text(encoding="utf-8") if text is None else text).splitlines()
    rows = [line.strip().strip("|").split("|") for line in lines if line.startswith("|")]
    return [_fault([cell.strip() for cell in cells]) for cells in rows[2:]]


def _fault(cells: Sequence[str]) -> FieldFault:
    if len(cells) != _PARTS:
        raise ValueError(f"a row of the table of faults has {len(cells)} cells: {cells[0]}")
    # Numbers stand before the colon; what follows has figures of its own.
    before, colon, _description = cells[0].partition(":")
    names = frozenset(_NAME.findall(before if colon else "")) if "operate" not in before else frozenset[str]()
    return FieldFault(cells[0], names, *cells[1:])


def places_of(faults: Iterable[FieldFault], words: Sequence[str] = ()) -> list[str]:
    """Return the tests of the faults that words name, of all without words; none twice, none within another.

    Raises
    ------
    LookupError
        When a word names no fault.
    """
    rows = list(faults)
    for word in words:
        if not any(row.is_called(word) for row in rows):
            raise LookupError(f"docs/field-faults.md has no fault {word}")
    named = [row for row in rows if not words or any(row.is_called(word) for word in words)]
    places = list(dict.fromkeys(place for row in named for place in row.places))
    return [
        place
        for place in places
        if not any(
            place != other and place.startswith((f"{other}::", f"{other.rstrip('/')}/")) for other in places
        )
    ]


if __name__ == "__main__":
    try:
        print("\n".join(places_of(field_faults(), sys.argv[1:])))
    except LookupError as error:
        sys.exit(str(error))
