"""Symptom files: a folder a scope, every mistake with its place, the order of the files is that of the rows."""

from datetime import timedelta
from pathlib import Path

import pytest

from config.mistakes import MistakesError
from config.rules.scopes import BRANCH, SOURCE, STATION
from config.symptoms.reading import load_symptoms
from heating.heat_tree import Level

ONE = """
symptoms:
  - id: hot
    meaning: {zh: 过热, en: Too hot}
    signals: [t2s]
    limits: {high_c: {value: 85, unit: °C}}
    when: t2s > high_c
    on_delay: 5m
    source: [own]
"""


def written(folder: Path, text: str, name: str = "station/some.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


def test_a_symptom_is_read_with_its_scope_from_the_folder(tmp_path: Path) -> None:
    (symptom,) = load_symptoms(written(tmp_path, ONE))
    assert (symptom.key, symptom.scope, symptom.on_delay) == ("station/hot", STATION, timedelta(minutes=5))
    assert (symptom.meaning.zh, symptom.limits["high_c"].value, symptom.known_when) == ("过热", 85.0, None)


@pytest.mark.parametrize(
    "text, place, problem",
    [
        (ONE.replace("    when: t2s > high_c\n", ""), ":3", "when is missing"),
        (ONE.replace("on_delay: 5m", "on_delay: soon"), ":8", "no duration"),
        (ONE.replace("    source", "    sources"), ":9", "is not known here"),
        (ONE + ONE.split("symptoms:\n")[1], "", "station/hot is already defined"),
        ("symptoms: []\n", ":1", "symptoms"),
    ],
)
def test_a_mistake_is_reported_with_its_place(tmp_path: Path, text: str, place: str, problem: str) -> None:
    with pytest.raises(MistakesError) as error:
        load_symptoms(written(tmp_path, text))
    assert any(problem in str(m) and place in m.place for m in error.value.mistakes), error.value.mistakes


def test_a_folder_that_is_no_scope_is_reported(tmp_path: Path) -> None:
    with pytest.raises(MistakesError, match="'pumps' is no scope"):
        load_symptoms(written(tmp_path, ONE, "pumps/some.yaml"))


def test_an_empty_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(MistakesError, match="no symptom files"):
        load_symptoms(tmp_path)


def test_a_symptom_that_is_not_enabled_is_left_out(tmp_path: Path) -> None:
    more = ONE + ONE.split("symptoms:\n")[1].replace("id: hot", "id: hotter\n    enabled: false")
    assert [symptom.symptom_id for symptom in load_symptoms(written(tmp_path, more))] == ["hot"]


def test_a_source_and_a_station_may_have_symptoms_of_one_name() -> None:
    symptoms = load_symptoms()
    assert symptoms.get(SOURCE, "heat_low") is not symptoms.get(STATION, "heat_low")
    assert symptoms.get(BRANCH, "heat_low") is None
    names = symptoms.names()
    assert {Level.SOURCE, Level.BRANCH, Level.STATION} == names.keys()
    assert sum(len(of_level) for of_level in names.values()) == len(symptoms)
