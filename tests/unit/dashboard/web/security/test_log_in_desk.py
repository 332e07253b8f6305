"""Log-ins wait in a queue of their own, are refused fast when it is full, and slow down where many fail."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from dashboard.web.security.log_in_desk import (
    LONGEST_QUEUE,
    LONGEST_QUEUE_OF_ADDRESS,
    LogInDesk,
    LogInsBusyError,
)
from dashboard.web.security.throttle import SLOWEST_S, LogInThrottle, ThrottledError

Attend = Callable[[str], Awaitable[str]]


def desk_of(throttle: LogInThrottle, pauses: list[float]) -> LogInDesk:
    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    return LogInDesk(throttle, pause=pause)


def with_held_tries(number_of: Callable[[int], str], held: int) -> list[object]:
    """Hold tries at work, one from each named address, then make one more; return what each came to."""
    gate = threading.Event()

    async def scenario() -> list[object]:
        desk = desk_of(LogInThrottle(attempts_per_minute=1000), [])
        tries = [
            asyncio.create_task(desk.attend(lambda: gate.wait(30), username=f"u{n}", address=number_of(n)))
            for n in range(held)
        ]
        await asyncio.sleep(0)
        with pytest.raises(LogInsBusyError):
            await desk.attend(lambda: True, username="late", address=number_of(held))
        gate.set()
        first = list(await asyncio.gather(*tries))
        return [*first, await desk.attend(lambda: "in", username="late", address=number_of(held))]

    return asyncio.run(scenario())


def test_a_full_queue_refuses_at_once_and_takes_tries_again_when_it_is_empty() -> None:
    assert with_held_tries(lambda n: f"10.0.0.{n}", LONGEST_QUEUE) == [True] * LONGEST_QUEUE + ["in"]


def test_one_address_cannot_fill_the_queue() -> None:
    results = with_held_tries(lambda _n: "10.0.0.1", LONGEST_QUEUE_OF_ADDRESS)
    assert results == [True] * LONGEST_QUEUE_OF_ADDRESS + ["in"]


def test_an_account_at_which_many_fail_only_gets_slower() -> None:
    throttle, pauses = LogInThrottle(attempts_per_minute=2), list[float]()
    for n in range(100):
        throttle.note_failure(username="Dispatcher", address=f"10.0.0.{n}")

    async def scenario() -> str:
        return await desk_of(throttle, pauses).attend(lambda: "in", username="dispatcher", address="10.0.9.9")

    assert asyncio.run(scenario()) == "in"
    assert pauses == [SLOWEST_S]
    assert throttle.delay_s("somebody else") == 0


def test_the_pair_of_account_and_address_is_what_locks() -> None:
    throttle = LogInThrottle(attempts_per_minute=2)
    for _ in range(2):
        throttle.note_failure(username="dispatcher", address="10.0.0.1")
    with pytest.raises(ThrottledError):
        throttle.check(username="DISPATCHER", address="10.0.0.1")
    throttle.check(username="dispatcher", address="10.0.0.2")
    throttle.check(username="hotline", address="10.0.0.1")


def test_a_failing_try_frees_its_place() -> None:
    def fail() -> str:
        raise ZeroDivisionError

    async def scenario() -> str:
        desk = desk_of(LogInThrottle(attempts_per_minute=1000), [])
        for _ in range(LONGEST_QUEUE_OF_ADDRESS + 1):
            with pytest.raises(ZeroDivisionError):
                await desk.attend(fail, username="u", address="10.0.0.1")
        return await desk.attend(lambda: "in", username="u", address="10.0.0.1")

    assert asyncio.run(scenario()) == "in"
