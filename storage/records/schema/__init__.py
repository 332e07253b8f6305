"""The tables, one module a subject. `METADATA` holds them all once this package is imported.

What lives here: names, types, constraints, indexes. What does not: how a database gets there (`migrations`), and the
triggers that refuse changes to histories, which only migrations create (`APPEND_ONLY` names their tables).
"""

from storage.records.schema import alarms, devices, people, registry, rollups, rooms, tickets
from storage.records.schema.columns import METADATA

__all__ = [
    "APPEND_ONLY",
    "METADATA",
    "alarms",
    "devices",
    "people",
    "registry",
    "rollups",
    "rooms",
    "tickets",
]

APPEND_ONLY = ("alarm_events", "audit_entries", "ticket_events")
"""Tables whose rows may never be changed or deleted."""
