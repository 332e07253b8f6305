"""Spool files of earlier versions: what their tables lack is added when they are opened.

Until the column `devices` came, the devices that a rejection is about stood in its text only.
"""

import sqlite3

from collector.decoders.families import FAMILIES
from collector.messages.decoded import Reason
from heating.points import Measurement

__all__ = ["add_devices_column"]

_FIRST_WORDS = frozenset({*FAMILIES, *(measurement.value for measurement in Measurement)})


def add_devices_column(connection: sqlite3.Connection) -> None:
    """Give the rejections of an older file the column `devices`, filled from their texts.

    Raises
    ------
    sqlite3.Error
        When the file is damaged or the disk is full; nothing is changed then.
    """
    if _has_column(connection):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _has_column(connection):  # another process may have opened the file at the same moment
            connection.execute("ALTER TABLE rejection ADD COLUMN devices TEXT NOT NULL DEFAULT ''")
            rows = connection.execute(
                "SELECT detail, sequence, ordinal FROM rejection WHERE reason = ?",
                (Reason.UNKNOWN_DEVICE.value,),
            ).fetchall()
            connection.executemany(
                "UPDATE rejection SET devices = ? WHERE sequence = ? AND ordinal = ?",
                [("\n".join(_devices_in(detail)), *key) for detail, *key in rows],
            )
        connection.execute("COMMIT")
    except sqlite3.Error:
        connection.execute("ROLLBACK")
        raise


def _has_column(connection: sqlite3.Connection) -> bool:
    return any(row[1] == "devices" for row in connection.execute("PRAGMA table_info(rejection)"))


def _devices_in(detail: str) -> list[str]:
    """Return the devices of a text such as ``room N1; tasmota hall; a84041ffff123456``."""
    found = []
    for part in detail.split("; "):
        word, _blank, rest = part.partition(" ")
        found.append((rest if rest and word in _FIRST_WORDS else part).strip())
    return [device for device in found if device]
