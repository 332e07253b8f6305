"""What a new ticket of a home starts with."""

import pytest

from casework.tickets.intake import propose
from heating.tickets import TicketCategory, TicketUrgency

Category, Urgency = TicketCategory, TicketUrgency


@pytest.mark.parametrize(
    ("room_c", "vulnerable", "category", "urgency"),
    [
        (None, False, Category.INSUFFICIENT, Urgency.NORMAL),
        (None, True, Category.INSUFFICIENT, Urgency.HIGH),
        (17.0, False, Category.INSUFFICIENT, Urgency.NORMAL),
        (17.0, True, Category.INSUFFICIENT, Urgency.HIGH),
        (14.0, False, Category.INSUFFICIENT, Urgency.NORMAL),
        (13.9, False, Category.NO_HEAT, Urgency.HIGH),
        (12.0, True, Category.NO_HEAT, Urgency.HIGH),
        (11.9, False, Category.NO_HEAT, Urgency.EMERGENCY),
    ],
)
def test_the_room_temperature_decides_category_and_urgency(
    room_c: float | None, vulnerable: bool, category: Category, urgency: Urgency
) -> None:
    proposal = propose(room_c=room_c, vulnerable=vulnerable, incident_id="i1", duplicate_of="t1")
    assert (proposal.category, proposal.urgency) == (category, urgency)
    assert (proposal.incident_id, proposal.duplicate_of) == ("i1", "t1")
