"""What is lost at the broker is seen by what the collector remembers: its session, and the broker's own counter."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.intake.loss_reports import LossReports
from collector.intake.mqtt.losses import BrokerMemory
from heating.clock import ManualClock
from heating.errors import HeatingError
from heating.intervals import to_epoch_ms
from heating.losses import LossKind
from storage.records.records import open_records
from storage.records.room_reports import RoomReport

T0 = datetime(2026, 1, 10, tzinfo=UTC)
T0_MS = to_epoch_ms(T0)
KINDS = frozenset(LossKind)


def memory_in(folder: Path, clock: ManualClock, identity: str = "c@b") -> BrokerMemory:
    return BrokerMemory(folder / "session.json", identity=identity, clock=clock)


def connect(memory: BrokerMemory, *, session_present: bool) -> None:
    memory.connected(session_present=session_present)
    memory.confirmed()


def test_a_session_that_the_broker_forgot_is_a_loss_from_the_last_sign_of_life_to_now(tmp_path: Path) -> None:
    clock = ManualClock(T0)
    first = memory_in(tmp_path, clock)
    connect(first, session_present=False)
    clock.advance(100)
    first.heard()  # killed after this: nothing is closed
    assert first.take() == []
    clock.advance(3600)
    after = memory_in(tmp_path, clock)
    connect(after, session_present=False)
    (loss,) = after.take()
    assert (loss.kind, loss.since_ms, loss.until_ms) == (
        LossKind.SESSION_LOST,
        T0_MS + 100_000,
        T0_MS + 3_700_000,
    )
    assert after.take() == []


@pytest.mark.parametrize(
    ("had_session", "ends", "away_s", "left_s"),
    [
        (False, False, 0, 0),  # no session: nothing was left open
        (True, False, 3600, 3),  # killed: it may have listened until now
        (True, True, 1, 2),
        (True, True, 3600, 0),
        (True, True, -3600, 3),  # the clock was set back
    ],
)
def test_a_new_process_leaves_the_broker_time_to_put_what_was_open_before_what_is_new(
    tmp_path: Path, had_session: bool, ends: bool, away_s: int, left_s: float
) -> None:
    clock = ManualClock(T0)
    first = memory_in(tmp_path, clock)
    if had_session:
        connect(first, session_present=False)
    if ends:
        first.close()
    clock.advance(away_s)
    after = memory_in(tmp_path, clock)
    assert after.left_to_wait_s(3.0) == left_s
    connect(after, session_present=True)
    assert memory_in(tmp_path, clock).left_to_wait_s(3.0) == 3.0, "it listens again, and may be killed"


@pytest.mark.parametrize(("present", "identity"), [(True, "c@b"), (False, "other@b")])
def test_a_session_that_is_there_or_was_never_ours_is_no_loss(
    tmp_path: Path, present: bool, identity: str
) -> None:
    clock = ManualClock(T0)
    connect(memory_in(tmp_path, clock), session_present=False)
    after = memory_in(tmp_path, clock, identity)
    connect(after, session_present=present)
    assert after.take() == []


def test_the_brokers_counter_tells_of_messages_thrown_away_while_we_were_here_and_while_we_were_away(
    tmp_path: Path,
) -> None:
    clock = ManualClock(T0)
    memory = memory_in(tmp_path, clock)
    connect(memory, session_present=False)
    memory.counted(b"7")  # thrown away before we came: not ours
    memory.counted(b"nonsense")
    memory.counted(b"7")
    assert memory.take() == []
    clock.advance(60)
    memory.counted(b"2007")
    assert [(loss.kind, loss.number) for loss in memory.take()] == [(LossKind.BROKER_DROPPED, 2000)]
    away = memory_in(tmp_path, clock)
    connect(away, session_present=True)
    away.counted(b"2010")
    assert [loss.number for loss in away.take()] == [3]
    away.counted(b"5")  # the broker was started again
    assert [loss.number for loss in away.take()] == [5]
    assert (away.losses, away.lost_messages) == (2, 8)


def test_a_damaged_file_is_no_loss_and_no_end(tmp_path: Path) -> None:
    (tmp_path / "session.json").write_text("{")
    memory = memory_in(tmp_path, ManualClock(T0))
    connect(memory, session_present=False)
    assert memory.take() == []


def test_losses_wait_for_the_records_and_those_that_follow_one_another_are_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock(T0)
    records = open_records(f"sqlite:///{tmp_path / 'records.sqlite3'}")
    memory = memory_in(tmp_path, clock)
    connect(memory, session_present=False)
    memory.counted(b"0")
    clock.advance(10)
    memory.counted(b"5")
    reports = LossReports(memory, records.room_reports, process="c", clock=clock)

    def away(_one: RoomReport, *, joins_after_ms: int) -> None:
        raise HeatingError(f"away, {joins_after_ms}")

    with monkeypatch.context() as patched:
        patched.setattr(records.room_reports, "report", away)
        with pytest.raises(HeatingError):
            reports.report()
    reports.report()
    clock.advance(60)
    memory.counted(b"9")
    reports.report()
    (one,) = records.room_reports.since(T0_MS, kinds=KINDS)
    assert (one.kind, one.number, one.since_ms, one.until_ms) == (
        "broker_dropped",
        9,
        T0_MS,
        T0_MS + 70_000,
    )
    clock.advance(3600)
    memory.counted(b"10")
    reports.report()
    assert [one.number for one in records.room_reports.since(T0_MS, kinds=KINDS)] == [1]
    assert records.room_reports.since(clock.now_ms(), kinds=KINDS) == []
    records.close()
