"""What a ticket is about, and what a new one of a home starts with."""

import pytest

from casework.tickets.matters import is_about_heat, propose, same_matter
from heating.tickets import TicketCategory, TicketUrgency

Category, Urgency = TicketCategory, TicketUrgency


def test_no_heat_and_too_little_heat_are_one_matter_and_nothing_else_is() -> None:
    heat = {Category.NO_HEAT, Category.INSUFFICIENT}
    for category in Category:
        assert is_about_heat(category) == (category in heat)
        assert set(same_matter(category)) == (heat if category in heat else {category})


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
