"""``nuanliu export household``: what is kept about a home, complete, of that home only, and noted."""

import json
from datetime import UTC, datetime
from typing import Any

from heating.tickets import Ticket, TicketCategory, TicketState, TicketUrgency
from storage.records.records import open_records
from tests.support.small_town import small_town, small_town_contacts

NOW = datetime(2026, 12, 1, tzinfo=UTC)
HOME, OTHER = "jx-12-3-301", "lt-a-2-202"


def test_a_home_is_told_everything_about_itself_and_nothing_of_others(nuanliu: Any) -> None:
    records = open_records(f"sqlite:///{nuanliu.folder / 'records.sqlite3'}")
    records.registry.apply_site(small_town(), small_town_contacts(), by="test", now=NOW)
    records.people.add_user("anna", "no hash", ["resident"], None, HOME)
    records.audit.append("li", "household.seen", f"household:{HOME}", at=NOW)
    for number, home in enumerate((HOME, OTHER)):
        records.tickets.add(
            Ticket(
                ticket_id=f"t{number}",
                household_id=home,
                area_id="xirtala",
                category=TicketCategory.OTHER,
                urgency=TicketUrgency.NORMAL,
                state=TicketState.NEW,
                opened_at=NOW,
                opened_by="li",
                description=f"cold in {home}",
            )
        )
    records.close()
    told = json.loads("\n".join(nuanliu.says("export", "household", HOME)))
    assert told["contact"] == {"name": "单雄信", "phone": "13812345678"}
    assert told["address"]["room"] == told["registry"]["room"] == "301"
    assert [one["sensor_id"] for one in told["sensors"]] == [f"s-{HOME}"]
    assert told["accounts"] == [{"username": "anna", "roles": ["resident"]}]
    assert [one["description"] for one in told["tickets"]] == [f"cold in {HOME}"]
    assert [event["kind"] for event in told["tickets"][0]["history"]] == ["opened"]
    assert [(one["who"], one["action"]) for one in told["seen_by"]] == [("li", "household.seen")]
    again = json.loads("\n".join(nuanliu.says("export", "household", HOME)))
    assert again["seen_by"][0]["action"] == "household.exported"
    assert "nowhere" in nuanliu.fails("export", "household", "nowhere", code=1)
