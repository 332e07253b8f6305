"""``nuanliu user`` and ``nuanliu token``: who may log in, without a secret in the arguments."""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.web.security.accounts import hash_secret
from storage.records.records import open_records
from tests.support.quick_hashing import quick_hash, quick_verifier
from tests.support.small_town import small_town

NOW = datetime(2026, 12, 1, tzinfo=UTC)
PASSWORD = "three cold winters"


@pytest.fixture(autouse=True)
def hash_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.commands.people.hash_password", quick_hash)


@pytest.fixture(autouse=True)
def town(nuanliu: Any, hash_quickly: None) -> None:
    """The registry knows areas and homes."""
    records = open_records(f"sqlite:///{nuanliu.folder / 'records.sqlite3'}")
    records.registry.apply_site(small_town(), by="test", now=NOW)
    records.close()


@pytest.fixture
def people(nuanliu: Any) -> Any:
    """Open the records of the command for reading, and close them at the end."""
    records = open_records(f"sqlite:///{nuanliu.folder / 'records.sqlite3'}")
    yield records.people
    records.close()


def add(nuanliu: Any, name: str, role: str, *more: str) -> list[str]:
    return list(nuanliu.says("user", "add", name, "--role", role, *more, stdin=f"{PASSWORD}\n"))


def test_a_new_user_has_roles_areas_and_a_hashed_password(nuanliu: Any, people: Any) -> None:
    assert add(nuanliu, "li", "dispatcher", "--role", "maintenance", "--area", "abag") == ["added: li"]
    user = people.user("li")
    assert (user.roles, user.area_ids) == ({"dispatcher", "maintenance"}, {"abag"})
    assert PASSWORD not in user.password_hash and quick_verifier().verify(PASSWORD, user.password_hash)


def test_the_list_names_roles_areas_home_and_who_is_shut_out(nuanliu: Any) -> None:
    add(nuanliu, "anna", "resident", "--household", "jx-12-3-301")
    add(nuanliu, "wang", "hotline")
    assert nuanliu.says("user", "disable", "wang") == ["disabled: wang"]
    assert nuanliu.says("user", "list") == [
        "anna: resident; all areas home jx-12-3-301",
        "wang: hotline; all areas disabled",
    ]
    assert nuanliu.says("user", "disable", "wang", "--undo") == ["enabled: wang"]
    assert "disabled" not in nuanliu.says("user", "list")[1]


def test_a_new_password_replaces_the_old_one(nuanliu: Any, people: Any) -> None:
    add(nuanliu, "li", "dispatcher")
    assert nuanliu.says("user", "passwd", "li", stdin="four warm winters\n") == ["changed: li"]
    kept = people.user("li").password_hash
    assert quick_verifier().verify("four warm winters", kept) and not quick_verifier().verify(PASSWORD, kept)


@pytest.mark.parametrize("command", [("add", "li", "--role", "hotline"), ("passwd", "li")])
def test_a_short_password_is_refused_and_nothing_changes(nuanliu: Any, people: Any, command: Any) -> None:
    assert "12 characters" in nuanliu.fails("user", *command, stdin="short\n", code=1)
    assert people.users() == []


@pytest.mark.parametrize(
    "arguments",
    [("anna", "--role", "resident"), ("li", "--role", "hotline", "--household", "jx-12-3-301")],
    ids=["a resident without home", "a home for somebody else"],
)
def test_a_home_belongs_to_residents_only(nuanliu: Any, people: Any, arguments: Any) -> None:
    assert "--household" in nuanliu.fails("user", "add", *arguments, stdin=f"{PASSWORD}\n", code=2)
    assert people.users() == []


def test_names_that_are_taken_or_unknown_are_told(nuanliu: Any) -> None:
    add(nuanliu, "li", "dispatcher")
    taken = nuanliu.fails("user", "add", "li", "--role", "hotline", stdin=f"{PASSWORD}\n", code=1)
    assert "li" in taken
    for command in (("disable", "nobody"), ("passwd", "nobody")):
        assert "nobody" in nuanliu.fails("user", *command, stdin=f"{PASSWORD}\n", code=1)
    assert "nobody" in nuanliu.fails("token", "add", "script", "--user", "nobody", code=1)


def test_a_token_is_printed_once_and_kept_as_a_hash(nuanliu: Any, people: Any) -> None:
    add(nuanliu, "li", "dispatcher")
    (token,) = nuanliu.says("token", "add", "nightly report", "--user", "li", "--days", "30")
    kept = people.token(hash_secret(token))
    assert kept is not None and kept.username == "li" and kept.expires_at is not None
    assert token.encode() not in (nuanliu.folder / "records.sqlite3").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("", "--role", "hotline"), "no user name"),
        (("a b", "--role", "hotline"), "no user name"),
        (("li", "--role", "hotline", "--area", "nonexist"), "no area nonexist"),
        (("anna", "--role", "resident", "--household", "nowhere"), "no household 'nowhere'"),
    ],
)
def test_a_user_without_name_or_place_is_refused(
    nuanliu: Any, people: Any, arguments: Any, said: str
) -> None:
    assert said in nuanliu.fails("user", "add", *arguments, stdin=f"{PASSWORD}\n", code=2)
    assert people.users() == []


@pytest.mark.parametrize("password", ["aaaaaaaaaaaa", "li-password-1234"])
def test_a_weak_password_is_refused(nuanliu: Any, people: Any, password: str) -> None:
    nuanliu.fails("user", "add", "li", "--role", "hotline", stdin=f"{password}\n", code=1)
    assert people.users() == []


def test_tokens_are_listed_end_by_default_and_can_be_revoked(nuanliu: Any, people: Any) -> None:
    add(nuanliu, "li", "dispatcher")
    nuanliu.says("token", "add", "report", "--user", "li")
    nuanliu.says("token", "add", "for ever", "--user", "li", "--days", "0")
    (endless, report) = people.tokens()
    assert endless.expires_at is None
    assert timedelta(days=360) < report.expires_at - datetime.now(UTC) <= timedelta(days=365)
    listed = nuanliu.says("token", "list")
    assert listed[0] == "for ever: li; never ends"
    assert listed[1].startswith(f"report: li; ends {report.expires_at:%Y-%m-%d}")
    assert nuanliu.says("token", "revoke", "report") == ["revoked: report"]
    assert [one.name for one in people.tokens()] == ["for ever"]
    assert "report" in nuanliu.fails("token", "revoke", "report", code=1)


def test_a_wall_has_a_token_without_a_password_bound_to_its_addresses(nuanliu: Any, people: Any) -> None:
    wanted = ("--role", "wall", "--address", "10.0.0.5,10.1.0.0/24", "--area", "abag")
    token, link = nuanliu.says("token", "add", "hall", *wanted)
    assert link.endswith(f"/wall?token={token}")
    kept, user = people.token(hash_secret(token)), people.user("hall")
    assert (kept.username, kept.addresses) == ("hall", ("10.0.0.5/32", "10.1.0.0/24"))
    assert (user.roles, user.area_ids) == ({"wall"}, {"abag"})
    assert nuanliu.says("token", "list")[0].endswith("Z; from 10.0.0.5/32,10.1.0.0/24")
    nuanliu.says("token", "revoke", "hall")
    nuanliu.says("token", "add", "hall", *wanted)
    assert [one.username for one in people.users()] == ["hall"]


def test_the_token_of_a_user_may_be_bound_too(nuanliu: Any, people: Any) -> None:
    add(nuanliu, "li", "dispatcher")
    (token,) = nuanliu.says("token", "add", "report", "--user", "li", "--address", "2001:db8::/32")
    assert people.token(hash_secret(token)).addresses == ("2001:db8::/32",)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("hall",), "--user"),
        (("hall", "--user", "li", "--role", "wall", "--address", "10.0.0.5"), "--user"),
        (("hall", "--user", "li", "--area", "abag"), "--user"),
        (("hall", "--role", "wall"), "--address"),
        (("hall", "--role", "dispatcher", "--address", "10.0.0.5"), "only a wall"),
        (("in the hall", "--role", "wall", "--address", "10.0.0.5"), "a name like a user's"),
        (("hall", "--role", "wall", "--address", "0.0.0.0/0"), "every address"),
        (("hall", "--role", "wall", "--address", "10.0.0.5/24"), "host bits"),
        (("hall", "--role", "wall", "--address", "10.0.0.5", "--area", "nonexist"), "no area nonexist"),
        (("li", "--role", "wall", "--address", "10.0.0.5"), "other roles or areas"),
    ],
)
def test_a_token_that_would_be_too_wide_or_nobody_s_is_refused(
    nuanliu: Any, people: Any, arguments: Any, said: str
) -> None:
    add(nuanliu, "li", "dispatcher")
    assert said in nuanliu.fails("token", "add", *arguments, code=2)
    assert people.tokens() == []
    assert [one.username for one in people.users()] == ["li"]


def test_a_new_password_ends_the_tokens_of_the_user_and_of_nobody_else(nuanliu: Any, people: Any) -> None:
    for name in ("li", "wang"):
        add(nuanliu, name, "dispatcher")
        nuanliu.says("token", "add", f"of {name}", "--user", name)
    told = nuanliu.says("user", "passwd", "li", stdin="four warm winters\n")
    assert told == ["changed: li", "token ended: of li"]
    assert [one.name for one in people.tokens()] == ["of wang"]


def test_administration_is_in_the_audit_and_the_chain_can_be_checked(nuanliu: Any) -> None:
    add(nuanliu, "li", "dispatcher")
    nuanliu.says("token", "add", "report", "--user", "li")
    nuanliu.says("user", "disable", "li")
    nuanliu.says("token", "revoke", "report")
    listed = nuanliu.says("audit", "list")
    assert [line.split(": ", 2)[2].split()[:2] for line in listed] == [
        ["token.revoked", "token:report"],
        ["user.disabled", "user:li"],
        ["token.added", "token:report"],
        ["user.added", "user:li"],
    ]
    assert nuanliu.says("audit", "verify")[0].startswith("whole: 4 entries, last hash ")
    with sqlite3.connect(nuanliu.folder / "records.sqlite3") as records:
        triggers = records.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            records.execute(f'DROP TRIGGER "{name}"')
        records.execute("UPDATE audit_entries SET who = 'nobody' WHERE sequence = 2")
    assert "audit entry 2" in nuanliu.fails("audit", "verify", code=1)
