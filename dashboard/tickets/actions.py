"""What people do with tickets: open, change, call back. Access is checked here; the work is `casework.tickets`.

Each action takes the viewer and a request; the JSON routes and the forms of the pages are two ways to fill it in.
"""

from collections.abc import Callable

from pydantic import BaseModel, Field, StrictBool

from casework.tickets.desk import NewTicket, TicketDesk
from casework.tickets.intake import IntakeProposal
from dashboard.site.index import SiteSource
from dashboard.site.visible import own_home, visible_household
from dashboard.web.refusals import NotVisibleError, UnfitActionError
from dashboard.web.replies import PlainText
from dashboard.web.security.access import ForbiddenError
from dashboard.web.security.viewer import CLERKS, Role, Viewer
from heating.assets import Household
from heating.tickets import Ticket, TicketCategory, TicketState, TicketUrgency
from storage.records.tickets import TicketRecords

__all__ = ["CallbackRequest", "ReportRequest", "TicketActions", "TicketChange", "TicketRequest"]


class ReportRequest(BaseModel):
    """What is wrong in a home; the category is proposed from the home's card when left out."""

    category: TicketCategory | None = None
    description: PlainText = Field("", max_length=2000)


class TicketRequest(ReportRequest):
    """A new ticket; the urgency is proposed from the home's card when left out."""

    urgency: TicketUrgency | None = None


class TicketChange(BaseModel):
    """What changes of a ticket."""

    state: TicketState | None = None
    assigned_to: PlainText | None = Field(None, max_length=128, description="Empty takes it from everybody.")
    note: PlainText = Field("", max_length=2000)


class CallbackRequest(BaseModel):
    """What the household said when it was called after the repair."""

    room_temp_c: float | None = Field(
        None, ge=-30, le=60, description="Room temperature reported or measured [°C]."
    )
    satisfied: StrictBool
    note: PlainText = Field("", max_length=2000)


class TicketActions:
    """Acts on tickets for a viewer.

    Parameters
    ----------
    tickets : TicketRecords
        To look up what the viewer may see.
    desk : TicketDesk
        Does the work.
    sites : SiteSource
        The registry.
    proposal_of : callable
        Returns what a new ticket of a home starts with.
    """

    def __init__(
        self,
        *,
        tickets: TicketRecords,
        desk: TicketDesk,
        sites: SiteSource,
        proposal_of: Callable[[Viewer, Household], IntakeProposal],
    ) -> None:
        self._tickets = tickets
        self._desk = desk
        self._sites = sites
        self._proposal_of = proposal_of

    def open(self, viewer: Viewer, household_id: str, request: TicketRequest) -> Ticket:
        """Open a ticket of a home in the clerk's areas.

        Raises
        ------
        NotVisibleError, ForbiddenError
            The home is not in the viewer's areas; not a clerk.
        """
        _refuse_others(viewer)
        home = visible_household(viewer, self._sites.current(), household_id)
        return self._open(viewer, home, request, channel="hotline", urgency=request.urgency)

    def report(self, viewer: Viewer, request: ReportRequest) -> Ticket:
        """Open a ticket of the resident's own home. Raises `NotVisibleError`, `ForbiddenError`."""
        if not viewer.has(Role.RESIDENT):
            raise ForbiddenError("reporting a fault needs the role resident")
        return self._open(viewer, own_home(viewer, self._sites.current()), request, channel="resident")

    def change(self, viewer: Viewer, ticket_id: str, request: TicketChange) -> Ticket:
        """Move a ticket, assign it, add a note; each only where given.

        Raises
        ------
        NotVisibleError, ForbiddenError
            Not in the viewer's areas; not a clerk.
        heating.tickets.ForbiddenTicketMoveError
            The move is not allowed from the present state.
        UnfitActionError
            Cancelled without a reason.
        """
        if request.state is TicketState.CANCELLED and not request.note.strip():
            raise UnfitActionError("cancelling a ticket needs its reason in note")
        return self._desk.change(
            self._visible(viewer, ticket_id),
            by=viewer.username,
            to=request.state,
            assigned_to=request.assigned_to,
            note=request.note,
        )

    def call_back(self, viewer: Viewer, ticket_id: str, request: CallbackRequest) -> Ticket:
        """Keep the answer of the call after the repair. Raises as `change`."""
        return self._desk.call_back(
            self._visible(viewer, ticket_id),
            by=viewer.username,
            temp_c=request.room_temp_c,
            satisfied=request.satisfied,
            note=request.note,
        )

    def _open(
        self,
        viewer: Viewer,
        home: Household,
        request: ReportRequest,
        *,
        channel: str,
        urgency: TicketUrgency | None = None,
    ) -> Ticket:
        index = self._sites.current()
        wanted = NewTicket(
            household_id=home.household_id,
            area_id=index.area_of_building(index.buildings[home.building_id]),
            opened_by=viewer.username,
            channel=channel,
            category=request.category,
            urgency=urgency,
            description=request.description,
        )
        return self._desk.open(wanted, self._proposal_of(viewer, home))

    def _visible(self, viewer: Viewer, ticket_id: str) -> Ticket:
        _refuse_others(viewer)
        ticket = self._tickets.get(ticket_id, area_ids=viewer.area_ids)
        if ticket is None:
            raise NotVisibleError(f"no ticket {ticket_id!r}")
        return ticket


def _refuse_others(viewer: Viewer) -> None:
    if not viewer.has(*CLERKS):
        raise ForbiddenError("tickets need the role hotline or dispatcher")
