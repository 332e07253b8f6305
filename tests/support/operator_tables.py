"""What the tables of the operator's pages hold, taken from the code's own lists, in English and Chinese.

What the code cannot say (a meaning in Chinese) is kept from the page. `TABLES` names every page with its tables.
"""

import ast
import csv
import re
from collections.abc import Mapping
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import fields
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache, partial
from inspect import getsource
from typing import get_type_hints

from alerting.judging.signals.registry import FAMILIES
from collector.messages.decoded import Reason
from config.rules.reading import RuleSet, load_rules
from config.rules.scopes import SCOPES
from config.settings.tree import RulesSettings
from heating.point_table import POINT_TABLE
from heating.quality import Quality, quality_label
from storage.registry_files.columns import (
    COLUMNS,
    CONTACT_COLUMNS,
    ROW_KINDS,
    Column,
    RowKind,
    UnreadableCellError,
)
from tests.support.page_tables import DOCS, MISSING, Kept, Table, table_of

__all__ = ["COMPUTED", "TABLES", "point_rows"]

CHINESE = "zh-CN"
_COLUMN = {column.header: column for column in COLUMNS}

COMPUTED: Mapping[str, frozenset[str]] = {
    "circulation_pump_N_running": frozenset({"run_max"}),
    "room_temp_c": frozenset({"t_room", "t_room_med60", "t_room_med30", "cold_degree_hours_24h"}),
    "gateway_online": frozenset({"gateway_down"}),
    "secondary_return_pressure_setpoint_mpa": frozenset({"p2r_sp_if_any"}),
}
"""Signals that a family computes from a point, where the signal does not name it itself."""

HEADS = {
    "points": ("point | symbol | Chinese | English | unit | plausible | kind | rules", "测点 | 符号 | 中文 | 英文 | 单位 | 合理范围 | 类型 | 规则"),
    "columns": ("column | Chinese header | form | when empty | example | meaning", "列 | 中文列名 | 写法 | 留空时 | 示例 | 含义"),
    "reasons": ("reason | meaning", "原因 | 含义"),
    "qualities": ("code | word | meaning", "代码 | 名称 | 含义"),
    "signals": ("signal | scope | unit | point | meaning", "信号 | 范围 | 单位 | 测点 | 含义"),
    "scopes": ("scope | meaning", "范围 | 含义"),
    "rules": ("rule | scope | priority | name | raised after | cleared after | limits", "规则 | 范围 | 级别 | 名称 | 延时报警 | 延时恢复 | 限值"),
}  # fmt: skip


def _head(name: str, language: str) -> str:
    return HEADS[name][language == CHINESE]


def _own(text: str, key: str, kept: Kept, language: str) -> str:
    """Return the English text of the code, or the Chinese one that the page has."""
    return " ".join(text.split()).replace("|", "\\|") if language != CHINESE else kept.get(key, MISSING)


def texts_below(owner: type) -> dict[str, str]:
    """Return the docstring below each member of a class."""
    (definition,) = ast.parse(getsource(owner)).body
    assert isinstance(definition, ast.ClassDef)
    texts: dict[str, str] = {}
    for member, below in zip(definition.body, definition.body[1:], strict=False):
        match member, below:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(text))):
                texts[name] = text
    return texts


# --- points ---------------------------------------------------------------------------------------------------


def point_rows() -> list[list[str]]:
    """Return the cells of `POINT_TABLE`, one list a line."""
    return [[cell.strip() for cell in line.split("|")] for line in POINT_TABLE.strip().splitlines()]


@lru_cache(maxsize=1)
def _rules() -> RuleSet:
    return load_rules(RulesSettings())


def _rules_of_point(point: str) -> str:
    names = {signal.name for family in FAMILIES for signal in family.signals if signal.point == point}
    names |= COMPUTED.get(point, frozenset())
    found = [rule.rule_id for rule in _rules().rules if names & set(rule.signals)]
    return ", ".join(sorted(found)) or "–"


def _points(owners: str, kept: Kept, *, language: str) -> str:
    rows = [
        [f"`{name}`", f"`{symbol}`" if symbol != "-" else "–", zh, en, unit.replace("-", "–"), f"{low} … {high}",
         kind, _rules_of_point(name)]
        for found, name, unit, low, high, kind, symbol, zh, en in point_rows()
        if found == owners
    ]  # fmt: skip
    return table_of(_head("points", language), rows)


# --- registry -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _examples() -> Mapping[tuple[str, str], str]:
    """Return the first value of each kind and column in the example file."""
    found: dict[tuple[str, str], str] = {}
    with (DOCS / "examples" / "registry.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            for header, cell in row.items():
                if cell:
                    found.setdefault((row["kind"], header), cell)
    return found


def _form(kind: RowKind, column: Column, language: str) -> str:
    """Return how a cell is written: the words of a list, or the word for the type of the field."""
    try:
        column.read("?")
    except UnreadableCellError as error:
        _, found, words = error.remedy.partition("Write one of: ")
        if found:
            return words.removesuffix(".")
    words_of = {
        float: ("number", "数字"),
        int: ("whole number", "整数"),
        datetime: ("moment", "时间"),
    }
    hints = get_type_hints(kind.kind.asset) if kind.kind.asset else {}
    hint = str(hints.get(kind.columns.get(column.header, ""), str))
    word = next((words for type_, words in words_of.items() if type_.__name__ in hint), ("text", "文字"))
    return word[language == CHINESE]


def _when_empty(kind: RowKind, header: str, language: str) -> str:
    if header in kind.required:
        return ("needed", "必填")[language == CHINESE]
    defaults = {field.name: field.default for field in fields(kind.kind.asset)} if kind.kind.asset else {}
    default = defaults.get(kind.columns.get(header, ""))
    if default in (None, "", NO_DEFAULT):
        return "–"
    if isinstance(default, bool):
        return f"`{'yes' if default else 'no'}`"
    return f"`{default.value if isinstance(default, StrEnum) else default}`"


def _columns(name: str, kept: Kept, *, language: str) -> str:
    (kind,) = [one for one in ROW_KINDS if one.name == name]
    headers = [*kind.columns, *(CONTACT_COLUMNS if name == "household" else ())] or list(kind.required)
    rows = []
    for header in sorted(headers, key=list(_COLUMN).index):
        column, key = _COLUMN[header], f"`{header}`"
        example = _examples().get((name, header), MISSING)
        cells = [key, column.chinese, _form(kind, column, language), _when_empty(kind, header, language)]
        rows.append([*cells, f"`{example}`", kept.get(key, MISSING)])
    return table_of(_head("columns", language), rows)


# --- messages -------------------------------------------------------------------------------------------------


def _reasons(kept: Kept, *, language: str) -> str:
    texts = texts_below(Reason)
    rows = [[f"`{reason}`", _own(texts[reason.name], f"`{reason}`", kept, language)] for reason in Reason]
    return table_of(_head("reasons", language), rows)


def _qualities(kept: Kept, *, language: str) -> str:
    texts = texts_below(Quality)
    rows = [
        [f"{code.value}", f"`{quality_label(code)}`", _own(texts[code.name], f"{code.value}", kept, language)]
        for code in Quality
    ]
    return table_of(_head("qualities", language), rows)


# --- rules ----------------------------------------------------------------------------------------------------


def _signals(kept: Kept, *, language: str) -> str:
    rows = []
    for family in FAMILIES:
        for signal in family.signals:
            # A signal that is new is shown in English until somebody writes its Chinese.
            keys = [f"`{signal.name}`", family.scope.name]
            text = kept.get(" ".join(keys), signal.meaning) if language == CHINESE else signal.meaning
            rows.append([*keys, signal.unit or "–", f"`{signal.point}`" if signal.point else "–", text])
    return table_of(_head("signals", language), rows)


def _scopes(kept: Kept, *, language: str) -> str:
    rows = [
        [f"`{scope.name}`", _own(scope.meaning, f"`{scope.name}`", kept, language)]
        for scope in SCOPES.values()
        if scope.level is not None
    ]
    return table_of(_head("scopes", language), rows)


def _shipped_rules(kept: Kept, *, language: str) -> str:
    rows = []
    for rule in sorted(_rules().rules, key=lambda rule: rule.rule_id):
        limits = [
            f"`{name}` {limit.value:g}{' ' + limit.unit if limit.unit else ''}"
            for name, limit in rule.limits.items()
        ]
        name = rule.name.zh if language == CHINESE else rule.name.en
        delays = [_length(rule.on_delay), _length(rule.off_delay)]
        rows.append(
            [rule.rule_id, rule.scope.name, rule.priority.name, name, *delays, ", ".join(limits) or "–"]
        )
    return table_of(_head("rules", language), rows)


def _length(length: timedelta) -> str:
    seconds = length.total_seconds()
    for word, unit_s in (("h", 3600), ("min", 60)):
        if seconds and seconds % unit_s == 0:
            return f"{seconds / unit_s:g} {word}"
    return f"{seconds:g} s"


# --- which page has which -------------------------------------------------------------------------------------


def _named(owners: str) -> str:
    return "all" if owners == "*" else re.sub(r"\W", "-", owners)


def _tables(language: str) -> dict[str, dict[str, Table]]:
    ending = f".{language}.md" if language else ".md"
    owners = dict.fromkeys(row[0] for row in point_rows())
    return {
        f"points{ending}": {_named(one): partial(_points, one, language=language) for one in owners},
        f"registry{ending}": {
            kind.name: partial(_columns, kind.name, language=language) for kind in ROW_KINDS
        },
        f"native{ending}": {
            "qualities": partial(_qualities, language=language),
            "reasons": partial(_reasons, language=language),
        },
        f"rules{ending}": {
            "shipped": partial(_shipped_rules, language=language),
            "scopes": partial(_scopes, language=language),
            "signals": partial(_signals, language=language),
        },
    }


TABLES: dict[str, dict[str, Table]] = _tables("") | _tables(CHINESE)
"""The tables of each page by name, in the order in which they are checked."""
