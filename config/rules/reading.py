"""Rule sets, and the loader of the YAML files that rules are written in.

Here: how a folder of rule files becomes a `RuleSet`, mistakes with file, line and remedy. Not here: what a rule is
(`config.rules.values`, offered here too), what the conditions mean (`alerting.judging.conditions` parses and evaluates them) and
how texts are rendered (`config.rules.alarm_texts`).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pydantic import Field, field_validator

from config.causes.reading import CauseSet
from config.documents import Document, PriorityName, TextDocument, read_document
from config.durations import Duration, parse_duration
from config.located_yaml import KeyPath
from config.mistakes import Mistake, MistakesError
from config.rules.defaults import DEFAULTS_FILE, DefaultsDocument, RuleDefaults
from config.rules.explained import rule_of_cause
from config.rules.scopes import CIRCUIT, SCOPES, STATION, Scope
from config.rules.values import BilingualText, InhibitKind, Limit, Rule, Variant
from config.settings.tree import RulesSettings
from heating.alarms import Priority
from heating.diagnosis.catalogue import Cause

__all__ = [
    "CASES_DIR",
    "RULES_DIR",
    "BilingualText",
    "InhibitKind",
    "Limit",
    "Rule",
    "RuleDefaults",
    "RuleSet",
    "Variant",
    "load_rules",
    "parse_duration",
]

RULES_DIR = Path(__file__).parents[1] / "defaults" / "rules"
"""Folder of the shipped rules."""
CASES_DIR = RULES_DIR / "cases"
"""Folder of the shipped case files, one a rule."""


@dataclass(frozen=True)
class RuleSet:
    """Rules in a fixed order (by id), with look-ups."""

    rules: tuple[Rule, ...]
    """Those that are judged by their conditions."""
    defaults: RuleDefaults = field(default_factory=RuleDefaults)
    causes: CauseSet = field(default_factory=CauseSet)
    """What explanation raises; their alarms are read like those of rules."""
    _by_id: dict[str, Rule] = field(init=False, repr=False, compare=False)
    _targets: dict[str, frozenset[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        judged = {rule.rule_id: rule for rule in self.rules}
        by_id = judged | {entry.cause_id: rule_of_cause(entry) for entry in self.causes}
        object.__setattr__(self, "_by_id", by_id)
        targets = {rule.rule_id: _expand(rule, judged) for rule in self.rules}
        targets |= {entry.cause_id: _explained_by(entry.cause, self.rules) for entry in self.causes}
        object.__setattr__(self, "_targets", targets)

    def __len__(self) -> int:
        return len(self.rules)

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of all rules, then of all causes."""
        return tuple(self._by_id)

    def rule(self, rule_id: str) -> Rule:
        """Return a rule by id.

        Raises
        ------
        KeyError
            When there is no such rule.
        """
        return self._by_id[rule_id]

    def get(self, rule_id: str) -> Rule | None:
        """Return a rule by id, None when it is not (or no longer) shipped."""
        return self._by_id.get(rule_id)

    def in_scope(self, *scopes: Scope) -> tuple[Rule, ...]:
        """Return the rules of some scopes, in order."""
        return tuple(rule for rule in self.rules if rule.scope in scopes)

    def targets_of(self, rule_id: str) -> frozenset[str]:
        """Return the ids of loaded rules that an alarm of this rule masks at its node and below, in any way."""
        return self._targets.get(rule_id, frozenset())

    def silenced_by(self, rule_id: str) -> frozenset[str]:
        """Return the targets whose alarms an alarm of this rule inhibits; none when it only holds them."""
        return frozenset() if self._holds(rule_id) else self.targets_of(rule_id)

    def held_by(self, rule_id: str) -> frozenset[str]:
        """Return the targets that keep their state while this alarm is active, because their data are not to be had.

        Nothing is inhibited: what stood before the data went bad still stands, and is still announced as it was.
        """
        return self.targets_of(rule_id) if self._holds(rule_id) else frozenset()

    def _holds(self, rule_id: str) -> bool:
        rule = self._by_id.get(rule_id)
        return rule is not None and rule.inhibit_kind is InhibitKind.MASK_BAD_DATA


RULES_OF_STATION = "rules_of_station"
"""Stands in `inhibits` for every other rule that judges stations or their circuits."""
_ID = re.compile(r"^([A-Z]{2})-(\d{2})$")
_RANGE = re.compile(r"^([A-Z]{2})-(\d{2})\.\.\1-(\d{2})$")


def _expand(rule: Rule, known: Mapping[str, Rule]) -> frozenset[str]:
    found: set[str] = set()
    for entry in rule.inhibits:
        if match := _RANGE.match(entry):
            wanted = {f"{match[1]}-{n:02d}" for n in range(int(match[2]), int(match[3]) + 1)}
            found |= wanted & known.keys()
        elif entry == RULES_OF_STATION:
            found |= {other.rule_id for other in known.values() if other.scope in (STATION, CIRCUIT)}
        elif entry in known:
            found.add(entry)
    found.discard(rule.rule_id)
    return frozenset(found)


def _explained_by(cause: Cause, rules: Iterable[Rule]) -> frozenset[str]:
    known = cause.covered | cause.below
    return frozenset(rule.rule_id for rule in rules if rule.symptom in known)


class _LimitDocument(Document):
    value: float
    unit: str = ""


class _VariantDocument(Document):
    priority: PriorityName
    when: str


class _RuleDocument(Document):
    id: str = Field(pattern=_ID.pattern)
    enabled: bool = True
    scope: str
    priority: PriorityName
    name: TextDocument
    text: TextDocument
    cause: TextDocument
    consequence: TextDocument
    action: TextDocument
    signals: tuple[str, ...] = Field(min_length=1)
    limits: dict[str, _LimitDocument] = Field(default_factory=dict)
    raise_when: str = Field(min_length=1)
    clear_when: str = Field(min_length=1)
    enable_if: str | None = None
    on_delay: Duration
    off_delay: Duration
    variants: tuple[_VariantDocument, ...] = ()
    inhibits: tuple[str, ...] = ()
    inhibit_kind: InhibitKind | None = None
    never_inhibited: bool = False
    annunciate: bool = True
    opens_incident: bool = False
    waits_for_data: bool = False
    time_to_respond: Duration | None = None
    symptom: str = ""
    source: tuple[str, ...] = Field(min_length=1)

    @field_validator("scope")
    @classmethod
    def _that_has_objects(cls, value: str) -> str:
        scope = SCOPES.get(value)
        usable = ", ".join(name for name, known in SCOPES.items() if known.level is not None)
        if scope is None:
            raise ValueError(f"{value!r} is no scope: choose from {usable}")
        if scope.level is None:
            raise ValueError(
                f"nothing can be judged in scope {value!r} ({scope.meaning}): choose from {usable}"
            )
        return value

    @field_validator("inhibits")
    @classmethod
    def _ids_and_ranges(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            if not (_ID.match(entry) or _RANGE.match(entry) or entry == RULES_OF_STATION):
                raise ValueError(f"{entry!r} is no rule id: write ST-02, or a range as ST-11..ST-22")
        return value

    def rule(self, file: str) -> Rule:
        respond = self.time_to_respond
        return Rule(
            rule_id=self.id,
            scope=SCOPES[self.scope],
            priority=self.priority,
            name=self.name.value(),
            text=self.text.value(),
            cause=self.cause.value(),
            consequence=self.consequence.value(),
            action=self.action.value(),
            signals=self.signals,
            limits={name: Limit(limit.value, limit.unit) for name, limit in self.limits.items()},
            raise_when=self.raise_when.strip(),
            clear_when=self.clear_when.strip(),
            enable_if=self.enable_if,
            on_delay=self.on_delay,
            off_delay=self.off_delay,
            variants=tuple(Variant(v.priority, v.when) for v in self.variants),
            inhibits=self.inhibits,
            inhibit_kind=self.inhibit_kind,
            never_inhibited=self.never_inhibited,
            annunciate=self.annunciate and self.priority is not Priority.P4,
            opens_incident=self.opens_incident,
            waits_for_data=self.waits_for_data,
            time_to_respond_s=None if respond is None else respond.total_seconds(),
            symptom=self.symptom,
            source=self.source,
            file=file,
        )


def load_rules(
    settings: RulesSettings, *, place_of: Callable[[KeyPath], str] = lambda _: "settings"
) -> RuleSet:
    """Read every rule file of the folder (the shipped one by default) and apply the overrides of the settings.

    Files below a folder named ``cases`` are not rules, nor is ``defaults.yaml``: what it says holds for every rule, and
    the shipped one is taken when the folder has none. A rule with ``enabled: false`` is left out.

    Raises
    ------
    config.mistakes.MistakesError
        With every mistake of every file: file, line, what to do.
    """
    folder = settings.dir or RULES_DIR
    files = sorted(path for path in folder.rglob("*.yaml") if "cases" not in path.relative_to(folder).parts)
    general = folder / DEFAULTS_FILE
    mistakes: list[Mistake] = []
    defaults = read_document(
        general if general in files else RULES_DIR / DEFAULTS_FILE, DefaultsDocument, mistakes
    )
    files = [path for path in files if path != general]
    if not files:
        mistakes.append(
            Mistake(str(folder), "There are no rule files (*.yaml).", "Check rules.dir in the settings.")
        )
    rules: dict[str, Rule] = {}
    pending: Changes = dict(settings.overrides)
    for path in files:
        wrong: list[Mistake] = []
        document = read_document(path, _RuleDocument, wrong, change=partial(_changed, pending))
        if document is None:
            mistakes += _at_their_origin(path, wrong, settings.overrides, place_of)
            continue
        mistakes += wrong
        if document.id in rules:
            first = rules[document.id].file
            mistakes.append(
                Mistake(f"{path}:1", f"{document.id} is already defined in {first}.", "Remove one.")
            )
        elif document.enabled:
            rules[document.id] = document.rule(str(path))
    mistakes += [
        Mistake(
            place_of(("rules", "overrides", rule_id)),
            f"rules.overrides names {rule_id}, which is no rule.",
            "Remove or correct it.",
        )
        for rule_id in pending
    ]
    if mistakes or defaults is None:
        raise MistakesError(mistakes)
    return RuleSet(tuple(rules[rule_id] for rule_id in sorted(rules)), defaults.value())


def _at_their_origin(
    path: Path,
    wrong: list[Mistake],
    overrides: Mapping[str, Mapping[str, object]],
    place_of: Callable[[KeyPath], str],
) -> list[Mistake]:
    """Return mistakes of a rule where they can be mended: in the settings when the file is right without them."""
    unchanged: list[Mistake] = []
    document = read_document(path, _RuleDocument, unchanged)
    if document is None or document.id not in overrides:
        return wrong
    where: KeyPath = ("rules", "overrides", document.id)
    return [
        Mistake(place_of(where), f"rules.overrides.{document.id}: {one.problem}", one.remedy) for one in wrong
    ]


Changes = dict[str, dict[str, str | int | float | bool]]


def _changed(pending: Changes, values: dict[str, object]) -> None:
    """Write the settings' changes of a rule over what its file says; they are no longer pending then."""
    changes = pending.pop(str(values.get("id")), {})
    limits = values.get("limits")
    for key, value in changes.items():
        limit_name = key.removeprefix("limits.")
        if isinstance(limits, dict) and isinstance(limits.get(limit_name), dict):
            limits[limit_name]["value"] = value
        else:
            values[key] = value
