"""The description of the interface, with what every operation answers besides its result: problems and who may ask.

FastAPI knows parameters, bodies and results. That a role is needed, that an id may be unknown and that errors are
problem documents is known here, once for all routes.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from dashboard.web.security.access import Access, cookie_name
from dashboard.web.security.cross_site import TOKEN_HEADER

__all__ = ["PROBLEM", "DescribedApplication", "described"]

PROBLEM = "application/problem+json"
_MEANINGS = {
    400: "The body is no text of its kind.",
    401: "Nobody is signed in, or name and password are wrong.",
    403: "The role is missing, or the cross-site token.",
    404: "There is no such thing, or it lies outside of the areas of who asks.",
    409: "The present state does not allow it.",
    413: "The body is too long.",
    422: "A parameter or the body does not make sense; `detail` and `errors` say which.",
    429: "Too often; `Retry-After` says when to come again [s].",
    500: "The request failed; the reason is in the log.",
    503: "A part that is needed is away or busy; come again.",
}
_OTHER_TYPES = {
    "/metrics": "text/plain",
    "/api/v1/stream": "text/event-stream",
    "/api/v1/admin/backup": "application/x-ndjson",
    "/api/v1/admin/export": "application/x-ndjson",
}
"""What is answered as something else than JSON."""
_EVERYWHERE = (500, 503)
_UNREADABLE, _LONG_BODY = 400, 413
_MAY_CONFLICT = (
    "/acknowledge",
    "/shelve",
    "/unshelve",
    "/comment",
    "/promise",
    "/assign",
    "/callback",
    "{ticket_id}",
)
"""Ends of paths whose changes depend on a state."""
_SCHEMA = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457.",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "description": "What programs decide by."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "what"],
                "properties": {"where": {"type": "string"}, "what": {"type": "string"}},
            },
        },
    },
}


class DescribedApplication(FastAPI):
    """An application whose OpenAPI document tells all that is answered."""

    def openapi(self) -> dict[str, Any]:
        """Return the document; made once, as the routes do not change."""
        if self.openapi_schema is None:
            self.openapi_schema = described(self)
        return self.openapi_schema


def described(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an application."""
    document = get_openapi(
        title=app.title, version=app.version, openapi_version=app.openapi_version, routes=app.routes
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = _SCHEMA
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": cookie_name(secure=True)},
    }
    accesses = {(method, path): access for method, path, access in _accesses(app)}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _complete(operation, method, path, accesses.get((method, path)))
    return document


def _accesses(app: FastAPI) -> Iterator[tuple[str, str, Access]]:
    """Yield method, path and access of every route."""
    for route in app.routes:
        contexts = getattr(route, "effective_route_contexts", None)
        for context in () if contexts is None else contexts():
            for dependency in context.dependant.dependencies:
                if isinstance(dependency.call, Access):
                    for method in context.methods:
                        yield method.lower(), context.path, dependency.call


def _complete(operation: dict[str, Any], method: str, path: str, access: Access | None) -> None:
    answers = operation["responses"]
    answers.pop("422", None)
    if path in _OTHER_TYPES:
        answers["200"]["content"] = {_OTHER_TYPES[path]: {"schema": {"type": "string"}}}
    statuses = set(_EVERYWHERE)
    if access is not None and access.roles is not None:
        operation["security"] = [{"token": []}, {"session": []}]
        operation["x-roles"] = sorted(access.roles)
        statuses |= {401, 403}
    if path.endswith("/stream"):
        statuses.add(429)
    if path.endswith("/login"):
        statuses |= {401, 403, 429}
    if "{" in path or path.endswith(("/tickets", "/assign", "/my/home", "/my/trend")) or "/admin/" in path:
        statuses.add(404)
    # Any query may hold a NUL, which no text of ours does.
    statuses.add(422)
    if method != "get":
        statuses |= {_UNREADABLE, _LONG_BODY, *((409,) if path.endswith(_MAY_CONFLICT) else ())}
        _name_the_token(operation, access)
    for status in sorted(statuses):
        _add_problem(answers, status)


def _name_the_token(operation: dict[str, Any], access: Access | None) -> None:
    if access is not None and access.roles is not None:
        operation.setdefault("parameters", []).append(
            {
                "name": TOKEN_HEADER,
                "in": "header",
                "required": False,
                "schema": {"type": "string"},
                "description": "`csrf_token` of GET /api/v1/me; with a session cookie only.",
            }
        )


def _add_problem(answers: dict[str, Any], status: int) -> None:
    answer: dict[str, Any] = answers.setdefault(str(status), {"description": _MEANINGS[status]})
    content: dict[str, Mapping[str, Any]] = answer.setdefault("content", {})
    content[PROBLEM] = {"schema": {"$ref": "#/components/schemas/Problem"}}
