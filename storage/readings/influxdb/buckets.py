"""Buckets of InfluxDB 2.x and databases of 3.x: made where they are missing and we may.

The management API differs between the generations and is closed to many tokens. Whatever it refuses is logged once and
left to the server's owner: writing goes on where it is allowed. Policies of 1.x live in `databases`.
"""

from datetime import timedelta
from typing import Any

import structlog

from storage.readings.errors import StoreAccessError, StoreLimitError, StoreNotFoundError, StoreQueryError
from storage.readings.influxdb.flavour import Flavour
from storage.readings.influxdb.transport import InfluxTransport

__all__ = ["bucket_retention", "prepare_buckets", "rollup_bucket"]

_ROLLUP_ENDINGS = {Flavour.V2: "_rollup", Flavour.V3: "-rollup"}
"""3.x allows no underscore in the name of a database that it makes."""
_BUCKETS, _ORGS, _DATABASES = "/api/v2/buckets", "/api/v2/orgs", "/api/v3/configure/database"

_REFUSED = (
    StoreQueryError,
    StoreAccessError,
    StoreLimitError,
    AttributeError,
    TypeError,
    KeyError,
    IndexError,
)
"""What an answer of the management API may come to when it is closed to us or of another form."""

_log = structlog.get_logger()


def rollup_bucket(flavour: Flavour, name: str) -> str:
    """Return the bucket of the roll-ups beside that of the readings: they live longer."""
    return f"{name}{_ROLLUP_ENDINGS.get(flavour, '')}"


def prepare_buckets(
    transport: InfluxTransport, flavour: Flavour, name: str, *, org: str, raw: timedelta, rollup: timedelta
) -> frozenset[str]:
    """Make the bucket of the readings and that of the roll-ups; return those of both that are there.

    A bucket that was there before is left as it is.

    Raises
    ------
    StoreUnavailableError
        When the server is away.
    """
    wanted = {name: raw, rollup_bucket(flavour, name): rollup}
    there: set[str] = set()
    try:
        if flavour is Flavour.V2:
            there = {each for each in wanted if _bucket(transport, each, org) is not None}
        else:
            answer = transport.call("GET", _DATABASES, query={"format": "json"})
            there = _names_of(answer)
    except _REFUSED as error:
        _log.warning("storage.influxdb_buckets_unknown", database=name, reason=str(error))
    for missing in [each for each in wanted if each not in there]:
        try:
            _make(transport, flavour, missing, org, wanted[missing])
        except _REFUSED as error:
            _log.warning("storage.influxdb_bucket_not_made", database=missing, reason=str(error))
        else:
            there.add(missing)
            _log.info("storage.influxdb_database_made", database=missing)
    return frozenset(wanted) & frozenset(there)


def bucket_retention(transport: InfluxTransport, name: str) -> timedelta | None:
    """Return how long a bucket of 2.x keeps rows; zero is for ever, None: the token may not see it.

    Raises
    ------
    heating.errors.HeatingError
        When the server is away or refuses.
    """
    bucket = _bucket(transport, name, "")
    if bucket is None:
        return None
    rules = [rule for rule in bucket.get("retentionRules", []) if rule.get("type") == "expire"]
    return timedelta(seconds=rules[0]["everySeconds"]) if rules else timedelta(0)


def _names_of(answer: Any) -> set[str]:
    """Return the databases that 3.x lists: rows with one name each, or all names in one place."""
    if isinstance(answer, dict):
        return {str(name) for name in answer.get("databases", [])}
    return {str(row.get("iox::database")) for row in answer or [] if isinstance(row, dict)}


def _bucket(transport: InfluxTransport, name: str, org: str) -> dict[str, Any] | None:
    """Return a bucket as the server describes it, None when it is not there or not to be seen.

    A token for single buckets sees no organisation, and a question that names one finds nothing.
    """
    for query in ({"name": name, "org": org}, {"name": name}):
        try:
            answer = transport.call("GET", _BUCKETS, query={key: text for key, text in query.items() if text})
        except StoreNotFoundError:
            continue
        for bucket in answer["buckets"]:
            if bucket["name"] == name:
                found: dict[str, Any] = bucket
                return found
    return None


def _make(transport: InfluxTransport, flavour: Flavour, name: str, org: str, kept: timedelta) -> None:
    seconds = int(kept.total_seconds())
    if flavour is Flavour.V2:
        found: Any = transport.call("GET", _ORGS, query={"org": org})
        if not found["orgs"]:
            raise StoreAccessError(f"timeseries.token does not see the organisation «{org}»")
        rules = [{"type": "expire", "everySeconds": seconds}]
        body = {"orgID": found["orgs"][0]["id"], "name": name, "retentionRules": rules}
        transport.call("POST", _BUCKETS, body=body)
        return
    try:
        transport.call(
            "POST", _DATABASES, body={"db": name, "retention_period": f"{max(1, seconds // 3600)}h"}
        )
    except StoreQueryError:
        # Early 3.x knows no retention of a database.
        transport.call("POST", _DATABASES, body={"db": name})
