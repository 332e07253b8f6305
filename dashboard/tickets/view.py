"""Tickets as people see them: address, clocks, what may come next."""

from collections.abc import Set as AbstractSet
from dataclasses import replace

from casework.tickets.promises import clocks_of
from dashboard.site.index import SiteIndex, SiteSource
from dashboard.site.visible import visible_station
from dashboard.tickets.models import TicketHistoryEntry, TicketView
from dashboard.web.refusals import NotVisibleError
from dashboard.web.security.viewer import CLERKS, Viewer
from heating.clock import Clock
from heating.tickets import Ticket, TicketState, allowed_moves
from storage.records.pages import Page
from storage.records.queries import MAX_LIMIT, TicketQuery
from storage.records.records import Records

__all__ = ["TicketViews"]


class TicketViews:
    """Builds the views of tickets.

    Parameters
    ----------
    records : Records
        Tickets.
    sites : SiteSource
        The registry, for addresses.
    clock : Clock
        The time promises are judged by.
    """

    def __init__(self, *, records: Records, sites: SiteSource, clock: Clock) -> None:
        self._records = records
        self._sites = sites
        self._clock = clock

    def page(self, viewer: Viewer, query: TicketQuery) -> Page[TicketView]:
        """Return a page of tickets of the viewer's areas, newest first."""
        found = self._records.tickets.find(replace(query, area_ids=viewer.area_ids))
        return Page([self.view(viewer, ticket) for ticket in found.items], found.next_cursor)

    def of_home(self, viewer: Viewer, household_id: str, *, limit: int) -> list[TicketView]:
        """Return the tickets of one home, newest first; that the viewer may see the home is decided before."""
        found = self._records.tickets.find(TicketQuery(household_id=household_id, limit=limit))
        return [self.view(viewer, ticket) for ticket in found.items]

    def below_station(self, viewer: Viewer, station_id: str) -> list[TicketView]:
        """Return the open tickets of the homes below a station, newest first, among the newest 500 of the viewer.

        A station heats homes of several areas at times; those that the viewer may not see are left out. Raises `NotVisibleError`.
        """
        index = self._sites.current()
        station = visible_station(viewer, index, station_id)
        found = self._records.tickets.find(
            TicketQuery(open_only=True, area_ids=viewer.area_ids, limit=MAX_LIMIT)
        )
        return [
            self.view(viewer, ticket)
            for ticket in found.items
            if _station_of(index, ticket.household_id) == station.station_id
        ]

    def detail(self, viewer: Viewer, ticket_id: str) -> TicketView:
        """Return one ticket with its history. Raises `NotVisibleError`."""
        ticket = self._records.tickets.get(ticket_id, area_ids=viewer.area_ids)
        if ticket is None:
            raise NotVisibleError(f"no ticket {ticket_id!r}")
        history = [
            TicketHistoryEntry(
                at=event.at,
                by=event.by,
                what=event.kind if event.to_state is None else event.to_state.value,
                moved=event.to_state is not None,
                note=event.note,
            )
            for event in self._records.tickets.history(ticket_id)
        ]
        return replace(self.view(viewer, ticket), history=history)

    def view(self, viewer: Viewer, ticket: Ticket) -> TicketView:
        """Return a ticket with its clocks."""
        clocks = clocks_of(ticket, now=self._clock.now())
        clerk = viewer.has(*CLERKS)
        address = self._sites.current().address_of(ticket.household_id)
        return TicketView(
            ticket_id=ticket.ticket_id,
            household_id=ticket.household_id,
            address=address.zh,
            address_en=address.en,
            area_id=ticket.area_id,
            category=ticket.category.value,
            urgency=ticket.urgency.value,
            state=ticket.state.value,
            opened_at=ticket.opened_at,
            opened_by=ticket.opened_by if clerk else "",
            channel=ticket.channel,
            description=ticket.description,
            incident_id=ticket.incident_id,
            duplicate_of=ticket.duplicate_of,
            assigned_to=ticket.assigned_to if clerk else None,
            first_response_due=ticket.first_response_due,
            close_due=ticket.close_due,
            responded_at=ticket.responded_at,
            resolved_at=ticket.resolved_at,
            closed_at=ticket.closed_at,
            response_overdue=clocks.response_overdue,
            close_overdue=clocks.close_overdue,
            remaining_s=clocks.remaining_s,
            callback_temp_c=ticket.callback_temp_c,
            satisfied=ticket.satisfied,
            allowed_moves=_in_order(allowed_moves(ticket.state)) if clerk else (),
        )


def _in_order(moves: AbstractSet[TicketState]) -> tuple[TicketState, ...]:
    """Return moves in the order of a repair, giving up last."""
    return tuple(state for state in TicketState if state in moves)


def _station_of(index: SiteIndex, household_id: str) -> str | None:
    home = index.households.get(household_id)
    return None if home is None else index.buildings[home.building_id].station_id
