"""Tables of docs/simulator.md, written from the code so that they cannot drift.

What lives here: the fields of a scenario, the base rates of faults, and putting tables between the marks of the page.
What does not: the table of faults (`simulators.faults.catalogue_page`), all other text of the page.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Annotated, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic import AwareDatetime, BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from simulators.fault_kinds import FaultType
from simulators.faults.catalogue import CATALOGUE, natural_rate
from simulators.faults.catalogue_page import catalogue_page
from simulators.scenario import Scenario
from simulators.scenario_parts import seconds_of

__all__ = ["TABLES", "field_names", "with_fresh_tables"]

_BEGIN, _END = "<!-- table {}: written by ./run golden -->\n", "<!-- end of {} -->"
_LENGTH = "length"
_UNITS = (("d", 86400.0), ("h", 3600.0), ("m", 60.0))


def field_names() -> list[str]:
    """Return the dotted name of every field of a scenario, for example ``weather.cold_snaps[].drop_k``."""
    return [name for name, _ in _walk(Scenario, "")]


def with_fresh_tables(page: str) -> str:
    """Return a page with every table between its marks written anew.

    Raises
    ------
    ValueError
        When the marks of a table are not there exactly once.
    """
    for name, table in TABLES.items():
        begin, end = _BEGIN.format(name), _END.format(name)
        if page.count(begin) != 1 or page.count(end) != 1:
            raise ValueError(
                f"the page has no one place for the table {name!r}; write {begin!r} and {end!r} once"
            )
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}\n{table().strip()}\n\n{end}{after}"
    return page


def _scenario_fields() -> str:
    rows = [
        f"| `{name}` | {_kind(field)} | {_default(field)} | {_one_line(field.description)} |"
        for name, field in _walk(Scenario, "")
    ]
    return "\n".join(["| field | type and range | default | meaning |", "|---|---|---|---|", *rows])


def _base_rates() -> str:
    rows = [
        f"| {kind.type.value} | {natural_rate(kind):.2g} | {_one_line(kind.reason)} |"
        for kind in CATALOGUE.values()
    ]
    together = sum(natural_rate(kind) for kind in CATALOGUE.values())
    head = ["| type | per 1000 station-days | where the rate comes from |", "|---|---|---|"]
    return "\n".join([*head, *rows, f"| all together | {together:.0f} | |"])


def _walk(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        inner = _model_in(field.annotation)
        many = get_origin(field.annotation) is tuple
        if inner is None or many:
            yield f"{prefix}{name}", field
        if inner is not None:
            yield from _walk(inner, f"{prefix}{name}{'[]' if many else ''}.")


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for found in map(_model_in, get_args(annotation)) if found), None)


def _is_length(rules: Iterable[object]) -> bool:
    return any(isinstance(rule, BeforeValidator) and rule.func is seconds_of for rule in rules)


def _kind(field: FieldInfo) -> str:
    rules = list(field.metadata)
    word = _LENGTH if _is_length(rules) else _word(field.annotation)
    for part in get_args(field.annotation):  # limits of an optional length lie one level down
        if get_origin(part) is Annotated:
            rules += get_args(part)[1:]
    length = word.startswith(_LENGTH)
    return ", ".join([word, *(text for rule in rules if (text := _bound(rule, length=length)))])


def _bound(rule: object, *, length: bool) -> str:
    show: Callable[[object], str] = _as_length if length else str
    match rule:
        case Ge(ge=bound):
            return f"≥ {show(bound)}"
        case Gt(gt=bound):
            return f"> {show(bound)}"
        case Le(le=bound):
            return f"≤ {show(bound)}"
        case Lt(lt=bound):
            return f"< {show(bound)}"
        case MinLen(min_length=1):
            return "not empty"
        case FieldInfo(metadata=rules):
            return ", ".join(text for inner in rules if (text := _bound(inner, length=length)))
        case _:
            return ""


def _word(annotation: object) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _LENGTH if _is_length(parts[1:]) else _word(parts[0])
    if origin in (Union, UnionType):
        words = [_word(part) for part in parts if part is not type(None)]
        return " or ".join(words) + (", optional" if type(None) in parts else "")
    if origin is tuple:
        return f"list of {_word(parts[0])}"
    if origin is dict:
        return f"mapping of {_word(parts[0])} to {_word(parts[1])}"
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return "fault type" if annotation is FaultType else " \\| ".join(f"`{word}`" for word in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping"
    return _WORDS[annotation]


_WORDS: Mapping[object, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true/false",
    Path: "file",
    datetime: "moment",
    timedelta: _LENGTH,
    AwareDatetime: "moment",
}


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True, validated_data={})
    match value:
        case None | "" | ():
            return "none"
        case dict():
            pairs = ", ".join(f"{key}: {weight}" for key, weight in value.items())
            return f"`{{{pairs}}}`" if value else "none"
        case float() if _is_length(field.metadata):
            return f"`{_as_length(value)}`"
        case _:
            return f"`{value}`"


def _as_length(seconds: object) -> str:
    """Return seconds as a scenario writes them: ``90s``, ``15m``, ``36h``, ``2d``."""
    assert isinstance(seconds, int | float)
    for unit, size in _UNITS:
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def _one_line(text: str | None) -> str:
    return " ".join((text or "").replace("``", "`").split()).replace("|", "\\|")


TABLES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {"faults": catalogue_page, "base rates": _base_rates, "fields": _scenario_fields}
)
"""What stands between the marks of docs/simulator.md, by name."""
