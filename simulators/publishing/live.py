"""The live run: the city follows a virtual clock and its reports go to the broker.

What lives here: keeping step with the clock, link states, the end. What does not: the connection
(`simulators.publishing.mqtt_publisher`), the city (`simulators.city`). Payload times never lie ahead of the clock.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from heating.clock import Clock
from heating.intervals import to_epoch_ms
from simulators.city import City
from simulators.publishing.history import AfterStep
from simulators.reports import Message

__all__ = ["run_live", "step_for_speed"]

_STEPS_S = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0)
_LONGEST_PAUSE_S = 0.5
Publish = Callable[[Message], None]


def step_for_speed(speed: float) -> float:
    """Return the step of a live run [s]: half a real second at high speed, 1 s at least, 60 s at most."""
    return max((step for step in _STEPS_S if step <= max(speed / 2, 1.0)), default=1.0)


def run_live(
    city: City,
    *,
    clock: Clock,
    speed: float,
    publish: Publish,
    stop: threading.Event,
    until: datetime | None,
    after_step: AfterStep,
    commands: Callable[[], Sequence[str]] = tuple,
) -> None:
    """Follow the clock until `stop` is set or the virtual moment `until` is reached.

    Parameters
    ----------
    city : City
        Already live (`City.go_live`).
    clock : Clock
        Virtual time.
    speed : float
        Virtual seconds in a real second, for the length of steps and pauses.
    publish : callable
        Takes each message; may block.
    stop : threading.Event
        Ends the run after the present step.
    until : datetime or None
        End in virtual time.
    after_step : callable
        Told of every step and its reports, such as the writer of the truth.
    commands : callable
        Returns the topics of the commands that came since the last call.
    """
    step_s = step_for_speed(speed)
    end_ms = None if until is None else to_epoch_ms(until)
    online = np.zeros(len(city.layout.house_key), np.bool_)
    online = _publish_links(city, online, publish)
    while not stop.is_set() and (end_ms is None or city.now_ms < end_ms):
        ahead_ms = city.now_ms + round(step_s * 1000) - clock.now_ms()
        if ahead_ms > 0:
            stop.wait(min(ahead_ms / 1000 / speed, _LONGEST_PAUSE_S))
            continue
        city.step(step_s)
        reports = list(city.reports())
        after_step(city, reports)
        for topic in commands():
            city.senders.asked(topic)
        online = _publish_links(city, online, publish)
        for report in reports:
            for message in city.senders.messages(report):
                publish(message)
    for station in np.flatnonzero(online).tolist():
        for message in city.senders.link_changed(station, online=False):
            publish(message)


def _publish_links(city: City, before: NDArray[np.bool_], publish: Publish) -> NDArray[np.bool_]:
    now = city.gateways_online()
    for station in np.flatnonzero(now != before).tolist():
        for message in city.senders.link_changed(station, online=bool(now[station])):
            publish(message)
    return now
