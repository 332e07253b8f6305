"""Erasing: what is personal goes, evidence and other people's data stay, the audit stays whole, a dry run only counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from heating.protocols import OutboxMessage
from heating.tickets import Ticket, TicketCategory, TicketState, TicketUrgency
from storage.records.database import open_database
from storage.records.household_report import household_report
from storage.records.people_values import AuditLine
from storage.records.privacy import Erased, RetentionEnds
from storage.records.records import Records
from storage.records.registry import UnknownHouseholdError
from tests.support.small_town import small_town, small_town_contacts

NOW = datetime(2026, 12, 1, tzinfo=UTC)
HOME, OTHER = "jx-12-3-301", "lt-a-2-202"
DAY = timedelta(days=1)
ASKED = AuditLine(at=NOW, who="li", action="household.erased", subject=f"household:{HOME}")
DAILY = AuditLine(at=NOW, who="policy", action="retention.applied", subject="policy")


def ticket(ticket_id: str, home: str, *, closed: datetime | None) -> Ticket:
    return Ticket(
        ticket_id=ticket_id,
        household_id=home,
        area_id="xirtala",
        category=TicketCategory.OTHER,
        urgency=TicketUrgency.NORMAL,
        state=TicketState.NEW if closed is None else TicketState.CLOSED,
        opened_at=NOW - 2000 * DAY if closed is None else closed - DAY,
        opened_by="li",
        description=f"Mrs Wang of {home} is cold",
        closed_at=closed,
    )


def town_with_people(records: Records) -> None:
    """Two homes with the same of everything, the first is asked for."""
    site = small_town()
    left = [
        replace(one, sensor_id=f"old-{one.household_id}", start=NOW - 3000 * DAY, end=NOW - 2000 * DAY)
        for one in site.assignments
        if one.household_id in (HOME, OTHER)
    ]
    sensors = [replace(site.sensors[0], sensor_id=one.sensor_id) for one in left]
    site = replace(site, assignments=(*left, *site.assignments), sensors=(*site.sensors, *sensors))
    records.registry.apply_site(site, small_town_contacts(), by="test", now=NOW)
    for home in (HOME, OTHER):
        records.people.add_user(f"at-{home}", "no hash", ["resident"], None, home)
        records.people.open_session(f"s-{home}", f"at-{home}", NOW)
        records.people.add_token(f"t-{home}", f"hash-{home}", f"at-{home}")
        records.tickets.add(ticket(f"done-{home}", home, closed=NOW - DAY))
        records.tickets.add(ticket(f"open-{home}", home, closed=None))
        for name in ("done", "open"):
            records.tickets.note(f"{name}-{home}", "call 138", by="li", at=NOW - DAY)


@pytest.fixture
def town(records: Records) -> Records:
    """Records of two homes."""
    town_with_people(records)
    return records


def erased(town: Records, *, dry_run: bool = False) -> Erased:
    return town.privacy.erase_household(HOME, now=NOW, audit=ASKED, dry_run=dry_run)


EXPECTED = Erased(
    contacts=1, descriptions=1, notes=1, accounts=1, sessions=1, sensor_links=1, open_tickets_kept=1
)


def test_what_is_personal_goes_and_evidence_stays(town: Records) -> None:
    assert erased(town) == EXPECTED
    report = household_report(town, HOME)
    assert report["contact"] is None
    assert report["accounts"] == []
    assert [one.sensor_id for one in town.registry.assignments_of(HOME)] == [f"s-{HOME}"]
    done = town.tickets.get(f"done-{HOME}")
    assert done is not None
    assert (done.description, done.category, done.closed_at) == ("", TicketCategory.OTHER, NOW - DAY)
    assert [event.note for event in town.tickets.history(f"done-{HOME}")] == ["", ""]
    assert town.people.session(f"s-{HOME}") is None and town.people.token(f"hash-{HOME}") is None


def test_work_at_hand_keeps_its_words(town: Records) -> None:
    erased(town)
    going_on = town.tickets.get(f"open-{HOME}")
    assert going_on is not None and HOME in going_on.description
    assert [event.note for event in town.tickets.history(f"open-{HOME}")] == ["", "call 138"]


def test_other_homes_keep_everything(town: Records) -> None:
    before = household_report(town, OTHER)
    erased(town)
    assert household_report(town, OTHER) == before


def test_the_audit_stays_whole_and_names_no_more_than_the_id_and_numbers(town: Records) -> None:
    town.audit.append("li", "household.seen", f"household:{HOME}", at=NOW)
    erased(town)
    assert town.audit.verify_chain() == 2
    newest = town.audit.entries(limit=1)[0]
    assert newest.action == "household.erased"
    assert all(isinstance(number, int) for number in newest.detail.values())


def test_a_dry_run_counts_the_same_and_changes_nothing(town: Records) -> None:
    before, version = household_report(town, HOME), town.registry.version()
    assert erased(town, dry_run=True) == EXPECTED
    assert household_report(town, HOME) == before
    assert (town.registry.version(), town.audit.entries()) == (version, [])


def test_erasing_twice_finds_nothing_more_and_an_unknown_home_is_refused(town: Records) -> None:
    erased(town)
    assert erased(town) == Erased(open_tickets_kept=1)
    with pytest.raises(UnknownHouseholdError, match="nowhere"):
        town.privacy.erase_household("nowhere", now=NOW, audit=ASKED)


def test_staff_that_live_in_a_home_keep_their_account(town: Records) -> None:
    town.people.add_user("wang", "no hash", ["dispatcher", "resident"], None, HOME)
    erased(town)
    wang = town.people.user("wang")
    assert wang is not None and wang.household_id is None


def test_the_policy_erases_what_ended_before_its_time_and_nothing_younger(town: Records) -> None:
    town.tickets.add(ticket("ancient", OTHER, closed=NOW - 1200 * DAY))
    messages = [OutboxMessage(channel="console", key=f"m{n}", due_at=NOW, body={"n": n}) for n in range(3)]
    town.alarms.append_events([], outbox=messages)
    first, second, _waiting = (one.message_id for one in town.outbox.due(now=NOW))
    assert first is not None and second is not None
    town.outbox.delivered(first, at=NOW - 100 * DAY)
    town.outbox.delivered(second, at=NOW - DAY)
    town.people.open_session("idle", f"at-{OTHER}", NOW - 2 * DAY)
    ends = RetentionEnds(
        tickets=NOW - 1095 * DAY,
        sensor_links=NOW - 1826 * DAY,
        notices=NOW - 90 * DAY,
        sessions_opened=NOW - 7 * DAY,
        sessions_seen=NOW - DAY,
    )
    found = town.privacy.apply_retention(ends, now=NOW, audit=DAILY)
    assert found == Erased(descriptions=1, notes=0, sessions=1, sensor_links=2, notices=1)
    assert town.people.session(f"s-{OTHER}") is not None and town.people.session("idle") is None
    kept = town.tickets.get(f"done-{OTHER}")
    assert kept is not None and kept.description
    assert town.audit.entries(limit=1)[0].detail["sessions"] == 1
    again = town.privacy.apply_retention(ends, now=NOW, audit=DAILY)
    assert again == Erased()


@pytest.mark.parametrize(
    "change",
    ["note = 'another word'", "note = '', kind = 'moved'", "note = '', \"by\" = 'somebody else'"],
)
def test_of_a_history_nothing_but_the_words_can_go(town: Records, records_url: str, change: str) -> None:
    database = open_database(records_url)
    try:
        for statement in (f"UPDATE ticket_events SET {change}", "DELETE FROM ticket_events"):
            with pytest.raises(DBAPIError, match="append-only"):
                database.write(lambda connection, text=statement: connection.execute(sa.text(text)))
    finally:
        database.close()
    assert [event.note for event in town.tickets.history(f"done-{HOME}")] == ["", "call 138"]
