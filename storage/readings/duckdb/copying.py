"""A whole copy of the embedded database in a file of its own, made while appends go on.

The copy is one state of the data. It is written table by table, so it takes no more space than its rows need.
"""

from pathlib import Path

import duckdb

from storage.readings.duckdb.ownership import DATABASE_NAME

__all__ = ["copy_database"]


def copy_database(cursor: duckdb.DuckDBPyConnection, folder: Path) -> Path:
    """Copy the database that a cursor reads into a folder and return the file.

    Raises
    ------
    FileExistsError
        When the folder holds a database already.
    """
    target = folder / DATABASE_NAME
    if target.exists():
        raise FileExistsError(target)
    folder.mkdir(parents=True, exist_ok=True)
    found = cursor.execute("SELECT current_database()").fetchone()
    source = str(found[0]) if found else ""
    quoted = str(target).replace("'", "''")
    cursor.execute(f"ATTACH '{quoted}' AS backup_copy")
    try:
        cursor.execute(f'COPY FROM DATABASE "{source}" TO backup_copy')
        cursor.execute("CHECKPOINT backup_copy")
    finally:
        cursor.execute("DETACH backup_copy")
    return target
