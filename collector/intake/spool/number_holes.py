"""`NumberHoles`: numbers that devices counted and that never came.

Every step that is not to the next number is looked at here, device by device; it is rare. What lives here: what such a
step means. What does not: the steps to the next number (`collector.intake.spool.devices_heard`).
"""

from dataclasses import dataclass
from typing import Final

from heating.losses import LossKind, ReadingLoss

__all__ = ["NumberHoles"]

WAIT_MS: Final = 10_000
"""A number that was overtaken may still come: so long a hole waits before it is a loss [ms]."""
MOST_MISSING: Final = 1_000_000
"""A greater step is no hole but another way of counting."""
MOST_WAITING: Final = 10_000
"""Holes that wait; those beyond are losses at once."""


@dataclass(slots=True)
class _Hole:
    place: int
    first: int
    last: int
    left: int
    since_ms: int
    until_ms: int
    seen_ms: int


class NumberHoles:
    """Holes of all devices; a collector that ends forgets those that still wait."""

    def __init__(self) -> None:
        self._waiting: list[_Hole] = []

    def follow(
        self,
        place: int,
        *,
        last: int,
        last_ms: int,
        by_one: bool,
        arrived: list[tuple[int, int]],
        unread: int,
        now_ms: int,
    ) -> tuple[int, int, bool]:
        """Take the readings of one device in a batch; return its newest number, what is left of the unread ones, and
        whether its numbers went on by one at the last step.

        Parameters
        ----------
        place
            Of the device.
        last, last_ms
            Newest number and measured time before; -1: none.
        by_one
            Whether its numbers went on by one before: a leap of others is no hole.
        arrived
            Number and measured time [epoch ms] of each, by time.
        unread
            Messages of it in the batch that nobody could read: each stands for a number.
        now_ms
            Arrival of the batch [epoch ms].
        """
        for number, time_ms in arrived:
            if number == last + 1 and last >= 0:
                last, by_one = number, True
            elif last < 0 or number - last > MOST_MISSING or (number > last and not by_one):
                last = number
            elif number > last:
                missing = number - last - 1
                excused = min(unread, missing)
                unread -= excused
                hole = _Hole(place, last + 1, number - 1, missing - excused, last_ms, time_ms, now_ms)
                self._waiting.append(hole)
                last, by_one = number, False
            elif not self._fill(place, number) and number <= 1 and time_ms > last_ms:
                last = number  # the device was started again
            last_ms = max(last_ms, time_ms)
        return last, unread, by_one

    def _fill(self, place: int, number: int) -> bool:
        for hole in self._waiting:
            if hole.place == place and hole.first <= number <= hole.last:
                hole.left -= 1
                return True
        return False

    def due(self, now_ms: int) -> list[ReadingLoss]:
        """Return the loss that those holes are which nobody filled; one for all of them."""
        if not self._waiting:
            return []
        late = len(self._waiting) > MOST_WAITING
        due = [hole for hole in self._waiting if late or not 0 <= now_ms - hole.seen_ms < WAIT_MS]
        if not due:
            return []
        gone = set(map(id, due))
        self._waiting = [hole for hole in self._waiting if id(hole) not in gone]
        lost = [hole for hole in due if hole.left > 0]
        if not lost:
            return []
        return [
            ReadingLoss(
                kind=LossKind.NUMBERS_MISSING,
                since_ms=min(hole.since_ms for hole in lost),
                until_ms=max(hole.until_ms for hole in lost),
                number=sum(hole.left for hole in lost),
            )
        ]
