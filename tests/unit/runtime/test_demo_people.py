"""The demo's log-ins: one a role, made once, kept in a private file, never as plain text in the records."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.web.security.accounts import hash_secret
from dashboard.web.security.viewer import Role
from heating.assets import Contract
from runtime.demo_people import LOGINS_FILE, make_demo_people, make_hotline_token
from storage.records.records import Records, open_records
from tests.support.quick_hashing import quick_hash, quick_verifier
from tests.support.small_town import small_town


@pytest.fixture(autouse=True)
def hash_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.demo_people.hash_password", quick_hash)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = open_records(f"sqlite:///{tmp_path / 'records.sqlite3'}")
    yield opened
    opened.close()


def test_every_role_gets_a_person_whose_password_lets_in(records: Records, tmp_path: Path) -> None:
    logins = make_demo_people(records=records, site=small_town(), data_dir=tmp_path)
    assert [login.role for login in logins] == [str(role) for role in Role]
    assert len({login.password for login in logins}) == len(logins)
    for login in logins[:2]:
        user = records.people.user(login.username)
        assert user is not None and user.roles == {login.role}
        assert login.password not in user.password_hash
        assert quick_verifier().verify(login.password, user.password_hash)


def test_the_resident_lives_in_a_heated_home_with_a_sensor(records: Records, tmp_path: Path) -> None:
    site = small_town()
    make_demo_people(records=records, site=site, data_dir=tmp_path)
    resident = records.people.user("resident")
    assert resident is not None
    (home,) = [home for home in site.households if home.household_id == resident.household_id]
    assert home.contract is Contract.HEATING
    assert resident.household_id in {one.household_id for one in site.assignments}


def test_the_file_is_readable_by_its_owner_only_and_has_the_promised_shape(
    records: Records, tmp_path: Path
) -> None:
    logins = make_demo_people(records=records, site=small_town(), data_dir=tmp_path)
    path = tmp_path / LOGINS_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert [set(entry) for entry in kept] == [{"role", "username", "password"}] * len(logins)


def test_a_second_start_tells_the_same_and_a_lost_file_makes_new_passwords(
    records: Records, tmp_path: Path
) -> None:
    first = make_demo_people(records=records, site=small_town(), data_dir=tmp_path)
    assert make_demo_people(records=records, site=small_town(), data_dir=tmp_path) == first
    (tmp_path / LOGINS_FILE).unlink()
    third = make_demo_people(records=records, site=small_town(), data_dir=tmp_path)
    assert {login.password for login in third}.isdisjoint(login.password for login in first)
    user = records.people.user(third[0].username)
    assert user is not None and quick_verifier().verify(third[0].password, user.password_hash)
    assert len(records.people.users()) == len(third)


def test_each_start_gives_the_simulated_calls_a_token_of_the_clerk(records: Records, tmp_path: Path) -> None:
    logins = make_demo_people(records=records, site=small_town(), data_dir=tmp_path)
    first, second = (make_hotline_token(records=records, logins=logins) for _ in range(2))
    assert first != second and len(first) > 30
    for token in (first, second):
        kept = records.people.token(hash_secret(token))
        assert kept is not None and kept.username == Role.HOTLINE
