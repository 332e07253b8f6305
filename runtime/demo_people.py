"""Log-ins of the demo: one person a role with a random password, made at the first start and printed once."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from config.drafts import write_whole
from dashboard.web.security.accounts import hash_secret
from dashboard.web.security.passwords import hash_password
from dashboard.web.security.viewer import Role
from heating.assets import Contract, Site
from storage.records.records import Records

__all__ = ["LOGINS_FILE", "DemoLogin", "make_demo_people", "make_hotline_token"]

LOGINS_FILE = "demo-logins.json"
"""Name of the file with the log-ins, in the data folder, readable by its owner only."""

_WORDS = (
    "amber birch cedar delta ember flint grove heron iris jade kite lotus maple north opal pine quartz river"
)


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """One log-in of the demo."""

    role: str
    username: str
    password: str


def make_demo_people(*, records: Records, site: Site, data_dir: Path) -> list[DemoLogin]:
    """Make one person a role where there are none yet, and return all log-ins.

    At a later start with the same data folder the file of the first start is read again: passwords are kept only as
    hashes, so people whose file is gone get new passwords.
    """
    path = data_dir / LOGINS_FILE
    if path.exists() and records.people.users():
        return [DemoLogin(**login) for login in json.loads(path.read_text(encoding="utf-8"))]
    logins = [DemoLogin(role=str(role), username=str(role), password=_password()) for role in Role]
    known = {user.username for user in records.people.users()}
    for login in logins:
        if login.username in known:
            records.people.set_password(login.username, hash_password(login.password))
            continue
        home = _home_with_sensor(site) if login.role == Role.RESIDENT else None
        records.people.add_user(login.username, hash_password(login.password), [login.role], None, home)
    content = json.dumps([asdict(login) for login in logins], ensure_ascii=False, indent=2)
    write_whole(path, content, private=True)
    return logins


def make_hotline_token(*, records: Records, logins: Sequence[DemoLogin]) -> str:
    """Make a token of the demo's clerk, with which the simulated residents' calls become tickets; a new one each time."""
    clerk = next(login.username for login in logins if login.role == Role.HOTLINE)
    token = secrets.token_urlsafe(32)
    records.people.add_token(f"simulated-calls-{secrets.token_hex(4)}", hash_secret(token), clerk)
    return token


def _password() -> str:
    words = [secrets.choice(_WORDS.split()) for _ in range(3)]
    return "-".join([*words, str(secrets.randbelow(9000) + 1000)])


def _home_with_sensor(site: Site) -> str | None:
    """Return a heated home with a sensor, in the building that has most of them (its pages are the liveliest)."""
    heated = {home.household_id for home in site.households if home.contract is Contract.HEATING}
    sensed = [one.household_id for one in site.assignments if one.end is None and one.household_id in heated]
    return sensed[0] if sensed else next(iter(sorted(heated)), None)
