"""Looks over rules before they judge anything: everything wrong at once, each with file and remedy.

Finds: forbidden or malformed conditions, unknown names, unused names, units that do not match, places in texts that
nothing fills, a missing rationalisation, a clear condition that is the bare opposite without a deadband where one is
wanted, inhibition cycles and consequence inhibitors that are less urgent than what they silence.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from alerting.judging.conditions.syntax import ConditionError, Expression, parse_condition
from alerting.judging.signals.family import WATCH_WORDS, Family, Signal
from alerting.judging.signals.registry import FAMILIES, signals_of
from config.mistakes import Mistake
from config.rules.alarm_texts import placeholders
from config.rules.reading import InhibitKind, Rule, RuleSet
from config.rules.scopes import WATCH
from heating.alarms import Priority

__all__ = ["lint_rules", "unit_problems"]

_Found = tuple[str, str]
"""Problem, without a full stop, and remedy."""


def lint_rules(rules: RuleSet, *, families: Sequence[Family] = FAMILIES) -> list[Mistake]:
    """Return every mistake of a rule set, in the order of the rules; empty when there is none."""
    mistakes: list[Mistake] = []
    for rule in rules.rules:
        known = signals_of(rule.scope, families)
        found = [*_names(rule, known), *_conditions(rule, known), *_texts(rule), *_record(rule)]
        mistakes += [Mistake(rule.file, f"{rule.rule_id}: {problem}.", remedy) for problem, remedy in found]
    mistakes += [Mistake(file, f"{problem}.", remedy) for file, problem, remedy in _inhibition(rules)]
    return mistakes


def _conditions_of(rule: Rule) -> dict[str, str]:
    found = {"raise_when": rule.raise_when, "clear_when": rule.clear_when}
    if rule.enable_if is not None:
        found["enable_if"] = rule.enable_if
    found |= {f"variants.{place}.when": variant.when for place, variant in enumerate(rule.variants)}
    return found


def _names(rule: Rule, known: Collection[str]) -> Iterator[_Found]:
    for name in rule.signals:
        if name not in known:
            choice = ", ".join(sorted(known)) or "nothing yet: no family computes signals of it"
            yield f"unknown signal {name!r} of scope {rule.scope.name}", f"Choose from {choice}."
    for name in rule.limits:
        if name in known:
            yield f"limit {name!r} has the name of a signal", "Rename it."


def _conditions(rule: Rule, known: Mapping[str, Signal]) -> Iterator[_Found]:
    units = {name: signal.unit for name, signal in known.items()}
    units |= {name: limit.unit for name, limit in rule.limits.items()}
    used: set[str] = set()
    for key, text in _conditions_of(rule).items():
        try:
            expression = parse_condition(text)
        except ConditionError as error:
            place = "" if error.position is None else f" at character {error.position + 1}"
            yield f"{key}{place}: {error}", "Correct it."
            continue
        used |= expression.names
        for name in sorted(expression.names - set(rule.signals) - rule.limits.keys()):
            yield f"{key}: {name!r} is neither in signals nor in limits", "Add or correct it."
        for problem in unit_problems(expression, units):
            yield f"{key}: {problem}", "Bring both sides to one unit."
    for name in sorted(rule.limits.keys() - used):
        yield f"limit {name!r} is used by no condition", "Remove it."
    if rule.raise_when.strip() == rule.clear_when.strip():
        yield "clear_when is the same as raise_when", "Say when the alarm is over."


def unit_problems(expression: Expression, units: Mapping[str, str]) -> Iterator[str]:
    """Yield what an expression compares or adds although the units differ."""
    for node in expression.walk():
        if node.kind in ("compare", "between", "in"):
            found = {unit for child in node.children if (unit := _unit_of(child, units))}
            if len(found) > 1:
                yield f"compares {' with '.join(sorted(found))}"
        elif node.kind == "function" and node.text in "+-" and len(node.children) == 2:
            left, right = (_unit_of(child, units) for child in node.children)
            if left and right and left != right and (left, right) != ("°C", "K"):
                yield f"adds {left} and {right}"


def _unit_of(node: Expression, units: Mapping[str, str]) -> str | None:
    """Return the unit of a figure; None when it fits any (a bare number, a product)."""
    if node.kind == "name":
        return units.get(node.text) or None
    if node.kind != "function":
        return None
    found = [_unit_of(child, units) for child in node.children]
    if node.text in ("+", "-") and len(found) == 2:
        if node.text == "-" and found == ["°C", "°C"]:
            return "K"
        return found[0] or found[1]
    if node.text == "*":
        known = [unit for unit in found if unit]
        return known[0] if len(known) == 1 else None
    return found[0] if node.text in ("abs", "-") else None


def _texts(rule: Rule) -> Iterator[_Found]:
    fillable = {*rule.signals, *rule.limits, *(WATCH_WORDS if rule.scope is WATCH else ())}
    for language, template in (("zh", rule.text.zh), ("en", rule.text.en)):
        try:
            names = placeholders(template)
        except ValueError as error:
            yield f"text.{language}: {error}", "Correct it."
            continue
        for name in names:
            if name not in fillable:
                yield f"text.{language}: nothing fills {{{name}}}", "Add it to signals or limits."


def _record(rule: Rule) -> Iterator[_Found]:
    for key, text in (("cause", rule.cause), ("consequence", rule.consequence), ("action", rule.action)):
        if not text.zh.strip() or not text.en.strip():
            yield f"{key} is empty", "Write the rationalisation record."
    if rule.priority is not Priority.P4 and rule.time_to_respond_s is None:
        yield "time_to_respond is missing", "Add it: an alarm without a time to respond is no alarm."
    if rule.inhibits and rule.inhibit_kind is None:
        yield "inhibits without inhibit_kind", "Say consequence, mask_bad_data or mask_resident."
    if rule.opens_incident and rule.priority is Priority.P4:
        yield "a journal entry (P4) opens no incident", "Remove opens_incident."
    for variant in rule.variants:
        if variant.priority >= rule.priority:
            yield (
                f"variant {variant.priority.name} is not more urgent than {rule.priority.name}",
                "Remove it.",
            )


def _inhibition(rules: RuleSet) -> Iterator[tuple[str, str, str]]:
    """Yield file, problem and remedy."""
    for rule in rules.rules:
        name = rule.rule_id
        for target in sorted(rules.silenced_by(name)):
            other = rules.rule(target)
            if rule.inhibit_kind is InhibitKind.CONSEQUENCE and rule.priority > other.priority:
                problem = f"{name} ({rule.priority.name}) silences the more urgent {target}"
                yield rule.file, problem, "Make it at least as urgent."
            if other.never_inhibited:
                problem = f"{name} inhibits {target}, which is never inhibited"
                yield rule.file, problem, "Remove it from inhibits."
        if ring := _ring_from(name, rules):
            yield rule.file, f"inhibition ring {' > '.join(ring)}", "Cut it in one place."


def _ring_from(start: str, rules: RuleSet) -> list[str] | None:
    """Return a ring that begins and ends at a rule and has no smaller id in it, so that each is reported once."""
    pending = [[start]]
    seen: set[str] = set()
    while pending:
        path = pending.pop()
        for target in sorted(rules.silenced_by(path[-1])):
            if target == start:
                return [*path, start]
            if target > start and target not in seen:
                seen.add(target)
                pending.append([*path, target])
    return None
