"""The database of InfluxDB 1.x and its retention policies; 2.x and 3.x keep theirs on the server's side."""

from datetime import timedelta

import structlog

from storage.readings.errors import StoreAccessError, StoreQueryError
from storage.readings.influxdb.transport import InfluxTransport

__all__ = ["RAW_POLICY", "ROLLUP_POLICY", "apply_policies", "prepare_database"]

RAW_POLICY = "nuanliu_raw"
"""Name of the default policy of a database that we made."""
ROLLUP_POLICY = "nuanliu_rollup"
"""Name of the policy of the roll-ups."""

_log = structlog.get_logger()


def prepare_database(
    transport: InfluxTransport, database: str, *, raw: timedelta, rollup: timedelta
) -> frozenset[str]:
    """Make the database and the policy of the roll-ups where they are missing and we may; return the policies.

    The default policy of a database that was there before is left alone: its owner decides how long data stay.

    Raises
    ------
    StoreUnavailableError
        When the server is away.
    """
    try:
        if database not in _first_column(transport, "SHOW DATABASES"):
            transport.query(
                f"CREATE DATABASE {_quoted(database)} WITH DURATION {_hours(raw)} REPLICATION 1 "
                f"NAME {_quoted(RAW_POLICY)}"
            )
            _log.info("storage.influxdb_database_made", database=database)
        if ROLLUP_POLICY not in _policies(transport, database):
            transport.query(
                f"CREATE RETENTION POLICY {_quoted(ROLLUP_POLICY)} ON {_quoted(database)} "
                f"DURATION {_hours(rollup)} REPLICATION 1"
            )
        return _policies(transport, database)
    except (StoreQueryError, StoreAccessError) as error:
        _log.warning("storage.influxdb_policies_unknown", database=database, reason=str(error))
        return frozenset()


def apply_policies(
    transport: InfluxTransport, database: str, policies: frozenset[str], *, raw: timedelta, rollup: timedelta
) -> None:
    """Give the policies that we made the configured length; the server deletes by itself then.

    Raises
    ------
    heating.errors.HeatingError
        When the server is away or refuses.
    """
    for policy, length in ((RAW_POLICY, raw), (ROLLUP_POLICY, rollup)):
        if policy in policies:
            transport.query(
                f"ALTER RETENTION POLICY {_quoted(policy)} ON {_quoted(database)} DURATION {_hours(length)}"
            )


def _policies(transport: InfluxTransport, database: str) -> frozenset[str]:
    return frozenset(_first_column(transport, f"SHOW RETENTION POLICIES ON {_quoted(database)}"))


def _first_column(transport: InfluxTransport, statement: str) -> list[str]:
    return [row[0] for series in transport.query(statement)[0] for row in series.get("values", [])]


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _hours(length: timedelta) -> str:
    return f"{max(1, round(length / timedelta(hours=1)))}h"
