"""Records in SQLite or PostgreSQL: registry, people, alarms with history, outbox, tickets, audit.

The only place of the project that knows SQLAlchemy. Open them with `storage.records.records.open_records`. Readings
are not here: they are in `storage.readings`.
"""
