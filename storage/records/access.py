"""The access filter: which rows a person's areas cover. It is part of every query that takes `area_ids`."""

import sqlalchemy as sa

from storage.records.schema.registry import areas

__all__ = ["within_areas"]


def within_areas(column: sa.ColumnElement[str], area_ids: frozenset[str] | None) -> sa.ColumnElement[bool]:
    """Return the condition that `column` is one of the areas or lies below one; None lets everything pass."""
    if area_ids is None:
        return sa.true()
    if not area_ids:
        return sa.false()
    named = sorted(area_ids)
    below = sa.select(areas.c.area_id).where(areas.c.area_id.in_(named)).cte(recursive=True)
    below = below.union(sa.select(areas.c.area_id).where(areas.c.parent_id == below.c.area_id))
    # Areas are named twice so that rows of an area which the registry has not (yet) are seen by its people.
    return sa.or_(column.in_(named), column.in_(sa.select(below.c.area_id)))
