"""What a new ticket of a home starts with, from what is measured there."""

from dataclasses import dataclass

from heating.tickets import TicketCategory, TicketUrgency

__all__ = ["DANGER_BELOW_C", "NO_HEAT_BELOW_C", "IntakeProposal", "propose"]

NO_HEAT_BELOW_C = 14.0
"""A call from a home colder than this is about no heat at all [°C] (own)."""
DANGER_BELOW_C = 12.0
"""Room temperature that endangers health [°C] (own)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeProposal:
    """What a new ticket of a home starts with."""

    category: TicketCategory
    urgency: TicketUrgency
    incident_id: str | None = None
    """Incident that explains a cold home."""
    duplicate_of: str | None = None
    """Open ticket of the home inside the duplicate window."""


def propose(
    *,
    room_c: float | None,
    vulnerable: bool,
    incident_id: str | None = None,
    duplicate_of: str | None = None,
) -> IntakeProposal:
    """Return what a new ticket starts with.

    Parameters
    ----------
    room_c : float, optional
        Room temperature that can be believed [°C]; None: not known.
    vulnerable : bool
        Whether the household needs more care.
    incident_id : str, optional
        Incident that explains the home.
    duplicate_of : str, optional
        Open ticket of the home.
    """
    no_heat = room_c is not None and room_c < NO_HEAT_BELOW_C
    if room_c is not None and room_c < DANGER_BELOW_C:
        urgency = TicketUrgency.EMERGENCY
    else:
        urgency = TicketUrgency.HIGH if vulnerable or no_heat else TicketUrgency.NORMAL
    return IntakeProposal(
        category=TicketCategory.NO_HEAT if no_heat else TicketCategory.INSUFFICIENT,
        urgency=urgency,
        incident_id=incident_id,
        duplicate_of=duplicate_of,
    )
