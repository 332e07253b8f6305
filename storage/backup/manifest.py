"""The manifest of a backup: what is in it, made by which versions, with the checksum of every file."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from config.drafts import write_whole
from heating.errors import HeatingError

__all__ = [
    "MANIFEST_NAME",
    "BackupError",
    "Manifest",
    "checksum",
    "make_private",
    "read_manifest",
    "seal",
    "verify",
]

MANIFEST_NAME = "manifest.json"
FORMAT = 1
"""Number of this layout; a restore refuses another."""
_BLOCK = 1 << 20


class BackupError(HeatingError):
    """A backup or a restore cannot be done; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    made_at: str
    """When it was begun, RFC 3339 UTC."""
    versions: Mapping[str, str]
    """Program and libraries that made it."""
    parts: Mapping[str, str]
    """Name of each part (records, readings, spool, settings) and its kind, for example ``duckdb``."""
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each file by its path inside the backup."""


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def seal(
    folder: Path, *, made_at: datetime, versions: Mapping[str, str], parts: Mapping[str, str]
) -> Manifest:
    """Write the manifest over every file of a finished backup; a backup without it is not whole."""
    files = {
        path.relative_to(folder).as_posix(): checksum(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST_NAME
    }
    manifest = Manifest(made_at.isoformat(), dict(versions), dict(parts), files)
    content = {
        "format": FORMAT,
        "made_at": manifest.made_at,
        "versions": manifest.versions,
        "parts": manifest.parts,
        "files": manifest.files,
    }
    write_whole(folder / MANIFEST_NAME, json.dumps(content, indent=1))
    make_private(folder)
    return manifest


def make_private(folder: Path) -> None:
    """Let nobody but the owner read a folder and what is in it: readings of homes and names are personal."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o700 if path.is_dir() else 0o600)


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a backup.

    Raises
    ------
    BackupError
        When there is none, it cannot be read, or it has another format.
    """
    path = folder / MANIFEST_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise BackupError(f"{path} has format {content['format']}, this program reads {FORMAT}")
        return Manifest(content["made_at"], content["versions"], content["parts"], content["files"])
    except FileNotFoundError as error:
        raise BackupError(f"{folder} is no whole backup: {MANIFEST_NAME} is missing") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{path} cannot be read: {error}") from error


def verify(folder: Path, manifest: Manifest) -> None:
    """Compare every file with its checksum; what the manifest does not name must not be there.

    Raises
    ------
    BackupError
        Names the first file that is missing, changed, a link or unknown to the manifest.
    """
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        # A link would copy whatever it points to, and a file that nobody vouches for could be anybody's.
        if path.is_symlink():
            raise BackupError(f"{name} is a link: a backup has none")
        if not path.is_dir() and name != MANIFEST_NAME and name not in manifest.files:
            raise BackupError(f"{name} is in the folder and not in the manifest: take it away")
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise BackupError(f"the manifest names a file outside the backup: {name}")
        if not path.is_file():
            raise BackupError(f"{name} is missing from the backup")
        if checksum(path) != expected:
            raise BackupError(f"{name} is not what was backed up: its checksum differs")
