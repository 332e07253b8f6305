"""Copies of the collector's spool: its SQLite files in one state each, and the small files beside them."""

import shutil
from pathlib import Path

from storage.backup.records_copy import copy_sqlite

__all__ = ["back_up_spool", "restore_spool", "spool_is_empty"]

KEPT = (".sqlite3", ".json", ".damaged")
"""Endings of what is copied; write-ahead logs come with their database."""


def back_up_spool(source: Path, folder: Path) -> int:
    """Copy the files of a spool, its catalogue first; return how many.

    The catalogue holds the cursor. Copied first it is behind the files, and what is forwarded twice changes nothing.

    Raises
    ------
    storage.backup.manifest.BackupError
        When a file cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copied = 0
    found = sorted(path for path in source.glob("*") if path.is_file() and path.suffix in KEPT)
    for path in sorted(found, key=lambda path: not path.name.startswith("catalogue")):
        if path.suffix == ".sqlite3":
            copy_sqlite(path, folder / path.name)
        else:
            shutil.copyfile(path, folder / path.name)
        copied += 1
    return copied


def spool_is_empty(target: Path) -> bool:
    """Return whether a folder holds no spool yet."""
    return not any(target.glob("*.sqlite3"))


def restore_spool(folder: Path, target: Path) -> None:
    """Put the files of a backup in place of a spool; no collector may run on it."""
    target.mkdir(parents=True, exist_ok=True)
    for path in target.glob("*"):
        if path.is_file() and (path.suffix in KEPT or path.name.endswith(("-wal", "-shm"))):
            path.unlink()
    for path in sorted(folder.glob("*")):
        shutil.copyfile(path, target / path.name)
