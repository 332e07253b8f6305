"""Alarms about what a person calls a place: the station, the buildings, and the homes in them.

What does not live here: which objects and rules the words may mean (`dashboard.alarms.subjects`).
"""

import sqlalchemy as sa

from heating.heat_tree import Level
from storage.records.household_search import buildings_of
from storage.records.queries import AlarmSubjects
from storage.records.schema.alarms import alarms
from storage.records.schema.registry import households, place_keys

__all__ = ["is_about"]


def is_about(subjects: AlarmSubjects) -> sa.ColumnElement[bool]:
    """Return the condition for alarms that are about any of the subjects."""
    either: list[sa.ColumnElement[bool]] = [
        alarms.c.object_id.in_(sorted(subjects.object_ids)),
        alarms.c.rule_id.in_(sorted(subjects.rule_ids)),
    ]
    if subjects.place_key:
        either += _at_place(place_keys.c.key.contains(subjects.place_key, autoescape=True))
    return sa.or_(*either)


def _at_place(named: sa.ColumnElement[bool]) -> list[sa.ColumnElement[bool]]:
    stations = sa.select(place_keys.c.object_id).where(place_keys.c.kind == "station", named)
    found = buildings_of(named)
    homes = sa.select(households.c.household_id).where(households.c.building_id.in_(found))

    def at(level: Level, ids: sa.Select[tuple[str]]) -> sa.ColumnElement[bool]:
        return sa.and_(alarms.c.level == level.word, alarms.c.object_id.in_(ids))

    return [at(Level.STATION, stations), at(Level.BUILDING, found), at(Level.HOUSEHOLD, homes)]
