"""A spool file of the version before the column `devices` opens, keeps every rejection and is found by device."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from collector.intake.spool.rejections import list_rejections
from collector.intake.spool.spool_files import CATALOGUE_NAME, open_catalogue, open_file

OLD_TABLE = """
CREATE TABLE rejection (
    sequence INTEGER NOT NULL, ordinal INTEGER NOT NULL, received_ms INTEGER NOT NULL, topic TEXT NOT NULL,
    payload BLOB NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, content BLOB NOT NULL,
    whole INTEGER NOT NULL, replayed_ms INTEGER, PRIMARY KEY (sequence, ordinal)
) WITHOUT ROWID;
"""
DETAILS = {
    "room N1; station X-2": ("N1", "X-2"),
    "tasmota hall": ("hall",),
    "a84041ffff123456": ("a84041ffff123456",),
    "senml urn:dev:1; senml urn:dev:2": ("urn:dev:1", "urn:dev:2"),
}


def old_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OLD_TABLE)
        for number, detail in enumerate(DETAILS):
            row = (number, 0, 1_000, "t/x", b"{}", "unknown_device", detail, b"", 1, None)
            connection.execute(f"INSERT INTO rejection VALUES ({', '.join('?' * 10)})", row)
        range_row = (99, 0, 1_000, "t/x", b"{}", "range", "room N1", b"", 1, None)
        connection.execute(f"INSERT INTO rejection VALUES ({', '.join('?' * 10)})", range_row)
        connection.commit()


@pytest.mark.parametrize("name", ["spool-20260101T00.sqlite3", CATALOGUE_NAME])
def test_an_old_file_opens_and_its_rejections_name_their_devices(tmp_path: Path, name: str) -> None:
    old_file(tmp_path / name)
    found = {item.detail: item.devices for item in list_rejections(tmp_path) if item.sequence != 99}
    assert found == DETAILS
    (other,) = [item for item in list_rejections(tmp_path) if item.sequence == 99]
    assert other.devices == ()


def test_a_second_opening_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / CATALOGUE_NAME
    old_file(path)
    with closing(open_catalogue(tmp_path)) as connection:
        connection.execute("UPDATE rejection SET devices = 'mine' WHERE sequence = 0")
    with closing(open_file(path)) as connection:
        assert connection.execute("SELECT devices FROM rejection WHERE sequence = 0").fetchone() == ("mine",)
