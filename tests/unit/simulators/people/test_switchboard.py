"""Calls go once to all who want them: what a clerk hears to desks, everything to the truth."""

from collections.abc import Iterable
from datetime import UTC, datetime

from simulators.people.call_words import Call, CallReason, CallTopic, CallTruth
from simulators.people.switchboard import Switchboard

CALL = Call("h-1", datetime(2026, 1, 15, tzinfo=UTC), CallTopic.LEAK, "暖气漏水", "A radiator leaks")
TRUTH = CallTruth(CALL, 0, CallReason.UNRELATED, room_temp_c=21.0, chance_feels_cold=0.001, days_cold=0.0)


class City:
    """Has calls once."""

    def __init__(self) -> None:
        self.calls = [TRUTH, TRUTH]

    def take_calls(self) -> list[CallTruth]:
        taken, self.calls = self.calls, []
        return taken


class Desk:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Call] = []
        self.closed = False

    def take(self, calls: Iterable[Call]) -> None:
        self.heard += calls

    def close(self) -> None:
        self.closed = True


def test_every_desk_hears_every_call_once_and_nothing_of_its_cause() -> None:
    board, desks, known = Switchboard(), [Desk(), Desk()], list[CallTruth]()
    for desk in desks:
        board.connect(desk)
    board.tell(known.extend)
    city = City()
    board.follow(city)
    board.follow(city)
    board.close()
    for desk in desks:
        assert desk.heard == [CALL, CALL] and desk.closed
    assert known == [TRUTH, TRUTH]
