"""Copies of the records: SQLite by its online backup, PostgreSQL by pg_dump and pg_restore."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

from storage.backup.manifest import BackupError

__all__ = [
    "back_up_records",
    "copy_name",
    "copy_sqlite",
    "records_are_empty",
    "records_kind",
    "restore_records",
]

SQLITE_COPY = "records.sqlite3"
POSTGRES_COPY = "records.pgdump"
TOOL_TIMEOUT_S = 6 * 3600
"""Longest run of pg_dump or pg_restore [s]."""


def records_kind(url: str) -> str:
    """Return ``sqlite`` or ``postgresql``.

    Raises
    ------
    BackupError
        For another database.
    """
    kind = url.partition(":")[0].partition("+")[0]
    if kind not in ("sqlite", "postgresql"):
        raise BackupError(f"records.url is {kind}: only sqlite and postgresql are backed up")
    return kind


def copy_name(kind: str) -> str:
    """Return the name of the copy of a kind of database."""
    return SQLITE_COPY if kind == "sqlite" else POSTGRES_COPY


def back_up_records(url: str, folder: Path, *, password_file: Path | None = None) -> None:
    """Write a consistent copy into a folder, while others go on writing.

    Raises
    ------
    BackupError
        When the database cannot be read or pg_dump is missing or fails.
    """
    if records_kind(url) == "sqlite":
        copy_sqlite(_sqlite_path(url), folder / SQLITE_COPY)
        return
    target = str(folder / POSTGRES_COPY)
    _run("pg_dump", ["--format=custom", "--no-owner", "--file", target], url, password_file)


def records_are_empty(url: str, *, password_file: Path | None = None) -> bool:
    """Return whether the target holds nothing yet."""
    if records_kind(url) == "sqlite":
        path = _sqlite_path(url)
        return not path.exists() or not path.stat().st_size
    words = ["--no-psqlrc", "--tuples-only", "--no-align", "--command"]
    question = "SELECT count(*) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' AND nspname = 'public'"
    return _run("psql", [*words, question], url, password_file).strip() == "0"


def restore_records(url: str, folder: Path, *, password_file: Path | None = None) -> None:
    """Put the copy of a folder in place of the records; no service may run on them.

    Raises
    ------
    BackupError
        When the copy is of another kind of database, or the database or its tools refuse.
    """
    if records_kind(url) == "sqlite":
        source = folder / SQLITE_COPY
        if not source.exists():
            raise BackupError(
                "the backup has no SQLite records: records.url must name the kind it was made of"
            )
        target = _sqlite_path(url)
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_sqlite(source, target, in_use=False)
        return
    source = folder / POSTGRES_COPY
    if not source.exists():
        raise BackupError(
            "the backup has no PostgreSQL records: records.url must name the kind it was made of"
        )
    options = ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"]
    _run("pg_restore", [*options, str(source)], url, password_file)


def copy_sqlite(source: Path, target: Path, *, in_use: bool = True) -> None:
    """Copy a database of SQLite page by page in one state, while others use it.

    With `in_use` false nobody does, and nothing is written beside it: a backup stays as its manifest says.

    Raises
    ------
    BackupError
        When it cannot be read or written.
    """
    if not source.exists():
        raise BackupError(f"{source} does not exist")
    address = f"{source.resolve().as_uri()}?mode=ro{'' if in_use else '&immutable=1'}"
    try:
        with (
            closing(sqlite3.connect(address, uri=True, timeout=30)) as reading,
            closing(sqlite3.connect(target, timeout=30)) as writing,
        ):
            reading.backup(writing)
            (verdict,) = writing.execute("PRAGMA quick_check").fetchone()
    except sqlite3.Error as error:
        raise BackupError(f"{source} cannot be copied: {error}") from error
    if verdict != "ok":
        raise BackupError(f"the copy of {source} is damaged: {verdict}")


def _sqlite_path(url: str) -> Path:
    path = url.partition("?")[0].removeprefix("sqlite:///").removeprefix("sqlite+pysqlite:///")
    if not path or path == url:
        raise BackupError(f"{url} names no SQLite file")
    return Path(path)


def _run(program: str, words: list[str], url: str, password_file: Path | None) -> str:
    """Run a tool of PostgreSQL; the password goes by the environment, never by the arguments."""
    found = shutil.which(program)
    if found is None:
        raise BackupError(
            f"{program} is not installed: install the package postgresql-client of the server's version"
        )
    parts = urlsplit(url)
    where = {
        "PGHOST": parts.hostname,
        "PGPORT": str(parts.port) if parts.port else None,
        "PGUSER": unquote(parts.username) if parts.username else None,
        "PGPASSWORD": unquote(parts.password) if parts.password else _password(password_file),
        "PGDATABASE": unquote(parts.path.strip("/")),
    }
    environment = {**os.environ, **{name: value for name, value in where.items() if value}}
    # pg_restore writes to standard output unless a database is named.
    if program == "pg_restore":
        words = ["--dbname", where["PGDATABASE"] or "", *words]
    done = subprocess.run(
        [found, *words], env=environment, capture_output=True, text=True, check=False, timeout=TOOL_TIMEOUT_S
    )
    if done.returncode != 0:
        raise BackupError(f"{program} failed: {' '.join(done.stderr.split())[:500]}")
    return done.stdout


def _password(file: Path | None) -> str | None:
    return None if file is None else file.read_text(encoding="utf-8").strip()
