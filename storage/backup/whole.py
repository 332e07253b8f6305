"""Backup and restore of a whole house: spool, readings, records, settings file, and the manifest over them.

The order matters: the spool's cursor is copied before the readings, so that after a restore at worst some readings
are forwarded twice, which changes nothing. How each part is copied lives in the other modules of this folder.
"""

import platform
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import structlog

from config.drafts import draft_for
from config.settings.tree import Settings
from storage.backup.manifest import BackupError, Manifest, read_manifest, seal, verify
from storage.backup.records_copy import (
    back_up_records,
    copy_name,
    records_are_empty,
    records_kind,
    restore_records,
)
from storage.backup.spool_copy import back_up_spool, restore_spool, spool_is_empty
from storage.readings.duckdb.ownership import COUNTER_NAME, DATABASE_NAME, CommitCounter
from storage.readings.opening import OpenedStore, duckdb_folder, open_influxdb_store, open_time_series_store

__all__ = ["back_up", "restore"]

READINGS, RECORDS, SPOOL, SETTINGS = "readings", "records", "spool", "settings"
_log = structlog.get_logger()

Report = Callable[[str], None]
"""Called with the name of the part that comes next."""


def back_up(
    settings: Settings,
    target: Path,
    *,
    now: datetime,
    config_file: Path | None = None,
    store: OpenedStore | None = None,
    report: Report = lambda _: None,
) -> Manifest:
    """Write a backup into a new or empty folder.

    Parameters
    ----------
    settings
        Name the parts.
    now
        When it is made.
    config_file
        The settings file, copied too; secrets belong in the environment, not in it.
    store
        The open store of this process; None opens it, which the embedded store allows only when no service runs.

    Raises
    ------
    BackupError
        When the folder is not empty or a part cannot be copied.
    heating.errors.HeatingError
        When the store is in use or away.
    """
    if target.exists() and any(target.iterdir()):
        raise BackupError(f"{target} is not empty: name a new folder for each backup")
    # Opened before anything is written: a store in use leaves the folder empty for the service that makes the backup.
    opened = store or open_time_series_store(settings.timeseries)
    parts: dict[str, str] = {}
    try:
        target.mkdir(parents=True, exist_ok=True)
        target.chmod(0o700)
        if settings.collector.spool_dir.exists():
            report("spool")
            back_up_spool(settings.collector.spool_dir, target / SPOOL)
            parts[SPOOL] = "sqlite"
        report("readings")
        opened.back_up(target / READINGS, now=now)
        parts[READINGS] = opened.kind
    finally:
        if store is None:
            opened.close()
    report("records")
    records = target / RECORDS
    records.mkdir()
    back_up_records(settings.records.url, records, password_file=settings.records.password_file)
    parts[RECORDS] = records_kind(settings.records.url)
    if config_file is not None:
        (target / SETTINGS).mkdir()
        shutil.copyfile(config_file, target / SETTINGS / config_file.name)
        parts[SETTINGS] = "yaml"
    report("checksums")
    manifest = seal(target, made_at=now, versions=_versions(), parts=parts)
    _log.info("storage.backup_made", folder=str(target), files=len(manifest.files))
    return manifest


def restore(
    settings: Settings, source: Path, *, force: bool = False, report: Report = lambda _: None
) -> Manifest:
    """Put a backup in place of what the settings name; no service may run on it.

    Nothing is changed before every file has the checksum of the manifest and every target is known to be empty.

    Parameters
    ----------
    force
        Replace what is there. InfluxDB keeps rows that the backup does not have.

    Raises
    ------
    BackupError
        When the backup is not whole, does not fit the settings, or a target is not empty.
    heating.errors.HeatingError
        When a store is in use or away.
    """
    manifest = read_manifest(source)
    report("checksums")
    verify(source, manifest)
    kind = "duckdb" if settings.timeseries.url.startswith("duckdb:") else "influxdb"
    if manifest.parts.get(READINGS) != kind:
        raise BackupError(f"the readings are of {manifest.parts.get(READINGS)}, timeseries.url names {kind}")
    if manifest.parts.get(RECORDS) != records_kind(settings.records.url):
        raise BackupError("records.url names another kind of database than the backup was made of")
    _refuse_missing(manifest)
    if not force:
        _refuse_filled(settings)
    report("readings")
    _restore_readings(settings, source / READINGS, force=force)
    report("records")
    restore_records(settings.records.url, source / RECORDS, password_file=settings.records.password_file)
    if SPOOL in manifest.parts:
        report("spool")
        restore_spool(source / SPOOL, settings.collector.spool_dir)
    _log.info("storage.backup_restored", folder=str(source), made_at=manifest.made_at)
    return manifest


def _refuse_missing(manifest: Manifest) -> None:
    """Refuse a backup without the files of its parts, before anything of the target is removed.

    Raises
    ------
    BackupError
        Names the file.
    """
    needed = [f"{RECORDS}/{copy_name(manifest.parts[RECORDS])}"]
    if manifest.parts[READINGS] == "duckdb":
        needed.append(f"{READINGS}/{DATABASE_NAME}")
    for name in needed:
        if name not in manifest.files:
            raise BackupError(f"{name} is missing from the backup: nothing was changed")


def _refuse_filled(settings: Settings) -> None:
    """Refuse targets that hold something.

    Raises
    ------
    BackupError
        Names them all.
    """
    filled = []
    if settings.timeseries.url.startswith("duckdb:"):
        if (duckdb_folder(settings.timeseries.url) / DATABASE_NAME).exists():
            filled.append("timeseries.url")
    else:
        with closing(open_influxdb_store(settings.timeseries)) as store:
            if not store.is_empty():
                filled.append("timeseries.url")
    if not records_are_empty(settings.records.url, password_file=settings.records.password_file):
        filled.append("records.url")
    if not spool_is_empty(settings.collector.spool_dir):
        filled.append("collector.spool_dir")
    if filled:
        raise BackupError(
            f"not empty: {', '.join(filled)}. Restore into empty places, or say --force to replace what is there"
        )


def _restore_readings(settings: Settings, folder: Path, *, force: bool) -> None:
    if settings.timeseries.url.startswith("duckdb:"):
        target = duckdb_folder(settings.timeseries.url)
        # The copy is whole beside the old file before that goes: a full disk must not leave neither of them.
        with draft_for(target / DATABASE_NAME) as draft:
            shutil.copyfile(folder / DATABASE_NAME, draft)
            if force and target.exists():
                with closing(CommitCounter(target / COUNTER_NAME)):  # refuses while a service owns the folder
                    for old in (DATABASE_NAME, f"{DATABASE_NAME}.wal", COUNTER_NAME):
                        (target / old).unlink(missing_ok=True)
        return
    with closing(open_influxdb_store(settings.timeseries)) as store:
        store.restore(folder)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    for name in ("nuanliu", "duckdb", "influxdb-client"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
