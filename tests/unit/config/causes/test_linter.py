"""What the linter of causes finds."""

from pathlib import Path

import pytest

from config.causes.linter import lint_causes
from config.causes.reading import CAUSES_DIR, CauseSet, load_causes
from heating.heat_tree import Level

NAMES = ("pump_fault", "no_circ", "mains_off", "t2s_low", "t2s_high", "heat_low", "flow_low", "flow_noisy",
         "valve_gap", "valve_hunts", "p2r_high", "pump_weak")  # fmt: skip
SYMPTOMS = {Level.STATION: NAMES, Level.SOURCE: (), Level.BRANCH: ()}
PUMP_TRIP = (CAUSES_DIR / "station" / "pump_trip.yaml").read_text(encoding="utf-8")


def _set(folder: Path, *texts: str) -> CauseSet:
    for number, text in enumerate(texts):
        (folder / f"{number}.yaml").write_text(text, encoding="utf-8")
    return load_causes(folder)


def test_a_sound_cause_has_no_mistakes(tmp_path: Path) -> None:
    assert lint_causes(_set(tmp_path, PUMP_TRIP), SYMPTOMS) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("no_circ: 2}", "no_cirk: 2}", "expect names 'no_cirk', which is no symptom of a station"),
        ("[t2s_low, ", "[t2s_lo, ", "explains names 't2s_lo', which is no symptom of a station"),
        ("cools: true", "below: [heat_low]", "only sources and branches explain stations"),
        ("pump_fault: 14", "pump_fault: 5", "pump_trip can never open: with all its symptoms it scores -1.4 nat"),
        ("against: {mains_off: 12}", "missing: {mains_off: 12}", "mains_off counts when it is missing, but is not expected"),
        ("against: {mains_off: 12}", "against: {t2s_low: 12}", "t2s_low speaks against it and follows from it"),
        ("time_to_respond: 5m", "", "pump_trip calls people but gives no time to respond"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in PUMP_TRIP
    (mistake,) = lint_causes(_set(tmp_path, PUMP_TRIP.replace(old, new)), SYMPTOMS)
    assert said in mistake.problem


def test_a_cause_without_a_founding_symptom_is_said(tmp_path: Path) -> None:
    soft = PUMP_TRIP.replace(
        "{pump_fault: 14, no_circ: 2}", "{pump_fault: 4, no_circ: 4, mains_off: 4}"
    ).replace("against: {mains_off: 12}\n", "")
    (mistake,) = lint_causes(_set(tmp_path, soft), SYMPTOMS)
    assert "has no symptom that founds it" in mistake.problem


def test_causes_that_hide_each_other_are_said(tmp_path: Path) -> None:
    other = (
        PUMP_TRIP.replace("id: pump_trip", "id: valve_stuck").replace("group: stop", "group: valve")
        .replace("{pump_fault: 14, no_circ: 2}", "{valve_gap: 12}").replace("valve_gap, valve_hunts", "pump_fault")
    )  # fmt: skip
    (mistake,) = lint_causes(_set(tmp_path, PUMP_TRIP, other), SYMPTOMS)
    assert "each explain what founds the other" in mistake.problem
