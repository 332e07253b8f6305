"""Column types: moments need a zone, JSON is canonical."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from sqlalchemy.dialects import postgresql, sqlite

from storage.records.schema.columns import UtcDateTime, to_json

MOMENT = datetime(2026, 11, 1, 8, tzinfo=timezone(timedelta(hours=8)))


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()])
def test_a_moment_without_zone_is_refused(dialect: object) -> None:
    with pytest.raises(ValueError, match="without zone"):
        UtcDateTime().process_bind_param(datetime(2026, 11, 1), dialect)  # type: ignore[arg-type]  # noqa: DTZ001


def test_moments_come_back_in_utc_whatever_zone_the_server_speaks() -> None:
    back = UtcDateTime().process_result_value(MOMENT, postgresql.dialect())
    assert back == MOMENT
    assert back is not None
    assert back.tzinfo is UTC
    bound = UtcDateTime().process_bind_param(MOMENT, sqlite.dialect())
    assert bound == datetime(2026, 11, 1)  # noqa: DTZ001


def test_json_is_sorted_compact_and_knows_no_nan() -> None:
    value = {"b": float("nan"), "a": (1, np.int64(2), np.float64(0.5)), "名": {"x": float("-inf")}}
    assert to_json(value) == '{"a":[1,2,0.5],"b":null,"名":{"x":null}}'
    with pytest.raises(TypeError):
        to_json({"at": MOMENT})
