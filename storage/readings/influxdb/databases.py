"""The database of InfluxDB 1.x and its retention policies; 2.x and 3.x keep theirs on the server's side."""

import re
from datetime import timedelta

import structlog

from storage.readings.errors import StoreAccessError, StoreQueryError
from storage.readings.influxdb.transport import InfluxTransport

__all__ = [
    "RAW_POLICY",
    "ROLLUP_POLICY",
    "apply_policies",
    "create_statements",
    "default_policy",
    "limits_of",
    "policy_lengths",
    "prepare_database",
    "quoted",
    "shown_hours",
]

RAW_POLICY = "nuanliu_raw"
"""Name of the default policy of a database that we made."""
ROLLUP_POLICY = "nuanliu_rollup"
"""Name of the policy of the roll-ups."""

_UNIT_S = {"h": 3600, "m": 60, "s": 1}
"""Units of a duration as the server writes it, for example ``168h0m0s`` [s]."""

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
    make_database, make_policy = create_statements(database, raw=raw, rollup=rollup)
    try:
        if database not in _first_column(transport, "SHOW DATABASES"):
            transport.query(make_database)
            _log.info("storage.influxdb_database_made", database=database)
        policies = _policies(transport, database)
        if ROLLUP_POLICY in policies:
            return policies
        try:
            transport.query(make_policy)
        except StoreAccessError as error:
            _log.warning("storage.influxdb_policy_not_made", database=database, reason=str(error))
            return policies
        return policies | {ROLLUP_POLICY}
    except (StoreQueryError, StoreAccessError) as error:
        _log.warning("storage.influxdb_policies_unknown", database=database, reason=str(error))
        return frozenset()


def create_statements(database: str, *, raw: timedelta, rollup: timedelta) -> tuple[str, str]:
    """Return the statements that make the database with its default policy, and the policy of the roll-ups."""
    return (
        f"CREATE DATABASE {quoted(database)} WITH DURATION {shown_hours(raw)} REPLICATION 1 "
        f"NAME {quoted(RAW_POLICY)}",
        f"CREATE RETENTION POLICY {quoted(ROLLUP_POLICY)} ON {quoted(database)} "
        f"DURATION {shown_hours(rollup)} REPLICATION 1",
    )


def default_policy(transport: InfluxTransport, database: str) -> tuple[str, timedelta] | None:
    """Return the name of the default policy and how long it keeps rows; zero is for ever, None: there is none.

    Raises
    ------
    heating.errors.HeatingError
        When the server is away or refuses.
    """
    return next(((name, length) for name, length, default in _lengths(transport, database) if default), None)


def policy_lengths(
    transport: InfluxTransport, database: str
) -> tuple[timedelta | None, dict[str, timedelta]]:
    """Return how long the default policy keeps rows, and every policy by name; zero is for ever.

    Raises
    ------
    heating.errors.HeatingError
        When the server is away or refuses.
    """
    found = _lengths(transport, database)
    default = next((length for _, length, is_default in found if is_default), None)
    return default, {name: length for name, length, _ in found}


def _lengths(transport: InfluxTransport, database: str) -> list[tuple[str, timedelta, bool]]:
    """Return name, length and whether it is the default of every policy."""
    found: list[tuple[str, timedelta, bool]] = []
    for series in transport.query(f"SHOW RETENTION POLICIES ON {quoted(database)}")[0]:
        for row in series.get("values", []):
            cells = dict(zip(series["columns"], row, strict=True))
            parts = re.findall(r"(\d+)([hms])", cells["duration"])
            length = timedelta(seconds=sum(int(number) * _UNIT_S[unit] for number, unit in parts))
            found.append((cells["name"], length, bool(cells["default"])))
    return found


def limits_of(transport: InfluxTransport) -> dict[str, float]:
    """Return the server's limits of series and tag values, without those that are off; only an admin is told."""
    try:
        answer = transport.query("SHOW DIAGNOSTICS")
    except (StoreQueryError, StoreAccessError):
        return {}
    cells = {
        name: value
        for series in answer[0]
        if series.get("name") == "config-data"
        for name, value in zip(series["columns"], series["values"][0], strict=True)
    }
    names = ("max-values-per-tag", "max-series-per-database")
    return {name.replace("-", "_"): float(cells[name]) for name in names if cells.get(name)}


def apply_policies(
    transport: InfluxTransport, database: str, policies: frozenset[str], *, raw: timedelta, rollup: timedelta
) -> None:
    """Give the policies that we made the configured length; the server deletes by itself then.

    Where only an admin may, they keep the length that the admin gave them.

    Raises
    ------
    heating.errors.HeatingError
        When the server is away or refuses.
    """
    for policy, length in ((RAW_POLICY, raw), (ROLLUP_POLICY, rollup)):
        if policy not in policies:
            continue
        try:
            transport.query(
                f"ALTER RETENTION POLICY {quoted(policy)} ON {quoted(database)} DURATION {shown_hours(length)}"
            )
        except StoreAccessError as error:
            _log.info("storage.influxdb_policy_kept", policy=policy, reason=str(error))


def _policies(transport: InfluxTransport, database: str) -> frozenset[str]:
    return frozenset(_first_column(transport, f"SHOW RETENTION POLICIES ON {quoted(database)}"))


def _first_column(transport: InfluxTransport, statement: str) -> list[str]:
    return [row[0] for series in transport.query(statement)[0] for row in series.get("values", [])]


def quoted(name: str) -> str:
    """Return a name as InfluxQL quotes it."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shown_hours(length: timedelta) -> str:
    """Return a length as the server takes it, in whole hours."""
    return f"{max(1, round(length / timedelta(hours=1)))}h"
