"""The units of the rooms, as systemd reads them, and the command that people type."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from collector.intake.pipeline import Collector
from runtime.command_line import COMMANDS
from runtime.installing.texts import COMMAND, ROOMS, Room, target, unit, unit_name


def settings(text: str) -> dict[str, list[str]]:
    """Return the settings of a unit."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_is_a_command_that_runs_as_the_account_with_settings_and_secrets(room: Room) -> None:
    told = settings(unit(room))
    assert told["ExecStart"] == [f"/opt/nuanliu/current/bin/nuanliu {room.name}"]
    assert room.name in {place.name for place in COMMANDS}
    assert (told["User"], told["Group"]) == (["nuanliu"], ["nuanliu"])
    assert told["Environment"] == ["NUANLIU_CONFIG=/etc/nuanliu/nuanliu.yaml"]
    assert told["EnvironmentFile"] == ["/etc/nuanliu/secrets.env"]
    assert told["Restart"] == ["always"] and told["StartLimitIntervalSec"] == ["0"]
    assert unit_name(room) in settings(target())["Wants"][0].split()


def test_the_collector_may_take_as_long_for_its_end_as_it_needs() -> None:
    (collector,) = (room for room in ROOMS if room.name == "collector")
    drain_s = Collector.stop.__kwdefaults__["timeout_s"]
    assert settings(unit(collector))["TimeoutStopSec"] == [str(collector.stop_s)]
    assert collector.stop_s >= 2 * drain_s


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_unit_is_what_systemd_understands(room: Room, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    # What systemd-analyze cannot find on this machine is no mistake of the unit.
    text = (
        unit(room).replace("/opt/nuanliu/current/bin/nuanliu", "/bin/true").replace("=nuanliu\n", "=root\n")
    )
    path = tmp_path / unit_name(room)
    path.write_text(text, encoding="utf-8")
    (tmp_path / "nuanliu.target").write_text(target(), encoding="utf-8")
    for server in ("mosquitto", "influxdb", "postgresql"):
        (tmp_path / f"{server}.service").write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
    done = subprocess.run(
        [program, "verify", "--man=no", str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": os.environ["PATH"]},
    )
    assert [line for line in done.stderr.splitlines() if "nuanliu" in line] == []


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder with the command in it, leading to a program that shows what it was given."""
    text = COMMAND.replace("/opt/nuanliu/current/bin/nuanliu", str(tmp_path / "program"))
    text = text.replace("/etc/nuanliu/secrets.env", str(tmp_path / "secrets.env"))
    (tmp_path / "nuanliu").write_text(text)
    (tmp_path / "program").write_text('#!/bin/sh\necho "ran $*"\nenv\n')
    (tmp_path / "setpriv").write_text(
        '#!/bin/sh\necho "as $1"\nwhile [ "${1#--}" != "$1" ]; do shift; done\nexec "$@"\n'
    )
    (tmp_path / "id").write_text("#!/bin/sh\necho ${TEST_ID:-0}\n")
    for name in ("nuanliu", "program", "setpriv", "id"):
        (tmp_path / name).chmod(0o755)
    return tmp_path


def run(machine: Path, *words: str, **more: str) -> list[str]:
    """Call the command and return what it printed."""
    path = f"{machine}:/usr/bin:/bin"
    done = subprocess.run(
        [str(machine / "nuanliu"), *words],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": path, **more},
    )
    return done.stdout.splitlines()


def test_the_command_reads_secrets_and_runs_none_of_them(machine: Path) -> None:
    secret = f"a b$(touch {machine}/ran)`id`;'\"&"
    (machine / "secrets.env").write_text(
        f'# a comment\nNUANLIU_MQTT__PASSWORD={secret}\nNUANLIU_WEB__SECRET="quoted"\n'
        "PATH=/nowhere\nNUANLIU_X-Y=1\nNUANLIU_SITE__NAME=file\nMETER_KEY_1=last"
    )
    printed = run(machine, "rooms", "list", NUANLIU_SITE__NAME="environment")
    assert "ran rooms list" in printed
    assert f"NUANLIU_MQTT__PASSWORD={secret}" in printed and not (machine / "ran").exists()
    assert "NUANLIU_WEB__SECRET=quoted" in printed and "METER_KEY_1=last" in printed
    assert "NUANLIU_SITE__NAME=environment" in printed  # as with systemd-run and every other program
    assert "NUANLIU_CONFIG=/etc/nuanliu/nuanliu.yaml" in printed
    assert not [line for line in printed if line.startswith("PATH=/nowhere")]


@pytest.mark.parametrize(
    ("words", "as_account"),
    [
        (("spool", "info"), True),
        (("store", "info"), True),
        (("store", "prepare"), False),
        (("broker", "config"), False),
        (("--version",), True),
    ],
)
def test_root_becomes_the_account_except_where_only_root_may_write(
    machine: Path, words: tuple[str, ...], as_account: bool
) -> None:
    assert ("as --reuid=nuanliu" in run(machine, *words)) is as_account
    assert "as --reuid=nuanliu" not in run(machine, *words, TEST_ID="1000")
