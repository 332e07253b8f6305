"""A station goes from online by stale to offline as its messages stay away, at the limits that hold everywhere."""

import numpy as np
import pytest

from dashboard.stations import fleet as fleet_module
from dashboard.stations.fleet import STATE_WORDS


def state_of(age_s: float, *, said_offline: bool = False, worst: int = 9) -> str:
    """Return the word for a station that reports every 60 s."""
    codes = fleet_module._state(
        np.array([age_s]), np.array([60.0]), np.array([said_offline]), np.array([worst], np.int8)
    )
    return STATE_WORDS[int(codes[0])]


@pytest.mark.parametrize(
    ("age_s", "word"),
    [
        (0.0, "online"),
        (120.0, "online"),
        (120.1, "stale"),
        (300.0, "stale"),
        (300.1, "offline"),
        (np.nan, "never"),
    ],
)
def test_the_word_follows_the_age(age_s: float, word: str) -> None:
    assert state_of(age_s) == word


def test_an_alarm_is_shown_while_the_station_is_heard_and_only_an_urgent_one() -> None:
    assert [state_of(0.0, worst=priority) for priority in (1, 2, 3, 4)] == [
        "alarm",
        "alarm",
        "online",
        "online",
    ]
    assert state_of(121.0, worst=1) == "stale"
    assert state_of(0.0, worst=1, said_offline=True) == "offline"
