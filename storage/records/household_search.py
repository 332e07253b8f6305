"""The search for homes: a query is read into terms, each term into ways it can be meant, each way asks an index.

The ways are tried from the likeliest on until the page is full, so that a clerk's keystroke costs some indexed look-ups
and never a walk over every home (but for digits from the middle of a phone number, which come last).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

import sqlalchemy as sa

from storage.records.access import within_areas
from storage.records.place_words import begins_a_key, passes_over, place_pieces
from storage.records.schema.registry import (
    areas,
    buildings,
    communities,
    contacts,
    households,
    place_keys,
)
from storage.records.search_keys import Term, read_query

__all__ = ["buildings_of", "find_household_ids"]

_MAX_TERMS = 6
_MAX_READINGS = 48
_AFTER_EVERY_TEXT = "\U0010ffff"
_WHOLE_DOOR = 3
"""Parts of a door that names one home: building, unit, room."""
_PERSON, _PLACE = 1, 2
_SHORTEST_PHONE_MIDDLE = 5
"""Digits from which the middle of a phone number is searched too."""
_SHORTEST_MIDDLE = 2
"""Letters or digits from which the middle of a key is searched too."""


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to read one term."""

    condition: sa.ColumnElement[bool]
    about_contact: bool = False
    """Whether the condition is about the contact's row."""
    breadth: int = 0
    """0: few homes fit, 1: people of a name, 2: all homes of a place."""
    places: tuple[sa.Select[tuple[str]], ...] = ()
    """Sets of buildings, all of them meant, when the term is read as a place."""
    aside: sa.ColumnElement[bool] | None = None
    """The same condition out of reach of an index, for when a narrower way leads."""


def find_household_ids(
    connection: sa.Connection, query: str, *, area_ids: frozenset[str] | None, limit: int
) -> list[str]:
    """Return ids of homes that are not retired, likeliest reading first, at most `limit`."""
    terms = read_query(query)[:_MAX_TERMS]
    found: dict[str, None] = {}
    exact = _search(connection, [_Way(households.c.household_id == query.strip())], area_ids, 1)
    found.update(dict.fromkeys(exact))
    if not terms:
        return list(found)
    ways = [list(_ways(connection, term, alone=len(terms) == 1)) for term in terms]
    for reading in islice(product(*ways), _MAX_READINGS):
        if len(found) >= limit or (found and _names_one_home(terms)):
            break
        found.update(dict.fromkeys(_search(connection, reading, area_ids, limit)))
    return list(found)[:limit]


def _names_one_home(terms: Sequence[Term]) -> bool:
    """Whether a place and a whole door are given: what is found by them is meant, other readings are guesses."""
    whole = any(term.kind == "door" and len(term.text.strip("-").split("-")) >= _WHOLE_DOOR for term in terms)
    return whole and any(term.kind == "word" for term in terms)


def _search(
    connection: sa.Connection, reading: Sequence[_Way], area_ids: frozenset[str] | None, limit: int
) -> list[str]:
    source: sa.FromClause = households
    if any(way.about_contact for way in reading):
        source = households.join(contacts, contacts.c.household_id == households.c.household_id)
    narrowest = min(way.breadth for way in reading)
    # The database cannot know how many homes a range holds: only the narrowest way may lead it to an index.
    conditions = [
        way.condition if way.breadth == narrowest or way.aside is None else way.aside for way in reading
    ]
    statement = (
        sa.select(households.c.household_id)
        .select_from(source)
        .where(households.c.retired_at.is_(None), *conditions)
        .limit(limit)
    )
    places = [found for way in reading for found in way.places]
    if area_ids is not None and narrowest == _PLACE:
        # Every term is a set of buildings: meet them first, homes come after.
        statement = statement.where(households.c.building_id.in_(sa.intersect(*places, _seen(area_ids))))
    elif area_ids is not None:
        here = buildings.c.building_id == households.c.building_id
        statement = statement.where(_seen(area_ids).where(here).correlate(households).exists())
    return list(connection.scalars(statement))


def _seen(area_ids: frozenset[str]) -> sa.Select[tuple[str]]:
    """Buildings that these areas cover."""
    return (
        sa.select(buildings.c.building_id)
        .join(communities, communities.c.community_id == buildings.c.community_id)
        .where(within_areas(communities.c.area_id, area_ids))
    )


def _ways(connection: sa.Connection, term: Term, *, alone: bool) -> Iterator[_Way]:
    match term.kind:
        case "word":
            yield from _word_ways(connection, term.text, alone=alone)
        case "door":
            yield from _door_ways(term.text)
        case _:
            yield from _digit_ways(connection, term.text)


def _word_ways(connection: sa.Connection, word: str, *, alone: bool) -> Iterator[_Way]:
    """Places whose key begins so or that are strung together so, people of that name, places with it in the middle."""
    starts = _begins(place_keys.c.key, word)
    if begins_a_key(connection, word):
        yield _place_way(starts)
    elif pieces := place_pieces(connection, word):
        yield _place_way(*(_piece(connection, piece) for piece in pieces))
    elif not alone and passes_over(word):
        yield _Way(sa.true(), breadth=_PLACE)
    names = [contacts.c[name] for name in ("name_key", "pinyin_key", "initials_key")]
    named = sa.or_(*(_begins(name, word) for name in names))
    if connection.scalar(sa.select(sa.literal(1)).where(named).limit(1)):
        aside = sa.or_(*(_begins(name.concat(""), word) for name in names))
        yield _Way(named, about_contact=True, breadth=_PERSON, aside=aside)
    if len(word) >= _SHORTEST_MIDDLE:
        yield _place_way(sa.and_(_contains(connection, place_keys.c.key, word), sa.not_(starts)))


def _piece(connection: sa.Connection, piece: str) -> sa.ColumnElement[bool]:
    """The beginning of a key where one begins so, else any part of one: ``xiaoqu`` of ``yangguangxiaoqu``."""
    column = place_keys.c.key
    return _begins(column, piece) if begins_a_key(connection, piece) else _contains(connection, column, piece)


def _place_way(*keys: sa.ColumnElement[bool]) -> _Way:
    places = tuple(buildings_of(one) for one in keys)
    column = households.c.building_id
    return _Way(
        sa.and_(*(column.in_(found) for found in places)),
        breadth=_PLACE,
        places=places,
        aside=sa.and_(*(column.concat("").in_(found) for found in places)),
    )


def buildings_of(keys: sa.ColumnElement[bool]) -> sa.Select[tuple[str]]:
    """Buildings that a place key means: themselves, those of a community, those of an area and the areas below."""

    def matching(kind: str) -> sa.Select[tuple[str]]:
        return sa.select(place_keys.c.object_id).where(place_keys.c.kind == kind, keys)

    covered = sa.select(areas.c.area_id).where(areas.c.area_id.in_(matching("area")))
    below = covered.cte(recursive=True)
    below = below.union(sa.select(areas.c.area_id).where(areas.c.parent_id == below.c.area_id))
    in_communities = sa.select(communities.c.community_id).where(
        sa.or_(
            communities.c.community_id.in_(matching("community")),
            communities.c.area_id.in_(sa.select(below.c.area_id)),
        )
    )
    return sa.select(buildings.c.building_id).where(
        sa.or_(
            buildings.c.building_id.in_(matching("building")),
            buildings.c.community_id.in_(in_communities),
        )
    )


def _door_ways(text: str) -> Iterator[_Way]:
    """``12-3-301`` or its beginning; ``3-301`` is unit and room, or building and room of a house with one unit."""
    parts = text.strip("-").split("-")
    if len(parts) == 2 and len(parts[1]) >= 3:
        first, room = parts
        yield _Way(households.c.room_key == f"{room}-{first}")
        yield _Way(sa.and_(_begins(households.c.door_key, f"{first}-"), households.c.room == room))
        return
    if len(parts) <= 2:
        yield _Way(_begins(households.c.door_key, "-".join(parts) + "-"))
        return
    yield _Way(households.c.door_key == "-".join(parts))
    yield _Way(_begins(households.c.door_key, "-".join(parts)))


def _digit_ways(connection: sa.Connection, digits: str) -> Iterator[_Way]:
    """A room, a building, the end, the beginning or the middle of a phone number."""
    if len(digits) <= 2:
        yield _Way(_begins(households.c.door_key, f"{digits}-"))
        return
    if len(digits) <= 4:
        yield _Way(_begins(households.c.room_key, f"{digits}-"))
    yield _Way(_begins(contacts.c.phone_end_key, digits[::-1]), about_contact=True)
    yield _Way(_begins(contacts.c.phone_key, digits), about_contact=True)
    if _SHORTEST_PHONE_MIDDLE <= len(digits) < 11:
        anywhere = sa.select(contacts.c.household_id).where(
            _contains(connection, contacts.c.phone_key, digits)
        )
        yield _Way(households.c.household_id.in_(anywhere))


def _begins(column: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
    """A prefix as a range of code points, which an index answers on both databases."""
    return sa.and_(column >= text, column < text + _AFTER_EVERY_TEXT)


def _contains(connection: sa.Connection, column: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
    """Whether the text is anywhere in a key; quicker than LIKE, and no sign has a meaning."""
    place = sa.func.instr if connection.dialect.name == "sqlite" else sa.func.strpos
    return place(column, text) > 0
