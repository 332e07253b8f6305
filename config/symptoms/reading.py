"""Symptom sets, and the loader of the YAML files that symptoms are written in: a folder a scope, a file a family.

A symptom is a three-valued statement about one object: yes, no or unknown. Here: how the folder becomes a `SymptomSet`,
mistakes with file, line and remedy. Not here: whether conditions name signals that exist
(`alerting.judging.symptoms.linter`), how they are judged (`alerting.judging.symptoms`), and what follows from symptoms
(`config.causes`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pydantic import Field

from config.bilingual import BilingualText
from config.documents import Document, TextDocument, read_document
from config.durations import Duration
from config.mistakes import Mistake, MistakesError
from config.rules.scopes import SCOPES, Scope
from config.rules.values import Limit
from heating.heat_tree import Level

__all__ = ["SYMPTOMS_DIR", "Symptom", "SymptomSet", "load_symptoms"]

SYMPTOMS_DIR = Path(__file__).parents[1] / "defaults" / "symptoms"
"""Folder of the shipped symptoms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One statement about the objects of a scope."""

    symptom_id: str
    """Once in its scope; sources and branches may have one of the same name."""
    scope: Scope
    meaning: BilingualText
    signals: tuple[str, ...]
    """Signals that the conditions may name."""
    limits: Mapping[str, Limit]
    """Named figures that the conditions may name."""
    when: str
    """SQL boolean expression; true for `on_delay` is yes."""
    known_when: str | None = None
    """While this is not true the symptom is unknown and its delays stand still; None: known whenever `when` is."""
    clear_when: str | None = None
    """True for `off_delay` is no again; None: when `when` is false."""
    on_delay: timedelta = timedelta(0)
    off_delay: timedelta = timedelta(0)
    source: tuple[str, ...] = ()
    """Where the limits come from."""
    file: str = ""
    """File it was read from."""

    @property
    def key(self) -> str:
        """Scope and id, once in a set."""
        return f"{self.scope.name}/{self.symptom_id}"


@dataclass(frozen=True)
class SymptomSet:
    """Symptoms in a fixed order: that of the files, which is that of the columns of every row."""

    symptoms: tuple[Symptom, ...]
    _by_key: dict[str, Symptom] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_key", {symptom.key: symptom for symptom in self.symptoms})

    def __len__(self) -> int:
        return len(self.symptoms)

    def __iter__(self) -> Iterator[Symptom]:
        return iter(self.symptoms)

    def of(self, scope: Scope) -> tuple[Symptom, ...]:
        """Return the symptoms of a scope, in order."""
        return tuple(symptom for symptom in self.symptoms if symptom.scope == scope)

    def get(self, scope: Scope, symptom_id: str) -> Symptom | None:
        """Return a symptom, None when there is none of that name."""
        return self._by_key.get(f"{scope.name}/{symptom_id}")

    def names(self) -> Mapping[Level, tuple[str, ...]]:
        """Return the names of the columns of each level's rows."""
        found: dict[Level, tuple[str, ...]] = {}
        for symptom in self.symptoms:
            if symptom.scope.level is not None:
                found[symptom.scope.level] = (*found.get(symptom.scope.level, ()), symptom.symptom_id)
        return found


class _LimitDocument(Document):
    value: float
    unit: str = ""


class _SymptomDocument(Document):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    enabled: bool = True
    meaning: TextDocument
    signals: tuple[str, ...] = Field(min_length=1)
    limits: dict[str, _LimitDocument] = Field(default_factory=dict)
    when: str = Field(min_length=1)
    known_when: str | None = None
    clear_when: str | None = None
    on_delay: Duration = timedelta(0)
    off_delay: Duration = timedelta(0)
    source: tuple[str, ...] = Field(min_length=1)

    def symptom(self, scope: Scope, file: str) -> Symptom:
        return Symptom(
            symptom_id=self.id,
            scope=scope,
            meaning=self.meaning.value(),
            signals=self.signals,
            limits={name: Limit(limit.value, limit.unit) for name, limit in self.limits.items()},
            when=self.when.strip(),
            known_when=self.known_when,
            clear_when=self.clear_when,
            on_delay=self.on_delay,
            off_delay=self.off_delay,
            source=self.source,
            file=file,
        )


class _FamilyDocument(Document):
    symptoms: tuple[_SymptomDocument, ...] = Field(min_length=1)


def load_symptoms(folder: Path | None = None) -> SymptomSet:
    """Read every symptom file of the folder, the shipped one by default.

    A symptom with ``enabled: false`` is left out.

    Raises
    ------
    config.mistakes.MistakesError
        With every mistake of every file: file, line, what to do.
    """
    root = folder or SYMPTOMS_DIR
    files = sorted(root.rglob("*.yaml"))
    mistakes: list[Mistake] = []
    if not files:
        mistakes.append(Mistake(str(root), "There are no symptom files (*.yaml).", "Check the folder."))
    found: dict[str, Symptom] = {}
    for path in files:
        scope = SCOPES.get(path.parent.name)
        if scope is None or scope.level is None:
            usable = ", ".join(name for name, known in SCOPES.items() if known.level is not None)
            problem = f"The folder {path.parent.name!r} is no scope that can be judged."
            mistakes.append(Mistake(str(path), problem, f"Choose from {usable}."))
            continue
        document = read_document(path, _FamilyDocument, mistakes)
        for entry in () if document is None else document.symptoms:
            symptom = entry.symptom(scope, str(path))
            if symptom.key in found:
                problem = f"{symptom.key} is already defined in {found[symptom.key].file}."
                mistakes.append(Mistake(str(path), problem, "Remove one."))
            elif entry.enabled:
                found[symptom.key] = symptom
    if mistakes:
        raise MistakesError(mistakes)
    return SymptomSet(tuple(found.values()))
