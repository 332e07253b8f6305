"""What InfluxDB means when it refuses something, read from its words into fields.

The servers say it in English sentences only, each generation its own. This is the one place that reads them; everybody
else acts on the fields. Recorded answers of all generations are the tests' (`tests/cases/influxdb_answers.jsonl`).
"""

import re
from datetime import UTC, datetime

from heating.intervals import to_epoch_ms
from storage.readings.errors import (
    Refusal,
    RefusalKind,
    StoreLimitError,
    StoreQueryError,
    StoreRejectedError,
    TimeSeriesError,
    WindowTooLongError,
)

__all__ = ["query_refused", "refusal_of", "write_refused"]

_DROPPED = re.compile(r"\bdropped=(\d+)")
_RETENTION = re.compile(r"beyond retention policy|outside retention policy")
_OLDEST = re.compile(r"Retention Policy Lower Bound at (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)")
_FIELD_TYPE = re.compile(
    r'input field "(?P<field>[^"]+)" on measurement "(?P<measurement>[^"]+)" is type \w+, '
    r"already exists as type (?P<there>\w+)"
)
_SERIES_LIMIT = re.compile(
    r"max-(?:values-per-tag|series-per-database) limit exceeded:? \((?:\d+/)?(?P<limit>\d+)\)"
    r'(?:: measurement="(?P<measurement>[^"]+)")?'
)
_LINES = re.compile(r"unable to parse|parsing for line protocol failed|partial write")
_DATABASES = re.compile(r"would exceed limit of (\d+) databases")
_FILES = re.compile(r"would exceed file limit of (\d+) parquet files")


def refusal_of(text: str) -> Refusal:
    """Return what an answer to a write says of its lines."""
    found = _DROPPED.findall(text)
    dropped = int(found[-1]) if found else None
    if _RETENTION.search(text):
        bounds = [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in _OLDEST.findall(text)]
        oldest_ms = to_epoch_ms(min(bounds)) if bounds else None
        return Refusal(RefusalKind.RETENTION, text, oldest_ms=oldest_ms, dropped=dropped)
    if conflict := _FIELD_TYPE.search(text):
        return Refusal(
            RefusalKind.FIELD_TYPE,
            text,
            measurement=conflict["measurement"],
            field=conflict["field"],
            there_type=conflict["there"],
            dropped=dropped,
        )
    if limit := _SERIES_LIMIT.search(text):
        return Refusal(
            RefusalKind.SERIES_LIMIT,
            text,
            measurement=limit["measurement"] or "",
            limit=int(limit["limit"]),
            dropped=dropped,
        )
    if _LINES.search(text):
        return Refusal(RefusalKind.LINES, text, dropped=dropped)
    return Refusal(RefusalKind.UNKNOWN, text, dropped=dropped)


def write_refused(url: str, text: str, *, lines: int) -> TimeSeriesError:
    """Return the error for a refused write: about its lines, or about a server without room for a database."""
    return _without_room(url, text) or StoreRejectedError(
        f"{url} refused lines: {text[:300]}", refusals=[refusal_of(text)], lines=lines
    )


def query_refused(url: str, text: str) -> TimeSeriesError | None:
    """Return the error for a query that the server refuses whatever its status says; None: it does not say so."""
    if found := _FILES.search(text):
        return WindowTooLongError(
            f"{url} reads at most {found[1]} files a query: lower timeseries.query_hours, or start the server "
            "with a higher --query-file-limit",
            file_limit=int(found[1]),
        )
    if full := _without_room(url, text):
        return full
    if text.startswith("error in InfluxQL statement"):
        return StoreQueryError(f"{url} refused a query: {text[:300]}")
    return None


def _without_room(url: str, text: str) -> StoreLimitError | None:
    if found := _DATABASES.search(text):
        return StoreLimitError(
            f"{url} holds its {found[1]} databases already: drop one, or name another server"
        )
    return None
