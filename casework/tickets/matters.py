"""What a ticket is about: which categories are one matter, and what a new ticket of a home starts with."""

from dataclasses import dataclass

from heating.tickets import TicketCategory, TicketUrgency

__all__ = ["DANGER_BELOW_C", "NO_HEAT_BELOW_C", "IntakeProposal", "is_about_heat", "propose", "same_matter"]

NO_HEAT_BELOW_C = 14.0
"""A call from a home colder than this is about no heat at all [°C] (own)."""
DANGER_BELOW_C = 12.0
"""Room temperature that endangers health [°C] (own)."""

_HEAT = (TicketCategory.NO_HEAT, TicketCategory.INSUFFICIENT)
"""«No heat» and «not enough heat» of one home are one matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeProposal:
    """What a new ticket of a home starts with."""

    category: TicketCategory
    urgency: TicketUrgency
    incident_id: str | None = None
    """Incident that explains a cold home."""
    duplicate_of: str | None = None
    """Open ticket of the home inside the duplicate window."""


def is_about_heat(category: TicketCategory) -> bool:
    """Return whether a ticket is about missing heat: only then an incident of the supply explains it."""
    return category in _HEAT


def same_matter(category: TicketCategory) -> tuple[TicketCategory, ...]:
    """Return the categories that are one matter with this one, itself among them."""
    return _HEAT if category in _HEAT else (category,)


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
