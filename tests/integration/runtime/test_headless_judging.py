"""History files through the real rules without broker or clock: alarms out in the shape of the API."""

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from config.sample_files import write_sample_file
from config.settings.tree import Settings
from dashboard.alarms.models import AlarmRow
from heating.intervals import to_epoch_ms
from heating.points import Measurement
from heating.samples import ObjectRef, Sample, SampleBatch
from runtime.headless_judging import HeadlessJudge, Judged, NoHistoryError
from simulators.site.generator import generate_site
from storage.registry_files.reading import write_registry

START = datetime(2026, 1, 15, tzinfo=UTC)
OUTAGE_MIN = range(60, 90)
"""Minutes in which the mains of the first station are lost."""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site, contacts = generate_site(
        stations=2,
        households=60,
        sensed_fraction=0.1,
        seed=1,
        now=START,
        station_interval_s=60.0,
        room_interval_s=(1800.0,),
    )
    path = tmp_path_factory.mktemp("site") / "registry.csv"
    write_registry(path, site, contacts)
    return path


def station_hour(hour: int) -> SampleBatch:
    """Readings of two stations, each minute of an hour; the first has no mains during the outage."""
    samples = []
    for minute in range(60 * hour, 60 * hour + 60):
        at = to_epoch_ms(START + timedelta(minutes=minute))
        for number in (1, 2):
            ref = ObjectRef(Measurement.STATION, f"st-00{number}")
            lost = number == 1 and minute in OUTAGE_MIN
            samples.append(Sample(ref, "mains_power_ok", at, float(not lost)))
    return SampleBatch.from_samples(samples)


def judge_of(registry: Path, out: Path) -> HeadlessJudge:
    return HeadlessJudge(settings=Settings(), registry=registry, out=out, step=timedelta(minutes=1))


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_an_outage_in_history_becomes_one_alarm_and_one_incident_with_their_times(
    registry: Path, tmp_path: Path
) -> None:
    history = tmp_path / "history"
    history.mkdir()
    for hour in range(4):
        write_sample_file(history / f"history-{hour}.npz", station_hour(hour))
    judged = judge_of(registry, tmp_path / "out").judge(history)
    assert (judged.files, judged.alarms, judged.incidents) == (4, 1, 1)
    (alarm,) = lines(tmp_path / "out" / "alarms.jsonl")
    (incident,) = lines(tmp_path / "out" / "incidents.jsonl")
    raised = datetime.fromisoformat(str(alarm["raised_at"]))
    cleared = datetime.fromisoformat(str(alarm["cleared_at"]))
    assert timedelta(0) <= raised - (START + timedelta(minutes=60)) <= timedelta(minutes=2)
    assert timedelta(0) <= cleared - (START + timedelta(minutes=90)) <= timedelta(minutes=3)
    assert (alarm["subject_level"], alarm["subject_id"]) == ("station", "st-001")
    assert alarm["incident_id"] == incident["incident_id"]
    assert len(list(history.iterdir())) == 4


NAMED_FOR_A_VIEWER = {
    "subject_name",
    "area_name",
    "inhibitor_name",
    "held_by",
    "holder_name",
    "actions",
    "building_id",
    "station_id",
    "now",
}
"""Fields of the API that depend on who looks or on the registry of now."""


def test_lines_have_the_fields_and_values_of_the_interface(registry: Path, tmp_path: Path) -> None:
    history = tmp_path / "history"
    history.mkdir()
    write_sample_file(history / "history-1.npz", station_hour(1))
    judge_of(registry, tmp_path / "out").judge(history)
    (alarm,) = lines(tmp_path / "out" / "alarms.jsonl")
    assert set(alarm) == set(AlarmRow.__slots__) - NAMED_FOR_A_VIEWER
    assert (alarm["rule_id"], alarm["priority"], alarm["state"]) == ("ST-01", 1, "rtn_unack")
    assert (alarm["active"], alarm["parameters"]) == (False, {"pwr": 0.0})
    assert set(alarm["name"]) == {"zh", "en"}
    (incident,) = lines(tmp_path / "out" / "incidents.jsonl")
    assert (incident["node_level"], incident["node_id"], incident["rule_id"]) == (
        "station",
        "st-001",
        "ST-01",
    )


def test_files_that_come_later_are_waited_for_and_deleted_when_judged(registry: Path, tmp_path: Path) -> None:
    history = tmp_path / "history"
    history.mkdir()
    write_sample_file(history / "history-0.npz", station_hour(0))
    results: list[Judged] = []
    judge = judge_of(registry, tmp_path / "out")
    first_is_judged = threading.Event()

    def run() -> None:
        results.append(
            judge.judge(history, follow=True, consume=True, progress=lambda _n: first_is_judged.set())
        )

    thread = threading.Thread(target=run)
    thread.start()
    assert first_is_judged.wait(60)
    write_sample_file(history / "history-1.npz", station_hour(1))
    (history / "complete").touch()
    thread.join(60)
    assert [(judged.files, judged.alarms) for judged in results] == [(2, 1)]
    assert [path.name for path in history.iterdir()] == ["complete"]


def test_a_second_judgement_begins_anew(registry: Path, tmp_path: Path) -> None:
    history = tmp_path / "history"
    history.mkdir()
    write_sample_file(history / "history-1.npz", station_hour(1))
    results = [judge_of(registry, tmp_path / "out").judge(history) for _ in range(2)]
    assert results[0] == results[1]


def test_an_empty_folder_is_said_to_hold_no_history(registry: Path, tmp_path: Path) -> None:
    (tmp_path / "history").mkdir()
    with pytest.raises(NoHistoryError, match="no history"):
        judge_of(registry, tmp_path / "out").judge(tmp_path / "history")


def test_the_outage_is_in_the_readings() -> None:
    assert int(np.sum(station_hour(1).value == 0)) == len(OUTAGE_MIN)
