"""The reference page of all settings, written from the model so that it cannot drift (docs/settings.md)."""

import ast
from collections.abc import Iterator
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

__all__ = ["render_settings_page", "setting_names"]

_HEAD = """# Settings

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


def _tail() -> str:
    return _TAIL.format(key=KEY_VARIABLE, file=FILE_VARIABLE, maps=FOLDER_VARIABLE)


def setting_names() -> list[str]:
    """Return the dotted name of every setting, for example ``mqtt.routes[].filter``."""
    return [name for name, _field, _text in _walk(Settings, "")]


def render_settings_page() -> str:
    """Return the Markdown of docs/settings.md."""
    parts = [_HEAD]
    for section, info in Settings.model_fields.items():
        model = _model_in(info.annotation)
        assert model is not None
        parts.append(f"\n## {section}\n\n{(model.__doc__ or '').strip()}\n")
        if model.model_fields:
            parts.append("| setting | type and range | default | meaning |\n|---|---|---|---|")
        parts += [
            f"| `{name}` | {_kind(field)} | {_default(field)} | {_one_line(text)} |"
            for name, field, text in _walk(model, f"{section}.")
        ]
    return "\n".join(parts) + "\n" + _tail()


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


def _kind(field: FieldInfo) -> str:
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
    return ", ".join([_type_word(field.annotation), *bounds])


def _type_word(annotation: object) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return " \\| ".join(f"`{choice}`" for choice in get_args(annotation))
    if origin in (Union, UnionType):
        words = [_type_word(part) for part in get_args(annotation) if part is not type(None)]
        return " \\| ".join(words) + ", optional"
    if origin is tuple:
        return f"list of {_type_word(get_args(annotation)[0])}"
    if origin is dict:
        return "mapping"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping"
    names: dict[object, str] = {
        str: "text",
        int: "whole number",
        float: "number",
        bool: "true/false",
        SecretStr: "secret",
    }
    return names.get(annotation, "path")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None:
        return "none"
    if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        value = [item.model_dump(exclude_defaults=True) for item in value]
    elif isinstance(value, tuple):
        value = list(value)
    return f"`{value}`"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
