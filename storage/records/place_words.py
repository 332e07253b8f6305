"""A word that strings several places together, or two scripts: ``锡林浩特市阳光小区``, ``阳光xiaoqu``.

The pieces are looked up in the keys of places; a city or a street that the registry does not have says nothing and is
passed over. What does not live here: which homes the pieces mean (`storage.records.household_search`).
"""

import re

import sqlalchemy as sa

from storage.records.schema.registry import place_keys

__all__ = ["begins_a_key", "passes_over", "place_pieces"]

_LONGEST = 32
"""Letters of a word that are looked at: longer ones are sentences."""
_SCRIPTS = re.compile(r"[a-z][a-z0-9]+|[^a-z]+(?:[a-z](?![a-z])[^a-z]*)*")
_ADMINISTRATIVE = re.compile(
    r".{1,8}?(?:自治区|特别行政区|街道|苏木|社区|大街|省|市|盟|州|(?<!小)区|县|旗|镇|乡|街|路|巷)"
)
_SUFFIX = re.compile(r"自治区|街道|苏木|社区|大街|[省市盟州区县旗镇乡街路巷]")


def passes_over(word: str) -> bool:
    """Whether a word is a city, a district or a street by its end, so that it may be passed over when unknown."""
    return _ADMINISTRATIVE.fullmatch(word) is not None


def place_pieces(connection: sa.Connection, word: str) -> list[str]:
    """Return the parts of keys that a word strings together; empty when it is no such word."""
    runs = _SCRIPTS.findall(word[:_LONGEST])
    known = _known_keys(connection, runs)
    pieces: list[str] = []
    for run in runs:
        found = [run] if run.isascii() else _cut(connection, run, known)
        if not found and len(runs) == 1:
            return []
        pieces += found or [run]
    return pieces if len(pieces) > 1 or pieces != [word] else []


def _known_keys(connection: sa.Connection, runs: list[str]) -> set[str]:
    parts = {run[i:j] for run in runs for i in range(len(run)) for j in range(i + 2, len(run) + 1)}
    if not parts:
        return set()
    return set(
        connection.scalars(sa.select(place_keys.c.key).where(place_keys.c.key.in_(sorted(parts))).distinct())
    )


def _cut(connection: sa.Connection, run: str, known: set[str]) -> list[str]:
    pieces: list[str] = []
    place = 0
    while place < len(run):
        rest = run[place:]
        longest = max((key for key in known if rest.startswith(key)), key=len, default="")
        if not longest and begins_a_key(connection, rest):
            return [*pieces, rest]
        if longest:
            pieces.append(longest)
            place += len(longest)
            suffix = _SUFFIX.match(run, place)
            place = suffix.end() if suffix is not None else place
            continue
        unknown = _ADMINISTRATIVE.match(rest)
        if unknown is None or unknown.end() == len(rest):
            return []
        place += unknown.end()
    return pieces


def begins_a_key(connection: sa.Connection, text: str) -> bool:
    """Whether the key of some place begins so."""
    begins = sa.and_(place_keys.c.key >= text, place_keys.c.key < text + "\U0010ffff")
    return connection.scalar(sa.select(sa.literal(1)).where(begins).limit(1)) is not None
