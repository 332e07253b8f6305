"""Everything that the records keep about one home, for the people who live there and ask what is known of them.

What lives here: the gathering. What does not: readings, which bear the id of the sensor and not of the home; the report
names the sensors with their times, so that they can be exported beside it.
"""

from collections.abc import Mapping
from dataclasses import asdict

from storage.records.queries import MAX_LIMIT, TicketQuery
from storage.records.records import Records

__all__ = ["household_report"]


def household_report(records: Records, household_id: str) -> Mapping[str, object]:
    """Return what is kept about a home, a retired one too, as values that become JSON.

    Raises
    ------
    storage.records.registry.UnknownHouseholdError
        When there was never such a home.
    """
    address = records.registry.address_of(household_id)
    contact = records.registry.contact(household_id, reveal=True)
    homes = [one for one in records.registry.load_site().households if one.household_id == household_id]
    tickets = records.tickets.find(TicketQuery(household_id=household_id, limit=MAX_LIMIT)).items
    users = [one for one in records.people.users() if one.household_id == household_id]
    seen = records.audit.entries(subject=f"household:{household_id}", limit=10_000)
    return {
        "household_id": household_id,
        "address": asdict(address),
        "registry": asdict(homes[0]) if homes else None,
        "contact": None if contact is None else {"name": contact.name, "phone": contact.phone},
        "sensors": [asdict(one) for one in records.registry.assignments_of(household_id)],
        "accounts": [{"username": one.username, "roles": sorted(one.roles)} for one in users],
        "tickets": [
            {**asdict(one), "history": [asdict(event) for event in records.tickets.history(one.ticket_id)]}
            for one in tickets
        ],
        "seen_by": [{"at": one.at, "who": one.who, "action": one.action} for one in seen],
    }
