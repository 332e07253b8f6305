"""The linter of symptoms: the shipped ones are clean, and each kind of mistake is reported with its symptom."""

from dataclasses import replace

import pytest

from alerting.judging.symptoms.linter import lint_symptoms
from config.causes.linter import lint_causes
from config.causes.reading import load_causes
from config.rules.scopes import STATION
from config.rules.values import Limit
from config.symptoms.reading import Symptom, SymptomSet, load_symptoms

SHIPPED = load_symptoms()
GOOD = SHIPPED.get(STATION, "t2s_low")
assert GOOD is not None


def problems(symptom: Symptom) -> str:
    return "\n".join(str(mistake) for mistake in lint_symptoms(SymptomSet((symptom,))))


def test_the_shipped_symptoms_are_clean_and_the_shipped_causes_know_them() -> None:
    assert lint_symptoms(SHIPPED) == []
    assert lint_causes(load_causes(), SHIPPED.names()) == []


@pytest.mark.parametrize(
    "change, problem",
    [
        ({"when": "t2s <"}, "station/t2s_low: when: "),
        ({"when": "t2s IS NULL"}, "is not allowed here"),
        ({"when": "t2s < strange"}, "when: 'strange' is neither in signals nor in limits"),
        ({"signals": ("nothing", "t2s")}, "'nothing' is no signal of a station"),
        ({"when": "t2s < below_k"}, "when: compares K with °C"),
        ({"clear_when": "t2s > below_k"}, "clear_when: compares K with °C"),
        ({"known_when": "wanted = 1"}, "'live' is used by no condition"),
        ({"limits": {**GOOD.limits, "spare": Limit(1.0)}}, "'spare' is used by no condition"),
        ({"limits": {**GOOD.limits, "live": Limit(1.0)}}, "'live' is a signal and a limit"),
        ({"when": "t2s > 80 and t2s < 70"}, "when can never be true: it asks for no value of 't2s'"),
        ({"when": "70 > t2s and t2s between 80 and 90"}, "when can never be true"),
        ({"clear_when": GOOD.when}, "clear_when is the same as when"),
    ],
)
def test_a_mistake_is_reported_with_its_symptom(change: dict[str, object], problem: str) -> None:
    assert problem in problems(replace(GOOD, **change))  # type: ignore[arg-type]


def test_conditions_that_can_be_true_are_not_reported() -> None:
    assert "never" not in problems(replace(GOOD, when="t2s > 70 and t2s < 80 or t2s < 10"))
