"""Users, sessions, tokens, and the audit that shows when it was touched."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from storage.records.audit import BrokenChainError
from storage.records.database import open_database
from storage.records.people import UnknownUserError, UserExistsError
from storage.records.people_values import AuditLine
from storage.records.records import Records, open_records
from tests.support.sample_alarms import RAISED_AT


def add_wang(records: Records) -> None:
    """Add a dispatcher of one area."""
    records.people.add_user("wang", "hash-1", {"dispatcher", "hotline"}, {"xilinhot"}, locale="zh_CN")


def test_a_user_is_kept_with_roles_and_areas(records: Records) -> None:
    add_wang(records)
    records.people.add_user("admin", "hash-2", ["admin"], None)
    records.people.add_user("nobody", "hash-3", [], [])
    records.people.add_user("resident", "hash-4", ["resident"], [], household_id="jx-12-3-301")
    wang = records.people.user("wang")
    assert wang is not None
    assert (wang.roles, wang.area_ids) == (frozenset({"dispatcher", "hotline"}), frozenset({"xilinhot"}))
    assert "hash-1" not in repr(wang)
    by_name = {user.username: user for user in records.people.users()}
    assert list(by_name) == ["admin", "nobody", "resident", "wang"]
    assert by_name["admin"].area_ids is None
    assert by_name["nobody"].area_ids == frozenset()
    assert by_name["resident"].household_id == "jx-12-3-301"
    with pytest.raises(UserExistsError, match="wang"):
        records.people.add_user("wang", "other", [], None)
    assert records.people.user("wang") == wang
    assert records.people.user("missing") is None


def test_a_session_lives_until_it_is_closed(records: Records) -> None:
    add_wang(records)
    opened = records.people.open_session("t1", "wang", RAISED_AT, "ip-hash")
    assert records.people.session("t1") == opened
    later = RAISED_AT + timedelta(minutes=5)
    records.people.touch_session("t1", later)
    touched = records.people.session("t1")
    assert touched is not None
    assert (touched.opened_at, touched.seen_at) == (RAISED_AT, later)
    records.people.close_session("t1")
    assert records.people.session("t1") is None
    with pytest.raises(UnknownUserError):
        records.people.open_session("t2", "missing", RAISED_AT)


@pytest.mark.parametrize("end", ["disabled", "password"])
def test_sessions_end_with(records: Records, end: str) -> None:
    add_wang(records)
    records.people.add_user("li", "hash", [], None)
    for token, username in (("t1", "wang"), ("t2", "wang"), ("t3", "li")):
        seen = RAISED_AT if username == "wang" else RAISED_AT + timedelta(hours=9)
        records.people.open_session(token, username, seen)
    match end:
        case "disabled":
            records.people.set_disabled("wang", True)
        case _:
            records.people.set_password("wang", "hash-9")
    assert [records.people.session(token) is None for token in ("t1", "t2", "t3")] == [True, True, False]


def test_a_user_is_shut_out_and_let_in_again(records: Records) -> None:
    add_wang(records)
    for disabled in (True, False):
        records.people.set_disabled("wang", disabled)
        user = records.people.user("wang")
        assert user is not None
        assert user.disabled is disabled
    with pytest.raises(UnknownUserError):
        records.people.set_disabled("missing", True)


def test_a_bound_token_is_exchanged_once(records: Records) -> None:
    add_wang(records)
    records.people.add_token("hall", "old", "wang", None, ("10.0.0.5/32", "2001:db8::/32"))
    line = AuditLine(at=RAISED_AT, who="wang", action="wall.opened", subject="token:hall")
    assert records.people.exchange_token("old", "new", audit=line)
    assert not records.people.exchange_token("old", "newer", audit=line)
    assert records.people.token("old") is None
    held = records.people.token("new")
    assert held is not None and held.addresses == ("10.0.0.5/32", "2001:db8::/32")
    assert [held] == records.people.tokens()
    assert len(records.audit.entries(action="wall.opened")) == 1


def test_tokens_are_found_by_hash_and_removed_by_name(records: Records) -> None:
    add_wang(records)
    expires = RAISED_AT + timedelta(days=90)
    token = records.people.add_token("export", "h-1", "wang", expires)
    assert records.people.token("h-1") == token
    assert records.people.token("h-2") is None
    assert records.people.tokens() == [token]
    with pytest.raises(UserExistsError, match="export"):
        records.people.add_token("export", "h-3", "wang")
    with pytest.raises(UnknownUserError):
        records.people.add_token("other", "h-4", "missing")
    assert records.people.remove_token("export")
    assert not records.people.remove_token("export")
    assert records.people.token("h-1") is None


def test_the_audit_keeps_who_saw_what_in_order(records: Records) -> None:
    for number in range(3):
        subject = f"household:h{number % 2}"
        at = RAISED_AT + timedelta(minutes=number)
        records.audit.append(
            "wang", "household.seen", subject, {"n": number, "名": 1.0}, at=at, ip="10.0.0.1"
        )
    newest, _, oldest = records.audit.entries()
    assert (newest.sequence, newest.detail, newest.at) == (
        3,
        {"n": 2, "名": 1.0},
        RAISED_AT + timedelta(minutes=2),
    )
    assert [entry.sequence for entry in records.audit.entries(subject="household:h0")] == [3, 1]
    assert records.audit.entries(who="li") == []
    assert [entry.sequence for entry in records.audit.entries(before_sequence=3, limit=1)] == [2]
    assert records.audit.entries(since=newest.at, action="household.seen") == [newest]
    assert oldest.hash != newest.hash
    assert records.audit.verify_chain() == 3


def test_the_audit_cannot_be_changed_by_a_statement(records: Records, records_url: str) -> None:
    records.audit.append("wang", "login", "user:wang", at=RAISED_AT)
    database = open_database(records_url)
    for statement in (sa.text("UPDATE audit_entries SET who = 'x'"), sa.text("DELETE FROM audit_entries")):
        with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
            connection.execute(statement)
    database.close()


def tamper(records_url: str, statement: sa.TextClause) -> None:
    """Change the audit as somebody with every right on the database could."""
    database = open_database(records_url)
    with database.engine.begin() as connection:
        if database.is_sqlite:
            for verb in ("update", "delete"):
                connection.execute(sa.text(f"DROP TRIGGER audit_entries_no_{verb}"))
        else:
            connection.execute(sa.text("DROP TRIGGER audit_entries_no_change ON audit_entries"))
        connection.execute(statement)
    database.close()


@pytest.mark.parametrize(
    ("tampering", "expected"),
    [
        ("UPDATE audit_entries SET who = 'li' WHERE sequence = 2", "entry 2 or its hash was changed"),
        ("UPDATE audit_entries SET detail = '{}' WHERE sequence = 3", "entry 3 or its hash was changed"),
        ("DELETE FROM audit_entries WHERE sequence = 2", "entry 2 is missing"),
    ],
)
def test_a_tampered_audit_shows(records: Records, records_url: str, tampering: str, expected: str) -> None:
    for number in range(4):
        records.audit.append("wang", "login", "user:wang", {"n": number}, at=RAISED_AT)
    tamper(records_url, sa.text(tampering))
    with pytest.raises(BrokenChainError, match=expected):
        records.audit.verify_chain()


def test_an_entry_forged_with_a_fitting_hash_breaks_the_next_one(
    records: Records, records_url: str, tmp_path: Path
) -> None:
    other = open_records(f"sqlite:///{tmp_path}/forger.sqlite3")
    for number in range(3):
        records.audit.append("wang", "login", "user:wang", {"n": number}, at=RAISED_AT)
        other.audit.append("li" if number == 1 else "wang", "login", "user:wang", {"n": number}, at=RAISED_AT)
    forged = other.audit.entries(who="li")[0]
    other.close()
    statement = sa.text("UPDATE audit_entries SET who = 'li', hash = :hash WHERE sequence = 2")
    tamper(records_url, statement.bindparams(hash=forged.hash))
    with pytest.raises(BrokenChainError, match="entry 3 or its hash was changed"):
        records.audit.verify_chain()


def test_entries_written_at_once_form_one_chain(records: Records, open_again: Callable[[], Records]) -> None:
    def write(part: Records, who: str) -> None:
        for _ in range(20):
            part.audit.append(who, "login", f"user:{who}", at=RAISED_AT)

    threads = [threading.Thread(target=write, args=(open_again(), f"u{number}")) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert records.audit.verify_chain() == 60
