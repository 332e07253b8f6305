"""Every background thread of the product is a `BackgroundLoop`: it pauses, wakes, survives what it may, and ends."""

import threading

import pytest

from heating.background import BackgroundLoop
from heating.errors import HeatingError
from tests.support.waiting import wait_until

HOUR_S = 3_600.0


def ignore(_error: Exception) -> None:
    return None


def test_it_steps_at_once_and_again_after_the_pause_the_step_asks_for() -> None:
    enough = threading.Event()
    calls: list[int] = []

    def step() -> float:
        calls.append(len(calls))
        if len(calls) == 3:
            enough.set()
            return HOUR_S
        return 0.0

    loop = BackgroundLoop(step, name="test", every_s=HOUR_S, on_error=ignore)
    loop.start()
    assert enough.wait(10)
    loop.stop()
    assert calls == [0, 1, 2]
    assert not loop.is_running


def test_it_waits_before_the_first_step_when_told_to_and_a_wake_ends_the_pause() -> None:
    stepped = threading.Event()

    def step() -> None:
        stepped.set()

    loop = BackgroundLoop(step, name="test", every_s=HOUR_S, first_after_s=HOUR_S, on_error=ignore)
    loop.start()
    assert not stepped.is_set()
    loop.wake()
    assert stepped.wait(10)
    loop.stop()


def test_a_wake_during_a_step_is_not_lost() -> None:
    inside, go_on, again = threading.Event(), threading.Event(), threading.Event()

    def step() -> None:
        if inside.is_set():
            again.set()
        inside.set()
        go_on.wait(10)

    loop = BackgroundLoop(step, name="test", every_s=HOUR_S, on_error=ignore)
    loop.start()
    assert inside.wait(10)
    loop.wake()
    go_on.set()
    assert again.wait(10)
    loop.stop()


def test_it_goes_on_after_an_error_of_ours() -> None:
    errors: list[Exception] = []
    recovered = threading.Event()

    def step() -> float:
        if not errors:
            raise HeatingError("the store is away")
        recovered.set()
        return HOUR_S

    loop = BackgroundLoop(step, name="test", every_s=0.0, on_error=errors.append)
    loop.start()
    assert recovered.wait(10)
    assert loop.is_running
    loop.stop()
    assert [str(error) for error in errors] == ["the store is away"]


def test_an_error_nobody_foresaw_is_reported_and_ends_the_loop() -> None:
    errors: list[Exception] = []

    def step() -> None:
        raise ZeroDivisionError

    loop = BackgroundLoop(step, name="test", every_s=0.0, on_error=errors.append)
    loop.start()
    wait_until(lambda: not loop.is_running, 10)
    assert [type(error) for error in errors] == [ZeroDivisionError]


@pytest.mark.parametrize(("last_step", "expected"), [(True, 2), (False, 1)])
def test_a_stop_has_the_step_done_once_more_only_when_asked(last_step: bool, expected: int) -> None:
    first = threading.Event()
    calls: list[None] = []

    def step() -> None:
        calls.append(None)
        first.set()

    loop = BackgroundLoop(step, name="test", every_s=HOUR_S, on_error=ignore, last_step=last_step)
    loop.start()
    assert first.wait(10)
    loop.stop()
    assert len(calls) == expected


def test_a_step_may_end_its_own_loop() -> None:
    def step() -> None:
        loop.request_stop()

    loop = BackgroundLoop(step, name="test", every_s=0.0, on_error=ignore)
    loop.start()
    wait_until(lambda: not loop.is_running, 10)
    assert loop.is_stopping


def test_a_loop_that_never_started_stops() -> None:
    loop = BackgroundLoop(lambda: None, name="test", every_s=1.0, on_error=ignore)
    loop.stop()
    assert not loop.is_running


def test_a_loop_is_dead_only_when_it_ended_by_itself() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    broken = BackgroundLoop(fail, name="test", every_s=HOUR_S, on_error=ignore)
    assert not broken.has_died
    broken.start()
    wait_until(lambda: not broken.is_running, 10)
    assert broken.has_died
    sound = BackgroundLoop(lambda: None, name="test", every_s=HOUR_S, on_error=ignore)
    sound.start()
    assert not sound.has_died
    sound.stop()
    assert not sound.has_died


def test_the_usual_loop_begins_at_once_and_does_not_keep_the_process_alive() -> None:
    stepped = threading.Event()
    daemon: list[bool] = []

    def step() -> None:
        daemon.append(threading.current_thread().daemon)
        stepped.set()

    loop = BackgroundLoop(step, name="test", every_s=HOUR_S, on_error=ignore)
    loop.start()
    assert stepped.wait(10)
    loop.stop()
    assert daemon == [True]


def test_the_wake_that_ended_a_pause_does_not_end_the_next_one() -> None:
    steps: list[int] = []
    woken = threading.Event()

    def step() -> None:
        steps.append(len(steps))
        woken.set()

    loop = BackgroundLoop(step, name="test", every_s=HOUR_S, first_after_s=HOUR_S, on_error=ignore)
    loop.start()
    loop.wake()
    assert woken.wait(10)
    woken.clear()
    assert not woken.wait(0.05)
    loop.stop()
    assert steps == [0]


def test_an_error_of_the_last_step_is_reported() -> None:
    errors: list[Exception] = []
    first = threading.Event()

    def step() -> None:
        if first.is_set():
            raise ValueError("the disk is gone")
        first.set()

    loop = BackgroundLoop(step, name="test", every_s=HOUR_S, on_error=errors.append, last_step=True)
    loop.start()
    assert first.wait(10)
    loop.stop()
    assert [str(error) for error in errors] == ["the disk is gone"]


def test_a_loop_whose_thread_has_ended_begins_again() -> None:
    ended, went_on = threading.Event(), threading.Event()
    steps = iter((ended, went_on))

    def step() -> None:
        next(steps).set()
        if not went_on.is_set():
            raise ZeroDivisionError

    loop = BackgroundLoop(step, name="test", every_s=HOUR_S, on_error=ignore)
    loop.start()
    assert ended.wait(10)
    wait_until(lambda: loop.has_died)
    loop.start()
    assert went_on.wait(10)
    assert loop.is_running
    loop.stop()


def test_a_shortage_of_descriptors_ends_no_loop() -> None:
    survived = threading.Event()
    failures = iter((OSError(24, "Too many open files"),))

    def step() -> float:
        for failure in failures:
            raise failure
        survived.set()
        return HOUR_S

    loop = BackgroundLoop(step, name="test", every_s=0.01, on_error=ignore)
    loop.start()
    assert survived.wait(10)
    loop.stop()
