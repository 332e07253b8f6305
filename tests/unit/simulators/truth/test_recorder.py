"""A truth folder is whole: causes by home and hour, calls with reasons, the tree and the run itself."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import orjson
import pytest

from heating.intervals import from_epoch_ms
from simulators.fault_kinds import RootCause
from simulators.people.call_words import Call, CallReason, CallTopic, CallTruth
from simulators.truth.causes_file import CAUSES_FILE, CausesFile, true_temperatures
from simulators.truth.root_causes import CAUSES, HourOfTruth
from simulators.truth.ticket_truth import ticket_line


def rows(folder: Path, what: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        path = str(folder / CAUSES_FILE).replace("'", "''")
        return connection.execute(what.replace("causes", f"read_parquet('{path}')")).fetchall()


def call_of(reason: CallReason) -> CallTruth:
    call = Call("h-1", datetime(2026, 1, 15, 5, tzinfo=UTC), CallTopic.NO_HEAT, "家里不热", "No heat at home")
    return CallTruth(call=call, home=1, reason=reason, room_temp_c=14.2, chance_feels_cold=0.7, days_cold=0.5)


def hour_of(cause: RootCause, fault: int) -> HourOfTruth:
    codes = np.array([CAUSES.index(RootCause.NONE), CAUSES.index(cause)], np.uint8)
    cold = np.array([False, True])
    return HourOfTruth(0, np.array([20, 14], np.float32), cold, codes, np.array([-1, fault], np.int32))


def test_a_call_because_of_cold_names_cause_and_fault() -> None:
    line = ticket_line(call_of(CallReason.FELT_COLD), hour_of(RootCause.RISER, 0), ["blocked"])
    assert (line["household_id"], line["reason"], line["cause"], line["fault"]) == (
        "h-1",
        "felt_cold",
        "riser",
        "blocked",
    )
    assert orjson.loads(orjson.dumps(line, option=orjson.OPT_UTC_Z))["moment"] == "2026-01-15T05:00:00Z"


def test_a_call_about_something_else_names_no_fault() -> None:
    line = ticket_line(call_of(CallReason.UNRELATED), hour_of(RootCause.RISER, 0), ["blocked"])
    assert (line["cause"], line["fault"]) == ("riser", None)


def test_a_call_before_the_first_look_has_no_cause() -> None:
    assert ticket_line(call_of(CallReason.FELT_COLD), None, [])["cause"] is None


def test_many_rows_go_to_disk_and_come_out_whole(tmp_path: Path) -> None:
    homes = [f"h-{number:06d}" for number in range(60_000)]
    file = CausesFile(tmp_path, homes)
    n = len(homes)
    for hour in range(40):
        temps = np.full(n, 15 + hour / 10, np.float32)
        causes = np.full(n, CAUSES.index(RootCause.HOME), np.uint8)
        file.add(HourOfTruth(hour * 3_600_000, temps, temps < 18, causes, np.full(n, -1, np.int32)))
    assert file.close([]) == 40 * n
    assert [path.name for path in tmp_path.iterdir()] == [CAUSES_FILE]
    assert rows(tmp_path, "SELECT count(*), sum(cold::int), count(fault) FROM causes") == [
        (40 * n, 30 * n, 0)
    ]
    one = {("h-059999", from_epoch_ms(39 * 3_600_000))}
    assert list(true_temperatures(tmp_path, one).values()) == [pytest.approx(18.9, abs=0.006)]


def test_an_earlier_file_is_gone_when_a_run_begins_and_an_empty_one_can_be_read(tmp_path: Path) -> None:
    (tmp_path / CAUSES_FILE).write_bytes(b"old")
    file = CausesFile(tmp_path, ["h-1"])
    assert not (tmp_path / CAUSES_FILE).exists()
    assert file.close([]) == 0
    assert rows(tmp_path, "SELECT count(*) FROM causes") == [(0,)]
