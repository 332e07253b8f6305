"""Passwords that were made stay readable until somebody hands them out; one can be made anew."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.broker_access.files import BrokerFilesError, BrokerPlace, password_fits, read_passwords
from collector.broker_access.folder import write_mosquitto_folder
from collector.broker_access.identities import service_identities
from config.settings.tree import MqttSettings
from heating.assets import Site
from tests.support.small_site import small_site

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def write(
    folder: Path, site: Site, *, renew: Iterable[str] = (), given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Make the files, and return the passwords to be handed out."""
    services = service_identities(MqttSettings())
    place = BrokerPlace(folder=folder)
    write_mosquitto_folder(place, site, services, now=NOW, certificates=False, renew=renew, given=given)
    lines = (folder / "new-credentials.csv").read_text(encoding="utf-8").splitlines()[1:]
    return dict(line.split(",") for line in lines)


def test_a_second_run_keeps_the_passwords_of_the_first_and_adds_those_of_new_objects(tmp_path: Path) -> None:
    first = write(tmp_path, small_site(stations=1))
    second = write(tmp_path, small_site(stations=2))
    assert "station.S2" not in first and "station.S2" in second
    assert {name: second[name] for name in first} == first
    assert all(
        password_fits(second[name], text) for name, text in read_passwords(tmp_path / "passwords").items()
    )


def test_one_password_is_made_anew_and_the_others_stay(tmp_path: Path) -> None:
    before = write(tmp_path, small_site())
    after = write(tmp_path, small_site(), renew=["station.S1"])
    assert {name for name in before if before[name] != after[name]} == {"station.S1"}
    assert password_fits(after["station.S1"], read_passwords(tmp_path / "passwords")["station.S1"])


@pytest.mark.parametrize(("name", "said"), [("station.S9", "S9"), ("nuanliu-collector", "settings")])
def test_what_has_no_password_here_is_not_renewed(tmp_path: Path, name: str, said: str) -> None:
    given = {"nuanliu-collector": "of-the-collector"}
    before = write(tmp_path, small_site(), given=given)
    with pytest.raises(BrokerFilesError, match=said):
        write(tmp_path, small_site(), renew=[name], given=given)
    assert write(tmp_path, small_site(), given=given) == before


def test_rooms_of_their_own_have_accounts_of_their_own() -> None:
    plain = MqttSettings()
    names = [one.name for one in service_identities(plain)]
    assert names[:3] == ["nuanliu-collector", "nuanliu-alerting", "nuanliu-dashboard"]
    assert plain.of_room("alerting") is plain
    named = MqttSettings.model_validate(
        {"username": "c", "rooms": {"alerting": {"username": "a", "password": "x"}}, "host": "broker"}
    )
    alerting = named.of_room("alerting")
    assert (alerting.username, alerting.host, named.of_room("dashboard").username) == ("a", "broker", "c")
    assert alerting.password is not None and alerting.password.get_secret_value() == "x"
    assert "a" in [one.name for one in service_identities(named)]
