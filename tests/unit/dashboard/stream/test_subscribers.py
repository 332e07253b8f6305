"""The queue of one stream: bounded, in order, ended at once."""

import asyncio

from dashboard.stream.subscribers import MAX_WAITING, Subscriber
from dashboard.web.security.viewer import Viewer


def subscriber() -> Subscriber:
    return Subscriber(
        viewer=Viewer(username="wall", roles=frozenset({"wall"})), topics=frozenset({"snapshot"})
    )


def test_a_slow_client_loses_the_oldest_frames_and_they_are_counted() -> None:
    async def scenario() -> tuple[list[bytes], int]:
        slow = subscriber()
        for n in range(MAX_WAITING + 10):
            slow.push(b"%d" % n)
        return list(await slow.take()), slow.dropped

    frames, dropped = asyncio.run(scenario())
    assert dropped == 10
    assert frames == [b"%d" % n for n in range(10, MAX_WAITING + 10)]


def test_a_reader_waits_until_there_is_something() -> None:
    async def scenario() -> tuple[bool, list[bytes]]:
        quiet = subscriber()
        reader = asyncio.create_task(quiet.take())
        await asyncio.sleep(0)
        waited = not reader.done()
        quiet.push(b"news")
        return waited, list(await reader)

    assert asyncio.run(scenario()) == (True, [b"news"])


def test_closing_wakes_the_reader_and_drops_what_waits() -> None:
    async def scenario() -> tuple[list[bytes], bool]:
        ended = subscriber()
        ended.push(b"secret")
        ended.close()
        return list(await ended.take()), ended.closed

    assert asyncio.run(scenario()) == ([], True)
