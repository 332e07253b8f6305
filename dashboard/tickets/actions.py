"""Take, move and call back tickets. A new ticket gets its promises, its incident and its place among duplicates."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from config.settings.tree import PoliciesSettings
from dashboard.homes.models import IntakeProposal
from dashboard.site.index import SiteSource
from dashboard.site.visible import visible_household
from dashboard.web.refusals import NotVisibleError
from dashboard.web.security.access import ForbiddenError
from dashboard.web.security.viewer import CLERKS, Role, Viewer
from heating.assets import Household
from heating.clock import Clock
from heating.tickets import Ticket, TicketCategory, TicketState, TicketUrgency
from storage.records.records import Records

__all__ = ["Announce", "HomesOfTickets", "NewTicket", "TicketDesk"]

_HEAT = (TicketCategory.NO_HEAT, TicketCategory.INSUFFICIENT)
"""«No heat» and «not enough heat» of one home are one matter."""
_MAX_TEXT = 2000


class Announce(Protocol):
    """Tells others of a ticket that is new or changed."""

    def __call__(self, ticket_id: str, *, area_id: str, state: str) -> None:
        """Pass it on; must not block."""
        ...


class HomesOfTickets(Protocol):
    """What a ticket needs of the homes."""

    def own_home(self, viewer: Viewer, household_id: str) -> Household:
        """Return the resident's own home. Raises `NotVisibleError`."""
        ...

    def proposal(self, viewer: Viewer, home: Household) -> IntakeProposal:
        """Return what a new ticket of a home starts with."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """What a person says; what is left out is filled in from the home's card."""

    household_id: str
    category: TicketCategory | None = None
    urgency: TicketUrgency | None = None
    description: str = ""


class TicketDesk:
    """Handles tickets for a viewer.

    Parameters
    ----------
    records : Records
        Tickets, incidents, audit.
    sites : SiteSource
        The registry.
    homes : HomesOfTickets
        Whose home it is, and what a ticket of it starts with.
    policies : PoliciesSettings
        Promises and the duplicate window.
    clock : Clock
        The time data are judged by.
    announce : callable
        Told of every ticket that is new or changed.
    """

    def __init__(
        self,
        *,
        records: Records,
        sites: SiteSource,
        homes: HomesOfTickets,
        policies: PoliciesSettings,
        clock: Clock,
        announce: Announce,
    ) -> None:
        self._announce = announce
        self._records = records
        self._sites = sites
        self._homes = homes
        self._policies = policies
        self._clock = clock

    def open(self, viewer: Viewer, wanted: NewTicket) -> Ticket:
        """Take a ticket; a repeated call about the same matter is kept and points to the first.

        Raises
        ------
        NotVisibleError
            The home is not in the viewer's areas, or not the resident's own.
        """
        home = self._home(viewer, wanted.household_id)
        proposal = self._homes.proposal(viewer, home)
        category = wanted.category or TicketCategory(proposal.category)
        urgency = wanted.urgency or _urgency(category, TicketUrgency(proposal.urgency))
        now = self._clock.now()
        ticket = Ticket(
            ticket_id=f"t{now:%y%m%d}-{secrets.token_hex(5)}",
            household_id=home.household_id,
            area_id=self._area_of(home),
            category=category,
            urgency=urgency,
            state=TicketState.NEW,
            opened_at=now,
            opened_by=viewer.username,
            channel="hotline" if viewer.has(*CLERKS) else "resident",
            description=wanted.description.strip()[:_MAX_TEXT],
            incident_id=proposal.incident_id if category in _HEAT else None,
            duplicate_of=self._duplicate_of(home.household_id, category),
            first_response_due=now + timedelta(seconds=self._policies.first_response_s),
            close_due=now + timedelta(seconds=self._policies.close_s),
        )
        kept = self._records.tickets.add(ticket)
        self._tell(viewer, "ticket.opened", kept)
        return kept

    def move(
        self,
        viewer: Viewer,
        ticket_id: str,
        *,
        to: TicketState | None = None,
        assigned_to: str | None = None,
        note: str = "",
    ) -> Ticket:
        """Move a ticket, say who works on it, add a note; each only where given.

        Raises
        ------
        NotVisibleError, ForbiddenError
            Not in the viewer's areas; not a clerk.
        heating.tickets.ForbiddenTicketMoveError
            The move is not allowed from where it stands.
        """
        ticket = self._visible(viewer, ticket_id)
        tickets, now, text = self._records.tickets, self._clock.now(), note.strip()[:_MAX_TEXT]
        if to is not None:
            ticket = tickets.move(ticket_id, to, by=viewer.username, at=now, note=text)
        elif text:
            tickets.note(ticket_id, text, by=viewer.username, at=now)
        if assigned_to is not None:
            ticket = tickets.assign(ticket_id, assigned_to or None, by=viewer.username, at=now)
        self._tell(viewer, "ticket.changed", ticket)
        return ticket

    def callback(
        self, viewer: Viewer, ticket_id: str, *, temp_c: float | None, satisfied: bool, note: str = ""
    ) -> Ticket:
        """Keep what the household said after the repair: room temperature [°C] and whether it is content.

        Raises as `move`.
        """
        self._visible(viewer, ticket_id)
        now = self._clock.now()
        if note.strip():
            self._records.tickets.note(ticket_id, note.strip()[:_MAX_TEXT], by=viewer.username, at=now)
        ticket = self._records.tickets.callback(
            ticket_id, temp_c=temp_c, satisfied=satisfied, by=viewer.username, at=now
        )
        self._tell(viewer, "ticket.called_back", ticket)
        return ticket

    def _home(self, viewer: Viewer, household_id: str) -> Household:
        if viewer.has(*CLERKS):
            return visible_household(viewer, self._sites.current(), household_id)
        if viewer.has(Role.RESIDENT):
            return self._homes.own_home(viewer, household_id)
        raise ForbiddenError("taking tickets needs the role hotline or dispatcher")

    def _visible(self, viewer: Viewer, ticket_id: str) -> Ticket:
        if not viewer.has(*CLERKS):
            raise ForbiddenError("handling tickets needs the role hotline or dispatcher")
        ticket = self._records.tickets.get(ticket_id, area_ids=viewer.area_ids)
        if ticket is None:
            raise NotVisibleError(f"no ticket {ticket_id!r}")
        return ticket

    def _area_of(self, home: Household) -> str:
        index = self._sites.current()
        return index.area_of_building(index.buildings[home.building_id])

    def _duplicate_of(self, household_id: str, category: TicketCategory) -> str | None:
        since = self._clock.now() - timedelta(seconds=self._policies.duplicate_window_s)
        same = _HEAT if category in _HEAT else (category,)
        found = [
            self._records.tickets.open_duplicate(household_id, since=since, category=kind) for kind in same
        ]
        earlier = [ticket for ticket in found if ticket is not None]
        return min(earlier, key=lambda ticket: ticket.opened_at).ticket_id if earlier else None

    def _tell(self, viewer: Viewer, action: str, ticket: Ticket) -> None:
        subject = f"ticket:{ticket.ticket_id}"
        self._records.audit.append(viewer.username, action, subject, at=self._clock.now())
        self._announce(ticket.ticket_id, area_id=ticket.area_id, state=ticket.state.value)


def _urgency(category: TicketCategory, proposed: TicketUrgency) -> TicketUrgency:
    """A leak cannot wait, whatever the room temperature says."""
    return TicketUrgency.EMERGENCY if category is TicketCategory.LEAK else proposed
