"""Triggers that refuse to change or delete rows of a history, on SQLite and PostgreSQL."""

from collections.abc import Sequence

from alembic import op

__all__ = ["drop_refusal", "forbid_changes", "forbid_erasing", "permit_changes", "permit_erasing"]

_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change_of_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END;
$$
"""


def forbid_changes(table: str) -> None:
    """Make a table append-only; `table` is a name of ours, never input."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(_POSTGRESQL_FUNCTION)
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_history()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history()"
    )


def permit_changes(table: str) -> None:
    """Take the triggers away, before the table is dropped."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {table}_no_update")
        op.execute(f"DROP TRIGGER {table}_no_delete")
        return
    op.execute(f"DROP TRIGGER {table}_no_change ON {table}")
    op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")


def permit_erasing(table: str, column: str, *, kept: Sequence[str]) -> None:
    """Let the words of one column become empty, which erasing a person's data needs, while `kept` stay as they are.

    Names are ours, never input. Every other change, and every deletion, is refused as before.
    """
    sqlite = op.get_bind().dialect.name == "sqlite"
    permit_changes(table)
    same = " AND ".join(
        f"NEW.{name} {'IS' if sqlite else 'IS NOT DISTINCT FROM'} OLD.{name}" for name in kept
    )
    erases = f"NEW.{column} = '' AND {same}"
    if sqlite:
        for verb, when in (("UPDATE", f"WHEN NOT ({erases}) "), ("DELETE", "")):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {when}"
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    refuse = "EXECUTE FUNCTION refuse_change_of_history()"
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE ON {table} FOR EACH ROW WHEN (NOT ({erases})) {refuse}"
    )
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}")


def forbid_erasing(table: str) -> None:
    """Undo `permit_erasing`."""
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"DROP TRIGGER {table}_no_delete ON {table}")
    permit_changes(table)
    forbid_changes(table)


def drop_refusal() -> None:
    """Drop what the triggers call, once no table uses it any more."""
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_change_of_history()")
