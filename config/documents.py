"""What the files of rules, symptoms and causes have in common: one YAML document a file, checked by a model.

Not here: what each kind of file says (`config.rules`, `config.causes`), and YAML itself (`config.located_yaml`).
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from config.bilingual import BilingualText
from config.located_yaml import LocatedYaml, read_yaml
from config.mistakes import Mistake, MistakesError
from heating.alarms import Priority

__all__ = ["Document", "PriorityName", "TextDocument", "mistakes_of", "read_document"]


class Document(BaseModel):
    """A document whose keys are all known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TextDocument(Document):
    """A text in the two languages of the house."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def value(self) -> BilingualText:
        """Return the text."""
        return BilingualText(self.zh, self.en)


def _by_name(value: object) -> object:
    if isinstance(value, str) and value in Priority.__members__:
        return Priority[value]
    raise ValueError(f"{value!r} is no priority: write P1, P2, P3 or P4")


PriorityName = Annotated[Priority, BeforeValidator(_by_name)]
"""A field that is written as P1, P2, P3 or P4."""

Kind = TypeVar("Kind", bound=BaseModel)


def read_document(
    path: Path,
    kind: type[Kind],
    mistakes: list[Mistake],
    *,
    change: Callable[[dict[str, object]], None] | None = None,
) -> Kind | None:
    """Read one file; what is wrong goes to `mistakes`, each with its line, and None is returned.

    `change` may write over the values before they are checked.
    """
    try:
        source = read_yaml(path)
    except MistakesError as error:
        mistakes += error.mistakes
        return None
    mistakes += source.mistakes
    values = dict(source.values)
    if change is not None:
        change(values)
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        mistakes += mistakes_of(error, source)
        return None


def mistakes_of(error: ValidationError, source: LocatedYaml) -> list[Mistake]:
    """Return what a model found wrong in a file, each with its line."""
    return [
        _mistake(source.place(item["loc"]), ".".join(map(str, item["loc"])), item) for item in error.errors()
    ]


def _mistake(place: str, key: str, item: Mapping[str, Any]) -> Mistake:
    match item["type"]:
        case "missing":
            return Mistake(place, f"{key} is missing.", "Add it.")
        case "extra_forbidden":
            return Mistake(place, f"{key} is not known here.", "Remove it or correct its name.")
        case "value_error":
            return Mistake(place, f"{key}: {item['ctx']['error']}.", "Correct it.")
        case _:
            return Mistake(place, f"{key}: {item['msg']}.", "Correct it.")
