"""Buckets of InfluxDB 2.x and databases of 3.x: made where they are missing and we may.

The management API differs between the generations and is closed to many tokens. Whatever it refuses is told once and
left to the server's owner: writing goes on where it is allowed. Policies of 1.x live in `databases`.
"""

from datetime import timedelta
from typing import Any

import structlog

from storage.timeseries.errors import StoreQueryError, StoreUnavailableError
from storage.timeseries.influxdb_store.flavour import Flavour
from storage.timeseries.influxdb_store.transport import InfluxTransport

__all__ = ["ROLLUP_ENDING", "prepare_buckets"]

ROLLUP_ENDING = "_rollup"
"""The roll-ups have a bucket of their own, named like that of the readings with this behind: they live longer."""
_BUCKETS, _ORGS, _DATABASES = "/api/v2/buckets", "/api/v2/orgs", "/api/v3/configure/database"

_log = structlog.get_logger()


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
    wanted = {name: raw, f"{name}{ROLLUP_ENDING}": rollup}
    try:
        if flavour is Flavour.V2:
            there = {each for each in wanted if _bucket_exists(transport, each, org)}
        else:
            answer = transport.call("GET", _DATABASES, query={"format": "json"})
            there = {str(row.get("iox::database")) for row in answer or [] if isinstance(row, dict)}
        for missing in [each for each in wanted if each not in there]:
            _make(transport, flavour, missing, org, wanted[missing])
            there.add(missing)
            _log.info("storage.influxdb_database_made", database=missing)
        return frozenset(wanted) & frozenset(there)
    except (StoreQueryError, StoreUnavailableError, AttributeError, TypeError, KeyError, IndexError) as error:
        if isinstance(error, StoreUnavailableError) and "does not let us in" not in str(error):
            raise
        _log.warning("storage.influxdb_buckets_unknown", database=name, reason=str(error))
        return frozenset()


def _bucket_exists(transport: InfluxTransport, name: str, org: str) -> bool:
    try:
        answer = transport.call("GET", _BUCKETS, query={"name": name, "org": org})
    except StoreQueryError as error:
        if "bucket" in str(error) and "not found" in str(error):
            return False
        raise
    return any(bucket["name"] == name for bucket in answer["buckets"])


def _make(transport: InfluxTransport, flavour: Flavour, name: str, org: str, kept: timedelta) -> None:
    seconds = int(kept.total_seconds())
    if flavour is Flavour.V2:
        found: Any = transport.call("GET", _ORGS, query={"org": org})
        rules = [{"type": "expire", "everySeconds": seconds}]
        body = {"orgID": found["orgs"][0]["id"], "name": name, "retentionRules": rules}
        transport.call("POST", _BUCKETS, body=body)
        return
    try:
        transport.call("POST", _DATABASES, body={"db": name, "retention_period": f"{seconds}s"})
    except StoreQueryError:
        # Early 3.x knows no retention of a database.
        transport.call("POST", _DATABASES, body={"db": name})
