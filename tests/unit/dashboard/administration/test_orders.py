"""Orders for the store: only who holds the token of the run may name a folder, and every order leaves an audit line."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from dashboard.administration.desk import Progress
from heating.errors import HeatingError
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import Health, HealthStatus
from tests.support.dashboard_house import RUN_TOKEN, House, open_house


class FullDiskError(HeatingError):
    """No room for the copy."""


class Work:
    """Notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.fails: Exception | None = None

    def back_up(self, folder: Path, *, config_file: Path | None) -> int:
        self.asked.append((folder, config_file))
        if self.fails:
            raise self.fails
        return 7

    def export(
        self, folder: Path, *, window: Interval, measurements: Sequence[Measurement], progress: Progress
    ) -> int:
        self.asked.append((folder, window.length.days, list(measurements)))
        progress("days", 1, 2)
        progress("days", 2, 2)
        return 40

    def health(self) -> Health:
        return Health(HealthStatus.DEGRADED, "slow", {"rows_total": 3.0})


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def house(tmp_path: Path, work: Work) -> Iterator[House]:
    with open_house(tmp_path, store_work=work) as opened:
        yield opened


def ordered(house: House, path: str, body: dict[str, object], *, token: str = RUN_TOKEN) -> httpx.Response:
    """Order something as the commands do."""
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(f"{house.url}/api/v1/admin{path}", json=body, headers=headers, timeout=20)


def lines(answer: httpx.Response) -> list[dict[str, object]]:
    """News of an order, pauses left out."""
    assert answer.status_code == 200, answer.text
    return [line for line in map(json.loads, answer.text.splitlines()) if line]


def test_a_backup_is_made_and_its_end_reported_and_audited(house: House, work: Work) -> None:
    answer = ordered(house, "/backup", {"folder": "/copies/today", "config_file": "/etc/nuanliu.yaml"})
    assert lines(answer) == [{"result": {"files": 7}}]
    assert work.asked == [(Path("/copies/today"), Path("/etc/nuanliu.yaml"))]
    (entry,) = house.records.audit.entries(limit=1)
    assert (entry.who, entry.action, entry.subject) == (
        "local operator",
        "store.backup",
        "folder:/copies/today",
    )


def test_an_export_says_how_far_it_is_and_covers_whole_days(house: House, work: Work) -> None:
    body = {"folder": "/files", "first": "2026-01-05", "last": "2026-01-06", "measurements": ["room"]}
    assert lines(ordered(house, "/export", body)) == [
        {"label": "days", "done": 1, "total": 2},
        {"label": "days", "done": 2, "total": 2},
        {"result": {"rows": 40}},
    ]
    assert work.asked == [(Path("/files"), 2, [Measurement.ROOM])]


@pytest.mark.parametrize(
    ("failure", "said"),
    [(FullDiskError("no room left"), "no room left"), (ZeroDivisionError(), "ZeroDivisionError")],
)
def test_work_that_fails_says_why(house: House, work: Work, failure: Exception, said: str) -> None:
    work.fails = failure
    assert lines(ordered(house, "/backup", {"folder": "/copies"})) == [{"error": said}]


def test_a_wrong_token_and_an_administrator_of_the_pages_name_no_folder(house: House, work: Work) -> None:
    assert ordered(house, "/backup", {"folder": "/copies"}, token="guess").status_code == 401
    assert house.client("admin").post("/api/v1/admin/backup", json={"folder": "/copies"}).status_code == 403
    assert work.asked == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/backup", {"folder": "copies"}),
        ("/backup", {"folder": "/copies", "config_file": "nuanliu.yaml"}),
        ("/export", {"folder": "/files", "first": "2026-01-06", "last": "2026-01-05"}),
        ("/export", {"folder": "/files", "first": "2026-01-05", "last": "2026-01-05", "measurements": []}),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(
    house: House, work: Work, path: str, body: dict[str, object]
) -> None:
    assert ordered(house, path, body).status_code == 422
    assert work.asked == []


def test_the_state_of_the_store_is_shown_to_administrators(house: House) -> None:
    answer = house.client("admin").get("/api/v1/admin/store")
    assert answer.json() == {"status": "degraded", "reason": "slow", "figures": {"rows_total": 3.0}}
