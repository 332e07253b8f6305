"""What a process does not use it does not import: each library below costs 10 to 60 MB and up to half a second."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("alembic", "duckdb", "influxdb_client", "openpyxl", "pypinyin", "xlsxwriter")
OPEN_STORE = """
from config.settings.tree import TimeSeriesSettings
from storage.readings.opening import open_time_series_store
from storage.readings.rollups import engine, noting_store
open_time_series_store(TimeSeriesSettings(url="{url}", flavour="v1")).close()
"""
READ_RECORDS = """
from storage.records.records import open_records
records = open_records("sqlite:///{folder}/records.sqlite3")
records.registry.load_site(), records.registry.search_households("jx 12-3-301", area_ids=None)
records.close()
"""
REGISTRY_CSV = """
from pathlib import Path
from heating.assets import Site
from storage.registry_files.reading import read_registry, write_registry
write_registry(Path("{folder}/a.csv"), Site()), read_registry(Path("{folder}/a.csv"))
import storage.backup.whole, storage.readings.parquet_export
"""


def imported(code: str) -> set[str]:
    """Run code in a process of its own and return which of the heavy libraries it imported."""
    asks = f"{code}\nimport json, sys\nprint(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", asks], capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("url", "expected"), [("duckdb:///{folder}/s", "duckdb"), ("influxdb://127.0.0.1:1", "influxdb_client")]
)
def test_a_store_brings_its_own_client_only(tmp_path: Path, url: str, expected: str) -> None:
    assert imported(OPEN_STORE.format(url=url.format(folder=tmp_path))) == {expected}


def test_records_at_the_newest_version_are_read_without_alembic_and_pinyin(tmp_path: Path) -> None:
    code = READ_RECORDS.format(folder=tmp_path)
    assert imported(code) == {"alembic"}  # the first start makes the tables
    assert imported(code) == set()


def test_a_csv_needs_no_workbook_and_a_backup_no_store_before_it_is_made(tmp_path: Path) -> None:
    assert imported(REGISTRY_CSV.format(folder=tmp_path)) == set()
