"""``nuanliu install`` and ``./run install``: the plan touches nothing, a folder gets it all, mistakes are exit codes."""

import os
import subprocess
from pathlib import Path

import pytest

from runtime.installing.command_line import main
from runtime.installing.program import base_python

PROJECT = Path(__file__).resolve().parents[4]


def test_the_plan_names_every_step_and_does_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "root"
    assert main(["--plan", "--root", str(root)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("to do ") for line in lines)
    for part in ("/opt/nuanliu", "secrets.env", "nuanliu-collector.service", "requirements.lock", "current"):
        assert any(part in line for line in lines), part
    assert not root.exists()


def test_the_plan_of_the_machine_needs_no_root_and_names_the_account(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--plan"]) == 0
    assert "useradd --system --user-group" in capsys.readouterr().out


def test_the_script_installs_below_a_folder_with_no_package_of_ours(tmp_path: Path) -> None:
    root = tmp_path / "root"
    words = ["sh", str(PROJECT / "run"), "install", "--no-program", "--root", str(root)]
    for begins in ("now", "there already"):
        # As on a machine where nothing is installed: the interpreter behind .venv, without the packages in it.
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": "/usr/bin:/bin", "PYTHON": base_python()},
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        steps = done.stdout.splitlines()[:-1]
        assert steps and all(line.startswith(begins) for line in steps)
    made = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert made == {
        "etc/nuanliu/database-password",
        "etc/nuanliu/nuanliu.yaml",
        "etc/nuanliu/secrets.env",
        "usr/local/bin/nuanliu",
        "usr/local/lib/systemd/system/nuanliu-alerting.service",
        "usr/local/lib/systemd/system/nuanliu-collector.service",
        "usr/local/lib/systemd/system/nuanliu-dashboard.service",
        "usr/local/lib/systemd/system/nuanliu.target",
    }


def test_only_root_installs_on_the_machine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main([]) == 1
    assert "--plan" in capsys.readouterr().err


def test_a_folder_that_is_no_checkout_is_a_bad_argument(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--source", str(tmp_path), "--plan"]) == 2
    assert "--source" in capsys.readouterr().err


def test_a_step_that_fails_says_so_and_that_it_can_be_called_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "opt").write_text("a file where a folder must be")
    assert main(["--no-program", "--root", str(tmp_path)]) == 1
    assert "call this again" in capsys.readouterr().err
