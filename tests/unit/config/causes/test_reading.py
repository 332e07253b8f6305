"""Cause files: what they become, and mistakes with their place."""

from pathlib import Path

import pytest

from config.causes.reading import CAUSES_DIR, Shown, load_causes
from config.mistakes import MistakesError
from heating.alarms import Priority
from heating.heat_tree import Level

PUMP_TRIP = (CAUSES_DIR / "station" / "pump_trip.yaml").read_text(encoding="utf-8")


def _mistakes(folder: Path) -> list[str]:
    with pytest.raises(MistakesError) as caught:
        load_causes(folder)
    return [str(mistake).replace(f"{folder}/", "") for mistake in caught.value.mistakes]


def test_a_file_becomes_a_cause(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(PUMP_TRIP, encoding="utf-8")
    causes = load_causes(tmp_path)
    (entry,) = causes
    assert (entry.cause_id, entry.shown, entry.priority) == ("pump_trip", Shown.ANNOUNCED, Priority.P1)
    assert entry.cause.level is Level.STATION
    assert entry.cause.expect == {"pump_fault": 14, "no_circ": 2}
    assert (entry.cause.opens_after_s, entry.cause.linger_s, entry.cause.recover_s) == (0, 1800, 28800)
    assert entry.time_to_respond_s == 300
    assert causes.get("pump_trip") is entry
    assert causes.of_level(Level.STATION) == (entry.cause,)
    assert causes.of_level(Level.BRANCH) == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("level: station", "level: pump", "a.yaml:2: level: 'pump' is no level"),
        ("pump_fault: 14", "pump_fault: -14", "a.yaml:12: expect: pump_fault: a weight is above 0"),
        ("usual: 2h", "usual: 0s", "a.yaml:11: usual: a cause lasts for some time"),
        ("usual: 2h", "usual: long", "a.yaml:11: usual: 'long' is no duration"),
        ("priority: P1", "priority: high", "a.yaml:9: priority: 'high' is no priority"),
        ("cools: true", "colls: true", "a.yaml:15: colls is not known here."),
        ("rate_per_season: 0.5", "rate_per_season: 0", "a.yaml:10: rate_per_season"),
        ("group: stop\n", "", "a.yaml:1: group is missing."),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in PUMP_TRIP
    (tmp_path / "a.yaml").write_text(PUMP_TRIP.replace(old, new), encoding="utf-8")
    (mistake,) = _mistakes(tmp_path)
    assert mistake.startswith(said)


def test_one_id_in_two_files_is_a_mistake(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(PUMP_TRIP, encoding="utf-8")
    (mistake,) = _mistakes(tmp_path)
    assert mistake.startswith("b.yaml:1: pump_trip is already defined in")


def test_a_cause_can_be_switched_off(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(PUMP_TRIP + "enabled: false\n", encoding="utf-8")
    assert len(load_causes(tmp_path)) == 0


def test_a_folder_without_files_is_a_mistake(tmp_path: Path) -> None:
    assert len(_mistakes(tmp_path)) == 1
