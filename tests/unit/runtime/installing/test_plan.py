"""The steps of an installation, on a machine that only takes notes, and for real below a folder."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from runtime.installing.places import Places
from runtime.installing.plan import installation, with_fresh_secrets
from runtime.installing.program import Source, SourceError
from runtime.installing.steps import CommandFailedError, Keeper, ThisMachine, kept_file

PROJECT = Path(__file__).resolve().parents[4]
EXAMPLE = PROJECT / "docs/examples/separate-rooms"


@dataclass
class Notes:
    """A machine on which nothing happens; a virtual environment is a folder."""

    accounts: set[str] = field(default_factory=set)
    ran: list[tuple[str, ...]] = field(default_factory=list)
    owners: dict[str, tuple[str, str]] = field(default_factory=dict)
    fails_at: str = "nothing"

    def has_account(self, name: str) -> bool:
        return name in self.accounts

    def run(self, *words: str) -> None:
        self.ran.append(words)
        if self.fails_at in words:
            raise CommandFailedError("no network")
        if words[1:3] == ("-m", "venv"):
            Path(words[3]).mkdir()

    def own(self, path: Path, user: str, group: str) -> None:
        self.owners[str(path)] = (user, group)


@dataclass(frozen=True)
class Pretended(Places):
    """A folder that is taken for the machine itself."""

    @property
    def is_machine(self) -> bool:
        return True


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A small checkout: the installation reads no more of one."""
    folder = tmp_path / "source"
    (folder / "heating").mkdir(parents=True)
    (folder / "heating/__init__.py").write_text("")
    (folder / "requirements.lock").write_text("numpy==2.2 --hash=sha256:00\n")
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "nuanliu"\nversion = "0.1.0"\n'
        '[tool.hatch.build.targets.wheel]\npackages = ["heating"]\n'
    )
    examples = folder / "docs/examples/separate-rooms"
    examples.mkdir(parents=True)
    for one in EXAMPLE.iterdir():
        (examples / one.name).write_bytes(one.read_bytes())
    return Source(folder)


def install(places: Places, source: Source, machine: Notes) -> list[str]:
    """Do what is to be done and return what was."""
    done = []
    for step in installation(places, source, machine):
        if not step.is_done():
            step.do()
            done.append(step.what)
    return done


def test_the_account_comes_first_then_the_program_by_its_lock_then_settings_and_units(
    tmp_path: Path, source: Source
) -> None:
    machine = Notes()
    done = install(Pretended(tmp_path / "root"), source, machine)
    program = str(tmp_path / "root/opt/nuanliu" / source.version)
    assert machine.ran[0][0] == "useradd" and machine.ran[0][-1] == "nuanliu"
    venv, packages, itself = machine.ran[1:4]
    assert venv[1:] == ("-m", "venv", program)
    assert packages[0] == f"{program}/bin/python" and "--require-hashes" in packages
    assert packages[-1] == str(source.folder / "requirements.lock")
    assert "--no-index" in itself and itself[-1] == str(source.folder)
    order = [
        next(n for n, what in enumerate(done) if part in what) for part in ("user", "program", ".service")
    ]
    assert order == sorted(order)


def test_who_may_read_what(tmp_path: Path, source: Source) -> None:
    machine = Notes()
    root = tmp_path / "root"
    install(Pretended(root), source, machine)
    modes = {
        "etc/nuanliu": 0o755,  # the broker's account goes through it
        "etc/nuanliu/nuanliu.yaml": 0o640,
        "etc/nuanliu/secrets.env": 0o600,
        "etc/nuanliu/database-password": 0o640,
        "var/lib/nuanliu": 0o750,
        "usr/local/bin/nuanliu": 0o755,
    }
    assert {name: (root / name).stat().st_mode & 0o777 for name in modes} == modes
    assert machine.owners[str(root / "var/lib/nuanliu")] == ("nuanliu", "nuanliu")
    # Files are given away before they are in place: the draft has the owner.
    assert ("root", "nuanliu") in machine.owners.values()


def test_a_second_time_nothing_is_done_and_what_an_operator_wrote_stays(
    tmp_path: Path, source: Source
) -> None:
    machine = Notes()
    places = Places(tmp_path / "root")
    install(places, source, machine)
    for name in ("nuanliu.yaml", "secrets.env", "database-password"):
        (places.settings / name).write_text("mine")
    places.settings.chmod(0o700)
    ran = len(machine.ran)
    assert install(places, source, machine) == []
    assert len(machine.ran) == ran
    assert (places.settings / "secrets.env").read_text() == "mine"
    assert places.settings.stat().st_mode & 0o777 == 0o700


def test_units_of_an_older_version_are_written_again(tmp_path: Path, source: Source) -> None:
    places = Places(tmp_path / "root")
    install(places, source, Notes())
    unit = places.units / "nuanliu-collector.service"
    text = unit.read_text()
    unit.write_text("old")
    assert [what for what in install(places, source, Notes()) if "collector" in what]
    assert unit.read_text() == text


def test_another_version_goes_beside_the_first_and_the_link_follows(tmp_path: Path, source: Source) -> None:
    places = Places(tmp_path / "root")
    install(places, source, Notes())
    first = places.current.readlink()
    (source.folder / "heating/new.py").write_text("x = 1\n")
    install(places, source, Notes())
    second = places.current.readlink()
    assert first != second and (places.program / first).is_dir() and (places.program / second).is_dir()


def test_a_program_that_was_broken_off_is_made_again_and_nothing_leads_to_it(
    tmp_path: Path, source: Source
) -> None:
    places = Places(tmp_path / "root")
    with pytest.raises(CommandFailedError):
        install(places, source, Notes(fails_at="--require-hashes"))
    assert not places.current.exists()
    machine = Notes()
    install(places, source, machine)
    assert next(words[1:3] for words in machine.ran) == ("-m", "venv")
    assert places.current.resolve() == places.program / source.version


def test_below_a_folder_there_is_no_account_and_no_owner(tmp_path: Path, source: Source) -> None:
    machine = Notes()
    install(Places(tmp_path / "root"), source, machine)
    assert machine.owners == {}
    assert not [words for words in machine.ran if words[0] in ("useradd", "systemctl")]


def test_no_password_of_the_example_is_taken_and_no_two_are_alike() -> None:
    example = (EXAMPLE / "secrets.env").read_text(encoding="utf-8")
    made = with_fresh_secrets(example)
    printed, fresh = (
        dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
        for text in (example, made)
    )
    assert fresh.keys() == printed.keys()
    assert not set(fresh.values()) & set(printed.values())
    assert len(set(fresh.values())) == len(fresh)
    assert min(len(secret.rpartition(":")[2]) for secret in fresh.values()) >= 32
    assert fresh["NUANLIU_TIMESERIES__TOKEN"].startswith("nuanliu:")
    assert [line for line in made.splitlines() if line.startswith("#")] == [
        line for line in example.splitlines() if line.startswith("#")
    ]


def test_a_link_of_an_operator_that_leads_nowhere_is_kept(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").symlink_to(tmp_path / "not-mounted")
    assert kept_file(tmp_path / "secrets.env", lambda: "new", Keeper(0o600), None).is_done()


def test_what_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="--source"):
        Source(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "other"\n')
    (tmp_path / "requirements.lock").write_text("")
    with pytest.raises(SourceError):
        Source(tmp_path)


def test_a_program_of_the_system_that_fails_or_is_missing_ends_the_installation() -> None:
    with pytest.raises(CommandFailedError, match="ended with 1: false"):
        ThisMachine().run("false")
    with pytest.raises(CommandFailedError, match="no-such-program"):
        ThisMachine().run("no-such-program")
    assert ThisMachine().has_account("root") and not ThisMachine().has_account("nobody-of-this-name")
