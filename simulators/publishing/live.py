"""The live run: the city follows a virtual clock and its reports go to the broker.

What lives here: keeping step with the clock, link states, the end. What does not: the connection
(`simulators.publishing.mqtt_publisher`), the city (`simulators.city`). Payload times never lie ahead of the clock.
"""

import threading
from collections.abc import Callable
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from heating.clock import Clock
from heating.intervals import to_epoch_ms
from simulators.city import City
from simulators.devices.reports import Message
from simulators.publishing.history import AfterStep

__all__ = ["link_state", "run_live", "step_for_speed"]

_STEPS_S = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0)
_LONGEST_PAUSE_S = 0.5
Publish = Callable[[Message], None]


def step_for_speed(speed: float) -> float:
    """Return the step of a live run [s]: half a real second at high speed, 1 s at least, 60 s at most."""
    return max((step for step in _STEPS_S if step <= max(speed / 2, 1.0)), default=1.0)


def link_state(city: City, station: int, *, online: bool) -> Message:
    """Return the retained message about a station's gateway."""
    payload = b"online" if online else b"offline"
    return Message(city.instruments.fleet.topic(station, "status"), payload, retained=True)


def run_live(
    city: City,
    *,
    clock: Clock,
    speed: float,
    publish: Publish,
    stop: threading.Event,
    until: datetime | None,
    after_step: AfterStep,
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
    """
    step_s = step_for_speed(speed)
    end_ms = None if until is None else to_epoch_ms(until)
    online = np.zeros(len(city.layout.station_key), np.bool_)
    online = _publish_links(city, online, publish)
    while not stop.is_set() and (end_ms is None or city.now_ms < end_ms):
        ahead_ms = city.now_ms + round(step_s * 1000) - clock.now_ms()
        if ahead_ms > 0:
            stop.wait(min(ahead_ms / 1000 / speed, _LONGEST_PAUSE_S))
            continue
        city.step(step_s)
        reports = list(city.reports())
        after_step(city, reports)
        online = _publish_links(city, online, publish)
        for report in reports:
            for message in report.messages():
                publish(message)
    for station in np.flatnonzero(online).tolist():
        publish(link_state(city, station, online=False))


def _publish_links(city: City, before: NDArray[np.bool_], publish: Publish) -> NDArray[np.bool_]:
    now = city.gateways_online()
    for station in np.flatnonzero(now != before).tolist():
        publish(link_state(city, station, online=bool(now[station])))
    return now
