"""The program itself: a virtual environment a version, and a link to the one that the units start.

A version is never changed in place: a service that runs goes on with the files it began with until it is started again,
and the way back is the link.
"""

import hashlib
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

from runtime.installing.places import Places
from runtime.installing.steps import Machine, Step

__all__ = ["Source", "SourceError", "base_python", "program_steps"]

LOCK = "requirements.lock"
COMPLETE = ".complete"
"""File in a version's folder that is written last: without it the version is made again."""


class SourceError(Exception):
    """A folder is no checkout of the program."""


class Source:
    """A checkout or an unpacked source archive of the program.

    Raises
    ------
    SourceError
        When something of it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        try:
            self._project: dict[str, Any] = tomllib.loads(self.text("pyproject.toml"))
            self.text(LOCK)
            if self._project["project"]["name"] != "nuanliu":
                raise KeyError
        except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
            raise SourceError(
                f"{self.folder} is no checkout of Nuanliu: name one with --source, or call ./run install in it"
            ) from error

    def text(self, name: str) -> str:
        """Return the text of one of its files."""
        return (self.folder / name).read_text(encoding="utf-8")

    @property
    def version(self) -> str:
        """The version, and eight digits of what is installed: two checkouts of one version are told apart."""
        return f"{self._project['project']['version']}-{self._digest()}"

    def _digest(self) -> str:
        digest = hashlib.sha256()
        packages = self._project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
        files = [path for name in packages for path in (self.folder / name).rglob("*") if path.is_file()]
        for path in sorted([*files, self.folder / LOCK, self.folder / "pyproject.toml"]):
            if "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(self.folder)}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
        return digest.hexdigest()[:8]


def program_steps(places: Places, source: Source, machine: Machine) -> tuple[Step, Step]:
    """Return the steps that make the version of a source and that lead the units to it."""
    version = source.version
    place = places.program / version
    python = str(place / "bin/python")

    def make() -> None:
        if place.exists():
            shutil.rmtree(place)  # an installation that was broken off
        machine.run(base_python(), "-m", "venv", str(place))
        pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")
        machine.run(*pip, "--require-hashes", "--only-binary=:all:", "-r", str(source.folder / LOCK))
        machine.run(*pip, "--no-index", "--no-deps", "--no-build-isolation", str(source.folder))
        (place / COMPLETE).touch()

    def is_current() -> bool:
        return places.current.is_symlink() and places.current.readlink() == Path(version)

    def lead() -> None:
        draft = places.program / ".current.draft"
        draft.unlink(missing_ok=True)
        draft.symlink_to(version)
        draft.replace(places.current)

    return (
        Step(
            f"program {place}: a virtual environment with the packages of {LOCK} and {source.folder}",
            (place / COMPLETE).exists,
            make,
        ),
        Step(f"link {places.current} to {version}; older versions stay beside it", is_current, lead),
    )


def base_python() -> str:
    """Return the machine's interpreter, also when this runs in a virtual environment that may be deleted."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)
