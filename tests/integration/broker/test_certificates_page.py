"""docs/certificates.md: its commands run as written and give what the page says."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.broker_access.identities import COLLECTOR_NAME, REPLAY_NAME, room_accounts
from collector.broker_access.revocations import CRL_FILE
from config.settings.tree import Settings
from storage.records.records import open_records
from storage.registry_files.reading import read_registry
from tests.support.page_tables import DOCS
from tests.support.pages import blocks

PAGE = (DOCS / "certificates.md").read_text(encoding="utf-8")
AUTHORITY, BROKER, CLIENTS, PLACED, CHECKED, REVOKED = blocks(PAGE, "sh")
FOLDER = "/etc/nuanliu/broker"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates and the broker's folder, made by the commands of the page."""
    place = tmp_path_factory.mktemp("certificates")
    (place / "broker").mkdir()
    assert shutil.which("openssl"), "openssl is part of every Debian and Ubuntu that the gate runs on"
    for block in (AUTHORITY, BROKER, CLIENTS):
        run(block, place)
    return place


def run(block: str, place: Path) -> str:
    programs = Path(sys.executable).parent
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(DOCS.parent),
        "BROKER_AUTHORITY_PASSWORD": "a long password",
        "NUANLIU_RECORDS__URL": f"sqlite:///{place / 'records.sqlite3'}",
        "LANG": "C.UTF-8",
    }
    script = f"set -eu\n{block.replace(FOLDER, str(place / 'broker'))}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_certificate_is_of_the_authority_and_the_broker_has_its_names(folder: Path) -> None:
    said = run(CHECKED, folder)
    assert said.count(": OK") == 6
    assert "DNS:broker.example, IP Address:192.0.2.10" in said


def test_a_certificate_of_another_authority_is_not_of_ours(folder: Path, tmp_path: Path) -> None:
    run(AUTHORITY, tmp_path)
    shutil.copy(tmp_path / "ca.pem", folder / "other.pem")
    with pytest.raises(AssertionError, match="verification failed"):
        run("openssl verify -CAfile other.pem server.pem", folder)


def test_our_programs_have_the_names_that_the_access_list_expects() -> None:
    names = [COLLECTOR_NAME, *room_accounts(Settings().mqtt).values(), REPLAY_NAME]
    assert f"for name in {' '.join(names)} station.st-001; do" in CLIENTS


def test_the_folder_of_the_broker_is_written_and_a_stolen_device_is_on_the_list(folder: Path) -> None:
    records = open_records(f"sqlite:///{folder / 'records.sqlite3'}")
    town = read_registry(DOCS / "examples" / "registry.csv")
    records.registry.apply_site(town.site, town.contacts, by="test", now=datetime(2026, 11, 1, tzinfo=UTC))
    records.close()
    run(PLACED, folder)
    assert "user station.st-001\n" in (folder / "broker" / "acl").read_text()
    said = run(REVOKED, folder)
    assert said.count("Serial Number:") == 1
    assert (folder / "broker" / CRL_FILE).exists()
    assert "user station.st-001\n" not in (folder / "broker" / "acl").read_text()
