"""Cause sets, and the loader of the YAML files that causes are written in, one a cause.

Here: how a folder of files becomes a `CauseSet`, mistakes with file, line and remedy. Not here: whether the symptoms that
they name exist and make sense together (`config.causes.linter`), and how causes are weighed (`heating.diagnosis`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pydantic import Field, field_validator

from config.bilingual import BilingualText
from config.documents import Document, PriorityName, TextDocument, read_document
from config.durations import Duration
from config.mistakes import Mistake, MistakesError
from heating.alarms import Priority
from heating.diagnosis.catalogue import ACCEPTANCE_NAT, Cause
from heating.heat_tree import Level

__all__ = ["CAUSES_DIR", "CauseEntry", "CauseSet", "Shown", "load_causes"]

CAUSES_DIR = Path(__file__).parents[1] / "defaults" / "causes"
"""Folder of the shipped causes."""
_LEVELS = {level.word: level for level in Level}


class Shown(StrEnum):
    """Where people meet a cause."""

    ANNOUNCED = "announced"
    """It calls."""
    WORK_LIST = "work_list"
    """It waits on a list of work."""
    JOURNAL = "journal"
    """It is kept, and explains others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseEntry:
    """A cause with its texts and its rationalisation record."""

    cause: Cause
    name: BilingualText
    """Short name, for lists."""
    text: BilingualText
    """What it means, one sentence."""
    shown: Shown
    priority: Priority
    consequence: BilingualText
    action: BilingualText
    time_to_respond_s: float | None
    """Time a person has [s]; None for what does not call."""
    rules: tuple[str, ...]
    """Rules of the field's catalogue that it takes the place of."""
    source: tuple[str, ...]
    """Where its figures come from."""
    file: str
    """File that it was read from."""

    @property
    def cause_id(self) -> str:
        """Its id."""
        return self.cause.cause_id


@dataclass(frozen=True)
class CauseSet:
    """Causes in a fixed order: by level, then by id."""

    entries: tuple[CauseEntry, ...] = ()
    _by_id: dict[str, CauseEntry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {entry.cause_id: entry for entry in self.entries})

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[CauseEntry]:
        return iter(self.entries)

    def get(self, cause_id: str) -> CauseEntry | None:
        """Return a cause by id, None when it is not (or no longer) there."""
        return self._by_id.get(cause_id)

    def of_level(self, level: Level) -> tuple[Cause, ...]:
        """Return the causes of a level, in order."""
        return tuple(entry.cause for entry in self.entries if entry.cause.level is level)


class _CauseDocument(Document):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    enabled: bool = True
    level: str
    group: str = Field(min_length=1)
    name: TextDocument
    text: TextDocument
    shown: Shown
    priority: PriorityName
    rate_per_season: float = Field(gt=0)
    usual: Duration
    expect: dict[str, float] = Field(default_factory=dict)
    missing: dict[str, float] = Field(default_factory=dict)
    against: dict[str, float] = Field(default_factory=dict)
    explains: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    spills: bool = False
    cools: bool = False
    acceptance: float = ACCEPTANCE_NAT
    opens_after: Duration
    linger: Duration
    recover: Duration
    consequence: TextDocument
    action: TextDocument
    time_to_respond: Duration | None = None
    rules: tuple[str, ...] = ()
    source: tuple[str, ...] = Field(min_length=1)

    @field_validator("level")
    @classmethod
    def _that_is_there(cls, value: str) -> str:
        if value not in _LEVELS:
            raise ValueError(f"{value!r} is no level: choose from {', '.join(_LEVELS)}")
        return value

    @field_validator("expect", "missing", "against")
    @classmethod
    def _positive(cls, value: dict[str, float]) -> dict[str, float]:
        for name, nat in value.items():
            if not nat > 0:
                raise ValueError(
                    f"{name}: a weight is above 0; what speaks against the cause goes under «against»"
                )
        return value

    @field_validator("usual")
    @classmethod
    def _some_time(cls, value: Duration) -> Duration:
        if value.total_seconds() <= 0:
            raise ValueError("a cause lasts for some time: write more than zero")
        return value

    def entry(self, file: str) -> CauseEntry:
        respond = self.time_to_respond
        return CauseEntry(
            cause=Cause(
                cause_id=self.id,
                level=_LEVELS[self.level],
                group=self.group,
                rate_per_season=self.rate_per_season,
                usual_s=self.usual.total_seconds(),
                expect=self.expect,
                missing=self.missing,
                against=self.against,
                explains=frozenset(self.explains),
                below=frozenset(self.below),
                above=frozenset(self.above),
                spills=self.spills,
                cools=self.cools,
                opens_after_s=self.opens_after.total_seconds(),
                linger_s=self.linger.total_seconds(),
                recover_s=self.recover.total_seconds(),
                acceptance_nat=self.acceptance,
            ),
            name=self.name.value(),
            text=self.text.value(),
            shown=self.shown,
            priority=self.priority,
            consequence=self.consequence.value(),
            action=self.action.value(),
            time_to_respond_s=None if respond is None else respond.total_seconds(),
            rules=self.rules,
            source=self.source,
            file=file,
        )


def load_causes(folder: Path | None = None) -> CauseSet:
    """Read every cause file of a folder, the shipped one by default; one with ``enabled: false`` is left out.

    Raises
    ------
    config.mistakes.MistakesError
        With every mistake of every file: file, line, what to do.
    """
    where = folder or CAUSES_DIR
    mistakes: list[Mistake] = []
    entries: dict[str, CauseEntry] = {}
    files = sorted(path for path in where.rglob("*.yaml") if "cases" not in path.relative_to(where).parts)
    if not files:
        mistakes.append(Mistake(str(where), "There are no cause files (*.yaml).", "Check rules.causes_dir."))
    for path in files:
        document = read_document(path, _CauseDocument, mistakes)
        if document is None:
            continue
        if document.id in entries:
            first = entries[document.id].file
            mistakes.append(
                Mistake(f"{path}:1", f"{document.id} is already defined in {first}.", "Remove one.")
            )
        elif document.enabled:
            entries[document.id] = document.entry(str(path))
    if mistakes:
        raise MistakesError(mistakes)
    return CauseSet(tuple(sorted(entries.values(), key=lambda e: (e.cause.level, e.cause_id))))
