"""``nuanliu broker config`` and ``nuanliu devices`` as people call them."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.records.device_values import UnknownSighting
from storage.records.records import open_records
from tests.support.small_town import small_town, small_town_contacts

pytestmark = pytest.mark.slow
NOW = datetime(2026, 12, 1, tzinfo=UTC)
HOME = "jx-12-3-301"


@pytest.fixture
def nuanliu(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command against SQLite records with the small town."""
    url = f"sqlite:///{tmp_path / 'records.sqlite3'}"
    records = open_records(url)
    records.registry.apply_site(small_town(), small_town_contacts(), by="test", now=NOW)
    records.devices.note_unknown(
        [
            UnknownSighting(
                device_id="new-1",
                topic="heat/xilinhot/room/new-1/telemetry",
                family="native",
                kind="room",
                claimed_area="xilinhot",
                messages=3,
                first_seen=NOW,
                last_seen=NOW,
                last_payload=b'{"v":{"room_temp_c":20}}',
            )
        ]
    )
    records.close()

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from runtime.command_line import main; main()", *arguments]
        environment = {**os.environ, "NUANLIU_RECORDS__URL": url}
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def test_files_are_made_and_a_revoked_device_is_gone(
    nuanliu: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    output = tmp_path / "broker"
    done = nuanliu("broker", "config", "--output", str(output))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"written: {output} devices=")
    assert "user station.st-east" in (output / "acl").read_text()
    assert nuanliu("broker", "config", "--output", str(output), "--revoke", "station.st-east").returncode == 0
    assert "user station.st-east" not in (output / "acl").read_text()
    wrong = nuanliu("broker", "config", "--output", str(output), "--revoke", "station.nobody")
    assert wrong.returncode == 2
    assert "station.nobody" in wrong.stderr
    nowhere = nuanliu("broker", "config", "--output", str(output), "--reload-pid-file", str(tmp_path / "pid"))
    assert nowhere.returncode == 1


def test_a_new_device_is_listed_and_assigned(
    nuanliu: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    assert "new-1: native room, 3 messages" in nuanliu("devices", "list").stdout
    naive = nuanliu("devices", "assign", "new-1", "--household", HOME, "--from", "2026-12-01T08:00")
    assert naive.returncode == 2
    unknown = nuanliu("devices", "assign", "new-1", "--household", "nowhere")
    assert unknown.returncode == 1
    assert "nowhere" in unknown.stderr
    done = nuanliu("devices", "assign", "new-1", "--household", HOME, "--from", "2026-12-01T08:00+08:00")
    assert done.returncode == 0, done.stderr
    assert f"new-1 measures {HOME} from 2026-12-01T00:00:00+00:00 on" in done.stdout
    assert nuanliu("devices", "list").stdout == ""
    assert f'"household": "{HOME}"' in nuanliu("devices", "list", "--assigned", "--json").stdout
