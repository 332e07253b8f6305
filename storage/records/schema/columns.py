"""Column types that behave alike on SQLite and PostgreSQL, and the one `MetaData`."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

__all__ = ["METADATA", "JsonText", "UtcDateTime", "key_text", "to_json"]

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware moment. PostgreSQL keeps the zone; SQLite keeps UTC text, which sorts as time does."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse a naive moment and hand over UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without zone cannot be kept: {value!r}")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return aware UTC, whatever zone the server speaks."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonText(sa.types.TypeDecorator[dict[str, Any]]):
    """A JSON object kept as text, the same bytes on both databases; NaN and infinity are kept as null."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: sa.Dialect) -> str | None:
        """Write sorted, compact JSON."""
        return None if value is None else to_json(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> dict[str, Any] | None:
        """Read it back."""
        return None if value is None else json.loads(value)


def key_text() -> sa.types.TypeEngine[str]:
    """Return the type of a search key: compared by code point, so that prefixes are ranges on both databases."""
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def to_json(value: object) -> str:
    """Return canonical JSON: sorted keys, no spaces, numbers that JSON does not know as null.

    Raises
    ------
    TypeError
        For a value that JSON cannot hold.
    """
    return json.dumps(
        _plain(value), allow_nan=False, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )


def _plain(value: object) -> object:
    match value:
        case np.generic():
            return _plain(value.item())
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {str(name): _plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case _:
            return value
