"""The jobs drive the ticks, try again what failed, and stop in order."""

from alerting.serving.jobs import AlertingJobs, DailyJob
from tests.support.waiting import wait_until


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
