"""Repeated calls: which open ticket of a home a new one belongs to. A repeated call is kept and points to the first."""

from datetime import timedelta

from heating.clock import Clock
from heating.tickets import Ticket, TicketCategory
from storage.records.tickets import TicketRecords

__all__ = ["Duplicates", "is_about_heat", "related_categories"]

_HEAT = (TicketCategory.NO_HEAT, TicketCategory.INSUFFICIENT)
"""«No heat» and «not enough heat» of one home are the same complaint."""


def is_about_heat(category: TicketCategory) -> bool:
    """Return whether a ticket is about missing heat: only then an incident of the supply explains it."""
    return category in _HEAT


def related_categories(category: TicketCategory) -> tuple[TicketCategory, ...]:
    """Return the categories that are the same complaint as this one, itself among them."""
    return _HEAT if category in _HEAT else (category,)


class Duplicates:
    """Finds the open ticket that a new call repeats.

    Parameters
    ----------
    tickets : TicketRecords
        Where tickets are kept.
    window_s : float
        Tickets of one home within this time are duplicates [s].
    clock : Clock
        The time data are judged by.
    """

    def __init__(self, *, tickets: TicketRecords, window_s: float, clock: Clock) -> None:
        self._tickets = tickets
        self._window = timedelta(seconds=window_s)
        self._clock = clock

    def open_ticket_of(self, household_id: str, category: TicketCategory | None = None) -> Ticket | None:
        """Return the first open ticket of a home inside the window, about the same complaint or about any."""
        since = self._clock.now() - self._window
        wanted = (None,) if category is None else related_categories(category)
        found = [self._tickets.open_duplicate(household_id, since=since, category=one) for one in wanted]
        return min(
            (ticket for ticket in found if ticket is not None),
            key=lambda ticket: ticket.opened_at,
            default=None,
        )
