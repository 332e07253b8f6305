"""``nuanliu erase household``: counted first, then erased and noted; unknown homes are refused."""

from datetime import UTC, datetime
from typing import Any

from storage.records.records import open_records
from tests.support.small_town import small_town, small_town_contacts

HOME = "jx-12-3-301"


def test_a_dry_run_counts_and_the_run_erases(nuanliu: Any) -> None:
    url = f"sqlite:///{nuanliu.folder / 'records.sqlite3'}"
    records = open_records(url)
    records.registry.apply_site(
        small_town(), small_town_contacts(), by="test", now=datetime(2026, 12, 1, tzinfo=UTC)
    )
    records.close()
    counted = nuanliu.says("erase", "household", HOME, "--dry-run")
    assert "contacts: 1" in counted and "dry run" in counted[-1]
    done = nuanliu.says("erase", "household", HOME)
    assert done[:-1] == counted[:-1] and "backups" in done[-1]
    records = open_records(url)
    assert records.registry.contact(HOME) is None
    assert [entry.action for entry in records.audit.entries()] == ["household.erased"]
    records.close()
    assert "nowhere" in nuanliu.fails("erase", "household", "nowhere", code=1)
