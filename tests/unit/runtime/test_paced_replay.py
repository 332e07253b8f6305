"""A recording goes out in order, in the rhythm it was recorded in, or at once."""

from runtime.paced_replay import CHUNK, RecordedMessage, paced


def messages(*seconds: float | None) -> list[RecordedMessage]:
    return [RecordedMessage("t", b"", None if s is None else s * 1000) for s in seconds]


def test_waits_are_those_of_the_recording_divided_by_the_speed() -> None:
    waits: list[float] = []
    chunks = list(paced(messages(0, 0, 10, None, 5, 30), speed=10, wait=waits.append))
    assert [len(chunk) for chunk in chunks] == [2, 3, 1]
    assert waits == [1.0, 2.0]


def test_without_a_speed_nothing_waits_and_chunks_are_bounded() -> None:
    waits: list[float] = []
    chunks = list(paced(messages(*range(CHUNK + 1)), speed=0, wait=waits.append))
    assert [len(chunk) for chunk in chunks] == [CHUNK, 1]
    assert waits == []
