"""What a server needs before the first reading: database, lengths, the user and its rights; made, or said exactly.

An administrator's token makes it all; with a smaller one what is missing is said as the statements or commands that an
administrator runs. What was there before is left as it is: its owner decides how long data stay.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from storage.readings.errors import StoreAccessError, StoreMissingError, StoreQueryError
from storage.readings.influxdb.buckets import bucket_retention, prepare_buckets, rollup_bucket
from storage.readings.influxdb.databases import (
    ROLLUP_POLICY,
    create_statements,
    default_policy,
    prepare_database,
    quoted,
    shown_hours,
)
from storage.readings.influxdb.flavour import Flavour
from storage.readings.influxdb.transport import InfluxTransport

__all__ = ["Prepared", "Wanted", "prepare_server"]

_REFUSED = (StoreQueryError, StoreAccessError, StoreMissingError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the settings say."""

    database: str
    org: str
    raw: timedelta
    """How long readings are kept."""
    rollup: timedelta
    """How long roll-ups are kept."""
    token: str | None
    """Of the house: ``user:password`` for 1.x."""


@dataclass(slots=True)
class Prepared:
    """What came of it."""

    there: list[str] = field(default_factory=list)
    """What is there now, made or found."""
    to_do: list[str] = field(default_factory=list)
    """Statements and commands for an administrator, as they are to be run."""
    remarks: list[str] = field(default_factory=list)
    """What is otherwise than the settings say."""


def prepare_server(transport: InfluxTransport, flavour: Flavour, wanted: Wanted) -> Prepared:
    """Make what is missing, as far as the transport's token may.

    Raises
    ------
    storage.readings.errors.StoreUnavailableError
        When the server is away or does not know the token.
    """
    prepared = Prepared()
    if flavour is Flavour.V1:
        _prepare_v1(transport, wanted, prepared)
    else:
        _prepare_buckets(transport, flavour, wanted, prepared)
    return prepared


def _prepare_v1(transport: InfluxTransport, wanted: Wanted, prepared: Prepared) -> None:
    name = wanted.database
    policies = prepare_database(transport, name, raw=wanted.raw, rollup=wanted.rollup)
    create, rollups = create_statements(name, raw=wanted.raw, rollup=wanted.rollup)
    if policies:
        prepared.there.append(f"database {name}")
    else:
        prepared.to_do.append(create)
    if ROLLUP_POLICY in policies:
        prepared.there.append(f"retention policy {ROLLUP_POLICY}")
    else:
        prepared.to_do.append(rollups)
    try:
        kept = default_policy(transport, name) if policies else None
    except _REFUSED:
        kept = None
    if kept is not None and kept[1] != wanted.raw:
        policy, length = kept
        prepared.remarks.append(
            f"readings live in the policy {policy} and are kept {_days(length)}, not {_days(wanted.raw)} as "
            "timeseries.retention_raw_days says"
        )
        prepared.to_do.append(
            f"ALTER RETENTION POLICY {quoted(policy)} ON {quoted(name)} DURATION {shown_hours(wanted.raw)}"
        )
    _prepare_user(transport, wanted, prepared)


def _prepare_user(transport: InfluxTransport, wanted: Wanted, prepared: Prepared) -> None:
    """Make the user of timeseries.token and give it the database; an administrator has it already."""
    user, _, password = (wanted.token or "").partition(":")
    if not user:
        return
    text = password.replace("\\", "\\\\").replace("'", "\\'")
    make = f"CREATE USER {quoted(user)} WITH PASSWORD "
    grant = f"GRANT ALL ON {quoted(wanted.database)} TO {quoted(user)}"
    try:
        users = {
            row[0]: row[1] for series in transport.query("SHOW USERS")[0] for row in series.get("values", [])
        }
        if users.get(user):
            prepared.there.append(f"user {user}, an administrator: a smaller one is enough")
            return
        if user not in users:
            transport.query(f"{make}'{text}'")
        transport.query(grant)
    except _REFUSED:
        prepared.to_do += [f"{make}'…'", grant]
    else:
        prepared.there.append(f"user {user} with all rights on {wanted.database}")


def _prepare_buckets(
    transport: InfluxTransport, flavour: Flavour, wanted: Wanted, prepared: Prepared
) -> None:
    places = {wanted.database: wanted.raw, rollup_bucket(flavour, wanted.database): wanted.rollup}
    there = prepare_buckets(
        transport, flavour, wanted.database, org=wanted.org, raw=wanted.raw, rollup=wanted.rollup
    )
    word = "bucket" if flavour is Flavour.V2 else "database"
    for name, length in places.items():
        if name in there:
            prepared.there.append(f"{word} {name}")
            _remark_on_length(transport, flavour, name, length, prepared)
        elif flavour is Flavour.V2:
            prepared.to_do.append(
                f"influx bucket create --org {wanted.org} --name {name} --retention {shown_hours(length)}"
            )
        else:
            prepared.to_do.append(
                f"influxdb3 create database --retention-period {shown_hours(length)} {name}"
            )
    if wanted.token is None and flavour is Flavour.V2:
        rights = " ".join(f"--read-bucket ID-OF-{name} --write-bucket ID-OF-{name}" for name in places)
        prepared.to_do.append(f"influx auth create --org {wanted.org} {rights}")
    elif wanted.token is None:
        prepared.to_do.append("influxdb3 create token --admin")


def _remark_on_length(
    transport: InfluxTransport, flavour: Flavour, name: str, wanted: timedelta, prepared: Prepared
) -> None:
    if flavour is not Flavour.V2:
        return
    try:
        kept = bucket_retention(transport, name)
    except _REFUSED:
        return
    if kept is not None and kept != wanted:
        prepared.remarks.append(f"bucket {name} keeps rows {_days(kept)}, the settings say {_days(wanted)}")
        prepared.to_do.append(f"influx bucket update --id ID-OF-{name} --retention {shown_hours(wanted)}")


def _days(length: timedelta) -> str:
    return f"{length / timedelta(days=1):g} d" if length else "for ever"
