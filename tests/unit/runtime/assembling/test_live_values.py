"""What a process that only listens is called at the broker."""

from runtime.assembling.live_values import listener_id
from runtime.rooms import Room


def test_two_processes_with_the_same_settings_never_share_an_identity() -> None:
    rooms = frozenset({Room.ALERTING})
    first, second = (listener_id("nuanliu-collector-0", rooms) for _process in range(2))
    assert first != second
    assert first.startswith("nuanliu-collector-0-alerting-")
