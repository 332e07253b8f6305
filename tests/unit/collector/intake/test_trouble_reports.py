"""What a collector keeps aside is in the records while it lasts, so that alerting anywhere can raise an alarm."""

from datetime import UTC, datetime
from pathlib import Path

from collector.intake.refusal_memory import ToldRefusals
from collector.intake.trouble_reports import TroubleReports
from heating.clock import ManualClock
from heating.intake_troubles import IntakeTrouble, TroubleKind
from storage.readings.errors import Refusal, RefusalKind
from storage.records.records import open_records
from storage.records.room_reports import RoomReport, trouble_of

T0 = datetime(2026, 1, 10, tzinfo=UTC)
T0_MS = int(T0.timestamp() * 1000)
FLOOD = IntakeTrouble(kind=TroubleKind.SENDERS_THROTTLED, number=7, senders="heat/a/room/R1/telemetry (7)")


def test_a_trouble_is_reported_once_a_minute_while_it_lasts_and_no_more_afterwards(tmp_path: Path) -> None:
    clock, troubles = ManualClock(T0), [FLOOD]
    records = open_records(f"sqlite:///{tmp_path / 'records.sqlite3'}")
    reports = TroubleReports(lambda: troubles, records.room_reports, process="c", clock=clock)

    def reported() -> list[RoomReport]:
        return records.room_reports.since(0, kinds=frozenset(TroubleKind))

    reports.report()
    assert [trouble_of(one) for one in reported()] == [FLOOD]
    clock.advance(59)
    reports.report()
    assert [one.reported_ms for one in reported()] == [T0_MS]
    clock.advance(1)
    reports.report()
    assert [one.reported_ms for one in reported()] == [T0_MS + 60_000]
    troubles.clear()
    clock.advance(600)
    reports.report()
    assert [one.reported_ms for one in reported()] == [T0_MS + 60_000]
    records.close()


def test_another_field_is_reported_at_once(tmp_path: Path) -> None:
    clock, told = ManualClock(T0), ToldRefusals(told_s=900.0)
    records = open_records(f"sqlite:///{tmp_path / 'records.sqlite3'}")
    reports = TroubleReports(lambda: told.troubles(now_s=0.0), records.room_reports, process="c", clock=clock)
    of_rooms = Refusal(RefusalKind.FIELD_TYPE, measurement="room", field="room_temp_c", there_type="integer")
    told.note([of_rooms, Refusal(RefusalKind.RETENTION, "old")], now_s=0.0)
    reports.report()
    humidity = Refusal(RefusalKind.FIELD_TYPE, measurement="room", field="humidity_pct", there_type="string")
    told.note([humidity, humidity], now_s=0.0)
    reports.report()
    (one,) = records.room_reports.since(0, kinds=frozenset(TroubleKind))
    assert trouble_of(one) == IntakeTrouble(
        kind=TroubleKind.FIELD_TYPE, number=2, measurement="room", field="humidity_pct", there_type="string"
    )
    records.close()


def test_a_report_of_another_version_is_passed_over() -> None:
    row = RoomReport(
        process="c", kind="field_type", room="collector", reported_ms=1, since_ms=1, until_ms=1, detail="{}"
    )
    assert trouble_of(row) is None
