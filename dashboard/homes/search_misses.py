"""Why a search found nothing: which of its words fits no home, or that none fits them all."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["MissedPart", "SearchMiss", "explain_miss"]

_MOST_PARTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedPart:
    """One word of a search by itself."""

    text: str
    found: bool
    """Whether any home of the viewer's areas fits it."""
    digits: bool
    """A phone number, a room, a door."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchMiss:
    """A search without hits, word by word."""

    parts: Sequence[MissedPart]

    @property
    def none_together(self) -> bool:
        """Whether every word fits some home, but no home fits them all."""
        return len(self.parts) > 1 and all(part.found for part in self.parts)


def explain_miss(text: str, finds: Callable[[str], bool]) -> SearchMiss:
    """Return why a search without hits has none.

    Parameters
    ----------
    text : str
        What was searched.
    finds : callable
        Returns whether one word by itself finds a home.
    """
    words = re.findall(r"[\d-]+|[^\d\s-]+", text) if " " not in text.strip() else text.split()
    parts = [
        MissedPart(text=word, found=finds(word), digits=not word.strip("0123456789-"))
        for word in words[:_MOST_PARTS]
    ]
    return SearchMiss(parts=parts)
