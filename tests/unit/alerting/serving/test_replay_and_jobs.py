"""Replay judges stored history with the live engine; the jobs drive the ticks and stop in order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from alerting.serving.jobs import AlertingJobs, DailyJob
from alerting.serving.replay import replay
from config.rules.reading import load_rules
from config.settings.tree import RulesSettings
from heating.alarms import AlarmEventKind
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import SeriesColumns
from heating.samples import ObjectRef
from tests.support.small_site import small_site
from tests.support.waiting import wait_until

T0 = datetime(2026, 1, 10, 14, 0, tzinfo=UTC)
RULES = load_rules(RulesSettings())


class StoredTrip:
    """A store in which station S1 loses its mains from 15:00 to 17:00 UTC and everything else is well."""

    def series(
        self, ref: ObjectRef, points: Sequence[str], window: Interval, *, max_points: int | None = None
    ) -> SeriesColumns:
        time_ms = np.arange(window.start_ms, window.end_ms, 60_000, dtype=np.int64)
        hour = (time_ms - Interval(T0, T0).start_ms) / 3_600_000
        good = np.zeros(len(time_ms), np.uint8)
        if ref.measurement is Measurement.ROOM:
            return SeriesColumns(time_ms, {"room_temp_c": np.full(len(time_ms), 20.0)}, {"room_temp_c": good})
        lost = (hour >= 1) & (hour < 3) if ref.object_id == "S1" else np.zeros(len(hour), np.bool_)
        return SeriesColumns(time_ms, {"mains_power_ok": np.where(lost, 0.0, 1.0)}, {"mains_power_ok": good})


def test_replay_counts_alarms_by_rule_and_local_day() -> None:
    window = Interval(T0, T0 + timedelta(hours=7))
    report = replay(StoredTrip(), window, RULES, site=small_site())  # type: ignore[arg-type]
    assert report.per_rule_and_day == [("ST-01", "2026-01-10", 1, 1)]
    assert report.ticks == 7 * 60
    (raised,) = [event for event in report.history if event.kind is AlarmEventKind.RAISED]
    (cleared,) = [event for event in report.history if event.kind is AlarmEventKind.CLEARED]
    assert raised.at == T0 + timedelta(hours=1, minutes=1)
    assert cleared.at == T0 + timedelta(hours=3, minutes=1)


def test_a_changed_rule_changes_the_replay() -> None:
    slow = load_rules(RulesSettings(overrides={"ST-01": {"on_delay": "3h"}}))
    window = Interval(T0, T0 + timedelta(hours=4))
    report = replay(StoredTrip(), window, slow, site=small_site())  # type: ignore[arg-type]
    assert report.per_rule_and_day == []


def test_the_jobs_call_both_again_and_again() -> None:
    calls: list[str] = []

    def tick() -> None:
        calls.append("tick")

    jobs = AlertingJobs(tick=tick, dispatch=lambda: calls.append("dispatch"), every_s=0.05)
    jobs.start()
    try:
        assert wait_until(lambda: calls.count("tick") >= 3 and "dispatch" in calls, timeout_s=20)
    finally:
        jobs.stop()


def test_a_tick_that_fails_in_any_way_is_tried_again_and_daily_work_waits_for_its_hour() -> None:
    calls: list[str] = []

    def tick() -> None:
        calls.append("tick")
        raise KeyError("broken")

    daily = DailyJob(name="audit", call=lambda: calls.append("audit"), hour=3)
    jobs = AlertingJobs(tick=tick, dispatch=lambda: None, every_s=0.05, daily=[daily])
    jobs.start()
    try:
        (job,) = jobs.calendar()
        assert wait_until(lambda: len(calls) >= 3, timeout_s=20)
    finally:
        jobs.stop()
    assert (job.hour, job.minute, set(calls)) == (3, 0, {"tick"})
