"""YAML with the line of every key, so that a mistake can be named with its place.

Reads with PyYAML's safe composer: no tags, no objects. Duplicate keys are mistakes here, although YAML lets them pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from config.mistakes import Mistake, MistakesError

__all__ = ["KeyPath", "LocatedYaml", "read_yaml"]

KeyPath = tuple[str | int, ...]
_QUICK_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML's safe composer in C, a tenth of the time; PyYAML can be built without it."""
_LEAST_VALUES = 10_000
"""So many values are never too many, however short the file."""
_MERGE = "tag:yaml.org,2002:merge"
"""Of the key ``<<``, which takes over the keys of another mapping where the own ones say nothing."""


@dataclass(frozen=True, slots=True)
class LocatedYaml:
    """Values of a YAML file with the line of each key path."""

    path: Path
    values: Mapping[str, object]
    lines: Mapping[KeyPath, int] = field(repr=False)
    mistakes: tuple[Mistake, ...] = ()
    """Repeated keys and values that were not understood; the rest of the file is readable all the same."""

    def place(self, key_path: KeyPath) -> str:
        """Return ``file:line`` of a key path, or of the nearest key above it."""
        for length in range(len(key_path), -1, -1):
            line = self.lines.get(tuple(key_path[:length]))
            if line is not None:
                return f"{self.path}:{line}"
        return f"{self.path}:1"


class _TooManyValuesError(Exception):
    """A few lines that refer to one another can mean billions of values."""


class _Lines(dict[KeyPath, int]):
    """Lines of the key paths, up to a number of them."""

    most: int

    def __setitem__(self, key_path: KeyPath, line: int) -> None:
        if len(self) > self.most:
            raise _TooManyValuesError
        super().__setitem__(key_path, line)


def read_yaml(path: Path) -> LocatedYaml:
    """Read a YAML mapping.

    Raises
    ------
    MistakesError
        When the file cannot be read, is not UTF-8, is no YAML, or is not a mapping. Smaller mistakes are in
        `LocatedYaml.mistakes`, so that they can be reported together with the reader's own.
    """
    text = _read_text(path)
    node = _compose(path, text)
    if node is None:
        return LocatedYaml(path, {}, {(): 1})
    if not isinstance(node, yaml.MappingNode):
        raise MistakesError(
            [
                Mistake(
                    f"{path}:1", "The file is not a mapping of keys.", "Begin with a section such as «mqtt:»."
                )
            ]
        )
    lines = _Lines({(): 1})
    lines.most = max(len(text), _LEAST_VALUES)
    mistakes: list[Mistake] = []
    try:
        values = _value(node, (), lines, mistakes, path)
    except (_TooManyValuesError, RecursionError) as error:
        problem = "Its references (*name) unfold to more values than the file has characters."
        raise MistakesError([Mistake(f"{path}:1", problem, "Write the values out.")]) from error
    assert isinstance(values, dict)
    return LocatedYaml(path, values, lines, tuple(mistakes))


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        problem = f"Cannot read the file: {error.strerror}."
        raise MistakesError([Mistake(str(path), problem, "Check the path and its permissions.")]) from error
    except UnicodeDecodeError as error:
        problem = f"Byte {error.start} is not UTF-8."
        raise MistakesError([Mistake(f"{path}:1", problem, "Save the file as UTF-8.")]) from error


def _compose(path: Path, text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_QUICK_LOADER)
    except yaml.YAMLError:
        return _compose_or_explain(path, text)


def _compose_or_explain(path: Path, text: str) -> yaml.Node | None:
    # The composer in C words mistakes otherwise and marks other lines: the one in Python explains them.
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        scanning = (error.context or "").startswith("while scanning a quoted")
        mark = error.context_mark if scanning else error.problem_mark
        line = mark.line + 1 if mark else 1
        problem = f"This is not valid YAML: {error.problem or 'syntax error'}."
        remedy = "Check indentation, colons and quotes on this line and the one above."
        raise MistakesError([Mistake(f"{path}:{line}", problem, remedy)]) from error


def _value(
    node: yaml.Node, at: KeyPath, lines: dict[KeyPath, int], mistakes: list[Mistake], path: Path
) -> object:
    if isinstance(node, yaml.MappingNode):
        result: dict[str, object] = {}
        inherited: dict[str, object] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                several = value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
                for source in several:
                    taken = _value(source, at, lines, mistakes, path)
                    inherited = {**taken, **inherited} if isinstance(taken, dict) else inherited
                continue
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in result:
                first = lines[(*at, key)]
                mistakes.append(
                    Mistake(
                        f"{path}:{line}", f"Key «{key}» stands on line {first} too.", "Keep one of the two."
                    )
                )
            lines[(*at, key)] = line
            result[key] = _value(value_node, (*at, key), lines, mistakes, path)
        return inherited | result
    if isinstance(node, yaml.SequenceNode):
        items = []
        for place, item in enumerate(node.value):
            lines[(*at, place)] = item.start_mark.line + 1
            items.append(_value(item, (*at, place), lines, mistakes, path))
        return items
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError) as error:
        line = node.start_mark.line + 1
        mistakes.append(Mistake(f"{path}:{line}", f"Value not understood: {error}.", "Quote it as text."))
        return None
    finally:
        loader.dispose()
