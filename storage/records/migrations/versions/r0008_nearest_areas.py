"""Alarms and incidents bear the lowest area of their object, so that its own people see them, not only those above."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision: str | None = "0007"
branch_labels = None
depends_on = None

_COMMUNITY_OF = "SELECT c.area_id FROM communities c JOIN buildings b ON b.community_id = c.community_id"
_NEAREST = {
    "source": "SELECT s.area_id FROM sources s WHERE s.source_id = {id}",
    "branch": "SELECT s.area_id FROM sources s JOIN branches b ON b.source_id = s.source_id WHERE b.branch_id = {id}",
    "station": "SELECT s.area_id FROM stations s WHERE s.station_id = {id}",
    "building": f"{_COMMUNITY_OF} WHERE b.building_id = {{id}}",
    # A riser is named after its building: ``building/u3``.
    "riser": f"{_COMMUNITY_OF} WHERE substr({{id}}, 1, length(b.building_id) + 2) = b.building_id || '/u'",
    "household": f"{_COMMUNITY_OF} JOIN households h ON h.building_id = b.building_id WHERE h.household_id = {{id}}",
}


def upgrade() -> None:
    """Look up the area of every object that an alarm or incident is about; what is gone keeps the area it had."""
    for table in ("alarms", "incidents"):
        for level, question in _NEAREST.items():
            nearest = question.format(id=f"{table}.object_id")
            op.execute(
                sa.text(
                    f"UPDATE {table} SET area_id = COALESCE(({nearest} LIMIT 1), area_id) WHERE level = :level"
                ).bindparams(level=level)
            )


def downgrade() -> None:
    """Bring back the areas at the top."""
    above = "SELECT a.parent_id FROM areas a WHERE a.area_id = {table}.area_id AND a.parent_id IS NOT NULL"
    for table in ("alarms", "incidents"):
        lower = f"UPDATE {table} SET area_id = ({above.format(table=table)}) WHERE EXISTS ({above.format(table=table)})"
        while op.get_bind().execute(sa.text(lower)).rowcount:
            pass
