"""The set-up of ``./run`` on machines that lack something: tried with made-up programs on a PATH of their own.

What it installs on a real machine is not tried here; that is what a fresh clone shows.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).resolve().parents[2]

SYSTEM_PROGRAMS = ("sh", "dirname", "cat", "cksum", "grep", "rm", "mkdir", "chmod", "cp", "ln", "env")
"""What the script needs of the system for its set-up, besides Python."""

OLD_PYTHON = "exit 1\n"

PYTHON = """\
echo "python $*" >>"{log}"
case "$*" in
    *ensurepip*) [ -e "{root}/has-ensurepip" ] ;;
    *venv\\"*) echo python3.11-venv ;;
    *--version*) echo Python 3.11.9 ;;
    "-m venv "*)
        mkdir -p "{root}/.venv/bin" && cp "$0" "{root}/.venv/bin/python" &&
            echo "#!{root}/.venv/bin/python" >"{root}/.venv/bin/pip" &&
            cp "{root}/fake-nuanliu" "{root}/.venv/bin/nuanliu" ;;
    *pip*--require-hashes*) [ ! -e "{root}/pip-fails" ] ;;
esac
"""

APT = """\
echo "apt-get $*" >>"{log}"
case "$*" in
    *install*python3.11-venv*) : >"{root}/has-ensurepip" ;;
esac
"""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A copy of the script with made-up programs; ``log`` has a line for each call of one."""

    root: Path
    programs: Path
    log: Path

    def add(self, name: str, body: str) -> None:
        """Add a made-up program."""
        path = self.programs / name
        path.write_text("#!/bin/sh\n" + body.format(root=self.root, log=self.log), encoding="utf-8")
        path.chmod(0o755)

    def run(
        self, *arguments: str, cwd: Path | None = None, **more: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run the script with nothing but the made-up programs."""
        return subprocess.run(
            ["sh", str(self.root / "run"), *arguments],
            cwd=cwd or self.root,
            env={"PATH": str(self.programs), "HOME": str(self.root), **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    def calls(self, beginning: str) -> list[str]:
        """Logged calls that begin so."""
        if not self.log.exists():
            return []
        return [
            line for line in self.log.read_text(encoding="utf-8").splitlines() if line.startswith(beginning)
        ]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout on a machine without Python and without apt, whose user is root."""
    root, programs = tmp_path / "checkout", tmp_path / "programs"
    root.mkdir()
    programs.mkdir()
    shutil.copy(PROJECT_ROOT / "run", root / "run")
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        (root / name).write_text(f"{name}\n")
    fake = root / "fake-nuanliu"
    fake.write_text('#!/bin/sh\necho "nuanliu $* in $(pwd)"\n')
    fake.chmod(0o755)
    for name in SYSTEM_PROGRAMS:
        found = shutil.which(name)
        assert found is not None
        os.symlink(found, programs / name)
    made = Checkout(root=root, programs=programs, log=root / "calls.log")
    made.add("id", "echo 0\n")
    return made


@pytest.fixture
def python_ready(checkout: Checkout) -> Checkout:
    """The same with a Python that has everything."""
    checkout.add("python3.11", PYTHON)
    (checkout.root / "has-ensurepip").touch()
    return checkout


@pytest.mark.parametrize("python", [None, OLD_PYTHON])
def test_without_a_new_enough_python_the_remedy_is_told(checkout: Checkout, python: str | None) -> None:
    if python is not None:
        checkout.add("python3", python)
    result = checkout.run("demo")
    assert result.returncode == 1
    assert "no Python 3.11 or newer" in result.stderr and "Remedy: " in result.stderr
    assert result.stdout == ""


def test_without_venv_and_apt_the_remedy_names_the_package(checkout: Checkout) -> None:
    checkout.add("python3.11", PYTHON)
    result = checkout.run("demo")
    assert result.returncode == 1
    assert "Remedy: apt-get install python3.11-venv" in result.stderr


def test_without_venv_apt_brings_it(checkout: Checkout) -> None:
    checkout.add("python3.11", PYTHON)
    checkout.add("apt-get", APT)
    result = checkout.run("demo")
    assert result.returncode == 0, result.stderr
    assert checkout.calls("apt-get") == [
        "apt-get update -q",
        "apt-get install -y -q --no-install-recommends python3.11-venv",
    ]


@pytest.mark.parametrize(
    "forbid",
    [
        lambda checkout: {"NUANLIU_NO_APT": "1"},
        lambda checkout: checkout.add("id", "echo 1000\n") or {},
    ],
    ids=["told not to", "neither root nor sudo"],
)
def test_apt_is_left_alone_where_it_may_not_be_used(
    checkout: Checkout, forbid: Callable[[Checkout], dict[str, str]]
) -> None:
    checkout.add("python3.11", PYTHON)
    checkout.add("apt-get", APT)
    assert checkout.run("demo", **forbid(checkout)).returncode == 1
    assert checkout.calls("apt-get") == []


def test_the_demo_gets_its_options_and_the_folder_of_the_caller(
    python_ready: Checkout, tmp_path: Path
) -> None:
    result = python_ready.run("demo", "--data", "my data", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"nuanliu demo --data my data in {tmp_path}\n"


def test_packages_are_installed_again_only_when_the_lock_changed(python_ready: Checkout) -> None:
    for _ in range(2):
        assert python_ready.run("demo").returncode == 0
    assert len(python_ready.calls("python -m venv")) == 1
    assert len(python_ready.calls("python -m pip")) == 2
    (locked, own) = python_ready.calls("python -m pip")
    assert "--require-hashes" in locked and locked.endswith("-r requirements.lock")
    assert "--no-index" in own and "--no-build-isolation" in own
    (python_ready.root / "requirements.lock").write_text("changed\n")
    assert python_ready.run("demo").returncode == 0
    assert len(python_ready.calls("python -m pip")) == 3


def test_a_failed_installation_is_tried_again_and_never_taken_for_done(python_ready: Checkout) -> None:
    (python_ready.root / "pip-fails").touch()
    result = python_ready.run("demo")
    assert (result.returncode, result.stdout) == (1, "")
    assert "could not be installed" in result.stderr
    (python_ready.root / "pip-fails").unlink()
    assert python_ready.run("demo").returncode == 0


def test_an_environment_of_another_folder_is_made_anew(python_ready: Checkout) -> None:
    assert python_ready.run("demo").returncode == 0
    (python_ready.root / ".venv/bin/pip").write_text("#!/somewhere/else/.venv/bin/python\n")
    result = python_ready.run("demo")
    assert result.returncode == 0
    assert "making .venv again" in result.stderr
    assert len(python_ready.calls("python -m venv")) == 2


def test_packages_for_development_serve_the_demo_too(python_ready: Checkout) -> None:
    python_ready.run("types")
    before = len(python_ready.calls("python -m pip"))
    assert python_ready.run("demo").returncode == 0
    assert len(python_ready.calls("python -m pip")) == before
    assert any(line.endswith("-r requirements-dev.lock") for line in python_ready.calls("python -m pip"))
