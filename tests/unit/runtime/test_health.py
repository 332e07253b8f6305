"""One slow or failing part is down and hides no other."""

import threading

from heating.protocols import Health, HealthStatus
from runtime.health import HealthBoard


def test_a_part_that_raises_and_one_that_hangs_are_down_and_the_others_answer() -> None:
    hang = threading.Event()

    def slow() -> Health:
        hang.wait(30)
        return Health(HealthStatus.OK)

    def broken() -> Health:
        raise OSError("no route")

    board = HealthBoard(deadline_s=0.1)
    board.add("fine", lambda: Health(HealthStatus.OK))
    board.add("slow", slow)
    board.add("broken", broken)
    first, second = board.look(), board.look()
    hang.set()
    assert [first[name].status for name in ("fine", "slow", "broken")] == ["ok", "down", "down"]
    assert second["slow"].reason == "no answer within 0.1 s"
    assert "OSError: no route" in first["broken"].reason
