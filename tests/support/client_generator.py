"""Writes a typed Python client from an OpenAPI document: a TypedDict for each schema, a method for each operation.

The client needs nothing but the standard library, so that a script anywhere can use it. What the document does not
type is an ``object`` there. The header with the cross-site token is left out: a token of a script needs none.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["client_source", "method_name"]

Schema = Mapping[str, Any]

_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_JSON, _STREAM = "application/json", "text/event-stream"
_HEAD = '''\
"""Client of {title} {version}, written from its OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen
'''
_TRANSPORT = '''
class Refused(Exception):
    """An answer that is a problem document."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(f"{status}: {problem['code']}")
        self.status = status
        self.problem = problem


class Client:
    """All operations, by the token of a script."""

    def __init__(self, url: str, token: str, *, timeout_s: float = 30.0) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._timeout_s = timeout_s

    def _open(self, method: str, path: str, query: Mapping[str, object], body: object = None) -> Any:
        given = {name: _text(value) for name, value in query.items() if value is not None}
        address = self._url + path + ("?" + urlencode(given, doseq=True) if given else "")
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = Request(address, data=content, headers=headers, method=method)
        try:
            return urlopen(request, timeout=self._timeout_s)
        except HTTPError as error:
            with error:
                raise Refused(error.code, json.load(error)) from error

    def _read(self, method: str, path: str, query: Mapping[str, object], body: object = None) -> str:
        with self._open(method, path, query, body) as answer:
            return str(answer.read(), "utf-8")

    def _lines(self, method: str, path: str, query: Mapping[str, object], body: object = None) -> Iterator[str]:
        with self._open(method, path, query, body) as answer:
            for line in answer:
                yield str(line, "utf-8").rstrip("\\n")


def _text(value: object) -> str | list[str]:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a moment needs a zone")
        return value.isoformat()
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else str(value)
'''


def client_source(document: Schema) -> str:
    """Return the source of a module with the client of all that a document describes."""
    head = _HEAD.format(title=document["info"]["title"], version=document["info"]["version"])
    schemas = [
        line for name, schema in document["components"]["schemas"].items() for line in _schema(name, schema)
    ]
    transport, rest = _TRANSPORT.split("\n\ndef _text")
    methods = [
        line
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for line in _operation(method, path, operation)
    ]
    return "\n".join([head, *schemas, transport, *methods, "", f"\ndef _text{rest}"])


def method_name(method: str, path: str, operation: Schema) -> str:
    """Return the name of an operation's method: its id without the path and the verb that FastAPI adds."""
    suffix = re.sub(r"\W", "_", path) + "_" + method
    return str(operation["operationId"]).removesuffix(suffix)


def _schema(name: str, schema: Schema) -> Iterator[str]:
    if "properties" not in schema:
        yield f"{name} = {_type_of(schema)}\n"
        return
    yield f"\nclass {name}(TypedDict):"
    yield f"    {_docstring(schema.get('description', name))}\n"
    required = schema.get("required", ())
    for key, one in schema["properties"].items():
        kind = _type_of(one)
        yield f"    {key}: {kind if key in required else f'NotRequired[{kind}]'}"
    yield ""


def _type_of(schema: Schema, *, given: bool = False) -> str:
    """Return the annotation of a schema; `given`: of a parameter, where a moment is a ``datetime``."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type_of(one, given=given) for one in schema["anyOf"]))
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    kind = schema.get("type")
    if kind == "array":
        inner = schema.get("prefixItems") or [schema.get("items", {})]
        kinds = " | ".join(dict.fromkeys(_type_of(one, given=given) for one in inner))
        return f"{'Sequence' if given else 'list'}[{kinds}]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"dict[str, {_type_of(values) if isinstance(values, Mapping) else 'object'}]"
    if given and schema.get("format") == "date-time":
        return "datetime"
    return _PLAIN.get(str(kind), "object")


def _operation(method: str, path: str, operation: Schema) -> Iterator[str]:
    parameters = operation.get("parameters", ())
    in_path = [one for one in parameters if one["in"] == "path"]
    in_query = [one for one in parameters if one["in"] == "query"]
    body = operation.get("requestBody")
    taken = [f"{one['name']}: {_type_of(one['schema'])}" for one in in_path]
    if body is not None:
        kind = _type_of(body["content"][_JSON]["schema"])
        taken.append(f"body: {kind}" + ("" if body.get("required") else " = None"))
    if in_query:
        taken += ["*", *(_query_parameter(one) for one in in_query)]
    media, answered = _answer(operation)
    address = re.sub(r"{(\w+)}", r"{quote(\1, safe='')}", path)
    query = ", ".join(f"'{one['name']}': {one['name']}" for one in in_query)
    sent = f"'{method.upper()}', f\"{address}\", {{{query}}}" + ("" if body is None else ", body")
    yield f"\n    def {method_name(method, path, operation)}({', '.join(['self', *taken])}) -> {answered}:"
    yield f"        {_docstring(operation.get('description') or operation['summary'])}"
    match media:
        case "application/json":
            yield f"        found: {answered} = json.loads(self._read({sent}))"
            yield "        return found"
        case "text/event-stream":
            yield f"        return self._lines({sent})"
        case "":
            yield f"        self._read({sent})"
        case _:
            yield f"        return self._read({sent})"


def _query_parameter(one: Schema) -> str:
    kind = _type_of(one["schema"], given=True)
    if one["required"]:
        return f"{one['name']}: {kind}"
    return f"{one['name']}: {kind}{'' if kind.endswith('None') else ' | None'} = None"


def _answer(operation: Schema) -> tuple[str, str]:
    """Return the content type and the annotation of what is answered when all goes well."""
    (answer,) = (one for status, one in operation["responses"].items() if status.startswith("2"))
    for media, content in answer.get("content", {}).items():
        return media, "Iterator[str]" if media == _STREAM else _type_of(content["schema"])
    return "", "None"


def _docstring(text: str) -> str:
    return '"""' + text.partition("\n")[0].replace("\\", "\\\\").replace('"', "'") + '"""'
