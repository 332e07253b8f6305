"""The reference pages of all settings, written from the model so that they cannot drift (docs/settings.md).

The Chinese page keeps what people wrote there: the model says all but the meanings in Chinese.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from inspect import getsource
from itertools import pairwise
from types import UnionType
from typing import Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from config.equipment.meter_keys import FILE_VARIABLE, KEY_VARIABLE
from config.equipment.point_maps import FOLDER_VARIABLE
from config.settings.tree import Settings

__all__ = ["UNWRITTEN", "render_chinese_page", "render_settings_page", "setting_names"]

UNWRITTEN = "…"
"""Stands on the Chinese page where somebody has to write a meaning."""

_HEAD = """# Settings

[中文](settings.zh-CN.md)

One YAML file holds the settings; `NUANLIU_CONFIG` names it. Every setting can be overridden in the environment as
`NUANLIU_SECTION__KEY` (for example `NUANLIU_MQTT__PORT=8883`); lists and mappings are written there as JSON.
`nuanliu check-config --config FILE` reports every mistake at once with file, line and remedy.
Secrets belong in the environment or in the files that `*_file` settings name, never in arguments.

This page is written from the code: run `./run golden` after a change.
"""


_TAIL = """
## Other names in the environment

Secrets of single devices, and what the tools outside a settings file look for.

| name | meaning |
|---|---|
| `NUANLIU_CONFIG` | The settings file when `--config` is not given. |
| `{key}<number>` | AES key of one meter (M-Bus, wM-Bus), 32 hex digits: `{key}12345678=0011…EEFF`. It goes before the key file. |
| `{file}` | Key file of meters, used when `collector.meter_keys_file` is empty. |
| `{maps}` | Folder of own point maps, used when `collector.point_maps_dir` is empty. |
"""


_CHINESE_HEAD = """# 配置项

[English](settings.md)

配置写在一个 YAML 文件中，由 `NUANLIU_CONFIG` 指定。每一项都可用环境变量 `NUANLIU_SECTION__KEY` 覆盖（例如
`NUANLIU_MQTT__PORT=8883`）；列表和映射在环境变量中写成 JSON。`nuanliu check-config --config FILE` 一次列出全部错误，含文件、行号和
改法。密码等写在环境变量或 `*_file` 所指的文件中，绝不写在命令参数里。

本页由代码生成：修改后运行 `./run golden`；“含义”一栏在本页直接修改。
"""

_CHINESE_TAIL = """
## 其他环境变量

单个设备的密钥，以及配置文件之外各工具读取的名称。

| 名称 | 含义 |
|---|---|
| `NUANLIU_CONFIG` | 未给出 `--config` 时的配置文件。 |
| `{key}<number>` | 单块表（M-Bus、wM-Bus）的 AES 密钥，32 位十六进制：`{key}12345678=0011…EEFF`。优先于密钥文件。 |
| `{file}` | 表的密钥文件，`collector.meter_keys_file` 为空时使用。 |
| `{maps}` | 自有点表目录，`collector.point_maps_dir` 为空时使用。 |
"""


@dataclass(frozen=True, slots=True)
class _Language:
    """The words of a page."""

    columns: str
    words: Mapping[str, str]
    """English word to the one that the page has."""

    def word(self, english: str) -> str:
        return self.words.get(english, english)


_ENGLISH = _Language("| setting | type and range | default | meaning |", {})
_CHINESE = _Language(
    "| 配置项 | 类型和范围 | 默认值 | 含义 |",
    {
        "text": "文字",
        "whole number": "整数",
        "number": "数字",
        "true/false": "是/否",
        "secret": "密码",
        "path": "路径",
        "mapping": "映射",
        "list of": "列表：",
        "optional": "可选",
        "needed": "必填",
        "none": "无",
    },
)


def _tail(text: str) -> str:
    return text.format(key=KEY_VARIABLE, file=FILE_VARIABLE, maps=FOLDER_VARIABLE)


def setting_names() -> list[str]:
    """Return the dotted name of every setting, for example ``mqtt.routes[].filter``."""
    return [name for name, _field, _text in _walk(Settings, "")]


def render_settings_page() -> str:
    """Return the Markdown of docs/settings.md."""
    return _HEAD + _sections(_ENGLISH, None) + _tail(_TAIL)


def render_chinese_page(page: str) -> str:
    """Return the Markdown of docs/settings.zh-CN.md, with the meanings that `page`, the one there is, has."""
    rows = re.findall(r"^\| `([^`]+)` \| .* \| (.*?) \|$", page, re.MULTILINE)
    sections = re.findall(r"^## (\w+)\n\n(.+)$", page, re.MULTILINE)
    return _CHINESE_HEAD + _sections(_CHINESE, dict(sections + rows)) + _tail(_CHINESE_TAIL)


def _sections(language: _Language, meanings: Mapping[str, str] | None) -> str:
    parts = []
    for section, info in Settings.model_fields.items():
        model = _model_in(info.annotation)
        assert model is not None
        text = (model.__doc__ or "").strip() if meanings is None else meanings.get(section, UNWRITTEN)
        parts.append(f"\n\n## {section}\n\n{text}\n")
        if model.model_fields:
            parts.append(f"\n{language.columns}\n|---|---|---|---|")
        for name, info_of_field, english in _walk(model, f"{section}."):
            meaning = _one_line(english) if meanings is None else meanings.get(name, UNWRITTEN)
            kind, default = _kind(info_of_field, language), _default(info_of_field, language)
            parts.append(f"\n| `{name}` | {kind} | {default} | {meaning} |")
    return "".join(parts) + "\n"


def _walk(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo, str]]:
    texts = _texts_below(model)
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        if inner is None:
            yield f"{prefix}{name}", field, texts.get(name, "")
        elif get_origin(field.annotation) is tuple:
            yield f"{prefix}{name}", field, texts.get(name, "")
            yield from _walk(inner, f"{prefix}{name}[].")
        else:
            yield from _walk(inner, f"{prefix}{name}.")


def _texts_below(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstring of each field. Pydantic could read them, but would do so at every start of a process."""
    (definition,) = ast.parse(getsource(model)).body
    assert isinstance(definition, ast.ClassDef)
    texts: dict[str, str] = {}
    for field, below in pairwise(definition.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                texts[name] = text
    return texts


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for found in map(_model_in, get_args(annotation)) if found), None)


def _kind(field: FieldInfo, language: _Language) -> str:
    bounds = []
    for rule in field.metadata:
        match rule:
            case Ge(ge=bound):
                bounds.append(f"≥ {bound}")
            case Gt(gt=bound):
                bounds.append(f"> {bound}")
            case Le(le=bound):
                bounds.append(f"≤ {bound}")
            case Lt(lt=bound):
                bounds.append(f"< {bound}")
            case _:
                pass
    return ", ".join([_type_word(field.annotation, language), *bounds])


def _type_word(annotation: object, language: _Language) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return " \\| ".join(f"`{choice}`" for choice in get_args(annotation))
    if origin in (Union, UnionType):
        words = [_type_word(part, language) for part in get_args(annotation) if part is not type(None)]
        return " \\| ".join(words) + f", {language.word('optional')}"
    if origin is tuple:
        return f"{language.word('list of')} {_type_word(get_args(annotation)[0], language)}"
    if origin is dict or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return language.word("mapping")
    names: dict[object, str] = {
        str: "text",
        int: "whole number",
        float: "number",
        bool: "true/false",
        SecretStr: "secret",
    }
    return language.word(names.get(annotation, "path"))


def _default(field: FieldInfo, language: _Language) -> str:
    if field.is_required():
        return language.word("needed")
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None:
        return language.word("none")
    if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        value = [item.model_dump(exclude_defaults=True) for item in value]
    elif isinstance(value, tuple):
        value = list(value)
    return f"`{value}`"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
