"""Looks over rules before they judge anything: everything wrong at once, each with file and remedy.

Finds: forbidden or malformed conditions, unknown names, unused names, units that do not match, places in texts that
nothing fills, a missing rationalisation, a clear condition that is the bare opposite without a deadband where one is
wanted, inhibition cycles and consequence inhibitors that are less urgent than what they silence.
"""

from collections.abc import Iterator, Mapping

from alerting.judging.conditions.syntax import ConditionError, Expression, parse_condition
from alerting.judging.signals.names import signals_of
from config.rules.alarm_texts import placeholders
from config.rules.reading import InhibitKind, Rule, RuleFault, RuleSet
from heating.alarms import Priority

__all__ = ["lint_rules"]


def lint_rules(rules: RuleSet) -> list[RuleFault]:
    """Return every fault of a rule set, in the order of the rules; empty when there is none."""
    faults: list[RuleFault] = []
    for rule in rules.rules:
        messages = [*_names(rule), *_conditions(rule), *_texts(rule), *_record(rule)]
        faults += [RuleFault(rule.file, 0, f"{rule.rule_id}: {message}") for message in messages]
    faults += _inhibition(rules)
    return faults


def _conditions_of(rule: Rule) -> dict[str, str]:
    found = {"raise_when": rule.raise_when, "clear_when": rule.clear_when}
    if rule.enable_if is not None:
        found["enable_if"] = rule.enable_if
    found |= {f"variants.{place}.when": variant.when for place, variant in enumerate(rule.variants)}
    return found


def _names(rule: Rule) -> Iterator[str]:
    known = signals_of(rule.scope)
    for name in rule.signals:
        if name not in known:
            yield f"unknown signal {name!r} of scope {rule.scope.value}: choose from {', '.join(sorted(known))}"
    for name in rule.limits:
        if name in known:
            yield f"limit {name!r} has the name of a signal: rename it"


def _conditions(rule: Rule) -> Iterator[str]:
    units = {name: signal.unit for name, signal in signals_of(rule.scope).items()}
    units |= {name: limit.unit for name, limit in rule.limits.items()}
    used: set[str] = set()
    for key, text in _conditions_of(rule).items():
        try:
            expression = parse_condition(text)
        except ConditionError as error:
            place = "" if error.position is None else f" at character {error.position + 1}"
            yield f"{key}{place}: {error}"
            continue
        used |= expression.names
        for name in sorted(expression.names - set(rule.signals) - rule.limits.keys()):
            yield f"{key}: {name!r} is neither in signals nor in limits: add or correct it"
        yield from (f"{key}: {message}" for message in _unit_faults(expression, units))
    for name in sorted(rule.limits.keys() - used):
        yield f"limit {name!r} is used by no condition: remove it"
    if rule.raise_when.strip() == rule.clear_when.strip():
        yield "clear_when is the same as raise_when: it must say when the alarm is over"


def _unit_faults(expression: Expression, units: Mapping[str, str]) -> Iterator[str]:
    for node in expression.walk():
        if node.kind in ("compare", "between", "in"):
            found = {unit for child in node.children if (unit := _unit_of(child, units))}
            if len(found) > 1:
                yield f"compares {' with '.join(sorted(found))}: bring both sides to one unit"
        elif node.kind == "function" and node.text in "+-" and len(node.children) == 2:
            left, right = (_unit_of(child, units) for child in node.children)
            if left and right and left != right and (left, right) != ("°C", "K"):
                yield f"adds {left} and {right}: bring both to one unit"


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


def _texts(rule: Rule) -> Iterator[str]:
    fillable = {*rule.signals, *rule.limits}
    for language, template in (("zh", rule.text.zh), ("en", rule.text.en)):
        try:
            names = placeholders(template)
        except ValueError as error:
            yield f"text.{language}: {error}"
            continue
        for name in names:
            if name not in fillable:
                yield f"text.{language}: nothing fills {{{name}}}: add it to signals or limits"


def _record(rule: Rule) -> Iterator[str]:
    for key, text in (("cause", rule.cause), ("consequence", rule.consequence), ("action", rule.action)):
        if not text.zh.strip() or not text.en.strip():
            yield f"{key} is empty: write the rationalisation record"
    if rule.priority is not Priority.P4 and rule.time_to_respond_s is None:
        yield "time_to_respond is missing: an alarm without a time to respond is no alarm"
    if rule.inhibits and rule.inhibit_kind is None:
        yield "inhibits without inhibit_kind: say consequence, mask_bad_data or mask_resident"
    if rule.opens_incident and rule.priority is Priority.P4:
        yield "a journal entry (P4) opens no incident"
    for variant in rule.variants:
        if variant.priority >= rule.priority:
            yield f"variant {variant.priority.name} is not more urgent than {rule.priority.name}: remove it"


def _inhibition(rules: RuleSet) -> Iterator[RuleFault]:
    for rule in rules.rules:
        for target in sorted(rules.silenced_by(rule.rule_id)):
            other = rules.rule(target)
            if rule.inhibit_kind is InhibitKind.CONSEQUENCE and rule.priority > other.priority:
                message = f"{rule.rule_id} ({rule.priority.name}) silences the more urgent {target}: raise it"
                yield RuleFault(rule.file, 0, message)
            if other.never_inhibited:
                message = (
                    f"{rule.rule_id} inhibits {target}, which is never inhibited: remove it from inhibits"
                )
                yield RuleFault(rule.file, 0, message)
        if ring := _ring_from(rule.rule_id, rules):
            yield RuleFault(rule.file, 0, f"inhibition ring {' > '.join(ring)}: cut it in one place")


def _ring_from(start: str, rules: RuleSet) -> list[str] | None:
    """Return a ring that begins and ends at a rule and has no smaller id in it, so that each is told once."""
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
