"""The switchboard: every call of a city goes once to all who want it.

What lives here: handing calls on after each step. What does not: where they go (`simulators.people.hotline`) and what
the truth makes of them.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from simulators.people.call_words import CallTruth
from simulators.people.hotline import HotlineDesk

__all__ = ["HasCalls", "Switchboard"]

Listener = Callable[[Sequence[CallTruth]], None]


class HasCalls(Protocol):
    """A city, as far as its calls go."""

    def take_calls(self) -> list[CallTruth]:
        """Return the calls that were not yet taken."""
        ...


class Switchboard:
    """Hands calls on: to desks what a clerk hears, to listeners of the truth everything."""

    def __init__(self) -> None:
        self._desks: list[HotlineDesk] = []
        self._listeners: list[Listener] = []

    def connect(self, desk: HotlineDesk) -> None:
        """Give a desk all calls from now on; `close` closes it."""
        self._desks.append(desk)

    def tell(self, listener: Listener) -> None:
        """Give somebody who may know the truth all calls from now on."""
        self._listeners.append(listener)

    def follow(self, city: HasCalls, _reports: object = None) -> None:
        """Hand on the calls of a step; fits `simulators.publishing.history.AfterStep`."""
        calls = city.take_calls()
        if calls:
            for desk in self._desks:
                desk.take(truth.call for truth in calls)
            for listener in self._listeners:
                listener(calls)

    def close(self) -> None:
        """Close all desks."""
        for desk in self._desks:
            desk.close()
        self._desks.clear()
