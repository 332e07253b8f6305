"""Looks over symptoms before they judge anything: everything wrong at once, each with file and remedy.

Finds: forbidden or malformed conditions, unknown and unused names, units that do not match, conditions that can never be
true, a clear condition that is the condition itself.
"""

from collections.abc import Iterator, Mapping, Sequence

from alerting.judging.conditions.linter import unit_problems
from alerting.judging.conditions.syntax import ConditionError, Expression, parse_condition
from alerting.judging.signals.family import Family, Signal
from alerting.judging.signals.registry import FAMILIES, signals_of
from config.mistakes import Mistake
from config.symptoms.reading import Symptom, SymptomSet

__all__ = ["lint_symptoms"]

_Found = tuple[str, str]


def lint_symptoms(symptoms: SymptomSet, families: Sequence[Family] = FAMILIES) -> list[Mistake]:
    """Return what is wrong with a set of symptoms."""
    mistakes: list[Mistake] = []
    for symptom in symptoms:
        known = signals_of(symptom.scope, families)
        found = [*_names(symptom, known), *_conditions(symptom, known)]
        mistakes += [Mistake(symptom.file, f"{symptom.key}: {problem}.", remedy) for problem, remedy in found]
    return mistakes


def _names(symptom: Symptom, known: Mapping[str, Signal]) -> Iterator[_Found]:
    for name in symptom.signals:
        if name not in known:
            yield f"{name!r} is no signal of a {symptom.scope.name}", "Correct the name, or write the signal."
    for name in sorted(symptom.limits.keys() & set(symptom.signals)):
        yield f"{name!r} is a signal and a limit", "Give the limit another name."


def _conditions(symptom: Symptom, known: Mapping[str, Signal]) -> Iterator[_Found]:
    units = {name: signal.unit for name, signal in known.items()}
    units |= {name: limit.unit for name, limit in symptom.limits.items()}
    written = {"when": symptom.when, "known_when": symptom.known_when, "clear_when": symptom.clear_when}
    used: set[str] = set()
    broken = False
    for key, text in written.items():
        if text is None:
            continue
        try:
            expression = parse_condition(text)
        except ConditionError as error:
            broken = True
            yield f"{key}: {error}", "Correct it."
            continue
        used |= expression.names
        for name in sorted(expression.names - set(symptom.signals) - symptom.limits.keys()):
            yield f"{key}: {name!r} is neither in signals nor in limits", "Add or correct it."
        for problem in unit_problems(expression, units):
            yield f"{key}: {problem}", "Bring both sides to one unit."
        if name := _contradiction(expression, symptom):
            yield f"{key} can never be true: it asks for no value of {name!r}", "Correct the comparisons."
    if broken:
        return
    for name in sorted((set(symptom.signals) | symptom.limits.keys()) - used):
        yield f"{name!r} is used by no condition", "Remove it."
    if symptom.clear_when is not None and symptom.clear_when.strip() == symptom.when.strip():
        yield "clear_when is the same as when", "Say when it is over."


def _contradiction(expression: Expression, symptom: Symptom) -> str:
    """Return a signal whose comparisons, joined by AND, leave no value; empty when there is none."""
    lowest: dict[str, float] = {}
    highest: dict[str, float] = {}
    for node in _joined(expression):
        for name, operator, figure in _bounds(node, symptom):
            if operator in (">", ">=", "="):
                lowest[name] = max(lowest.get(name, figure), figure)
            if operator in ("<", "<=", "="):
                highest[name] = min(highest.get(name, figure), figure)
    return next((name for name in lowest if name in highest and lowest[name] > highest[name]), "")


def _joined(expression: Expression) -> Iterator[Expression]:
    if expression.kind == "logic" and expression.text == "and":
        for child in expression.children:
            yield from _joined(child)
    else:
        yield expression


_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "=": "="}


def _bounds(node: Expression, symptom: Symptom) -> Iterator[tuple[str, str, float]]:
    """Yield name, operator and figure of a comparison of one signal with one figure."""
    if node.kind == "between":
        low, high = (_figure(child, symptom) for child in node.children[1:])
        if node.children[0].text in symptom.signals and low is not None and high is not None:
            yield node.children[0].text, ">=", low
            yield node.children[0].text, "<=", high
    elif node.kind == "compare" and node.text in _TURNED:
        left, right = node.children
        for signal, other, operator in ((left, right, node.text), (right, left, _TURNED[node.text])):
            figure = _figure(other, symptom)
            if signal.kind == "name" and signal.text in symptom.signals and figure is not None:
                yield signal.text, operator, figure


def _figure(node: Expression, symptom: Symptom) -> float | None:
    if node.kind == "number":
        return float(node.text)
    limit = symptom.limits.get(node.text) if node.kind == "name" else None
    return None if limit is None else limit.value
