"""Every error as an answer: RFC 9457 problem JSON under ``/api``, a handled page elsewhere; never a stack trace.

What is shown on error pages is the pages' business: `install_problem_handlers` takes their renderer.
"""

import traceback
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import cast
from urllib.parse import quote

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.web.refusals import (
    InvalidRequestError,
    NotVisibleError,
    TooManyStreamsError,
    UnfitActionError,
    UnknownPointError,
)
from dashboard.web.security.access import ForbiddenError, SignInNeededError
from dashboard.web.security.accounts import LogInRefusedError
from dashboard.web.security.cross_site import CrossSiteError
from dashboard.web.security.log_in_desk import LogInsBusyError
from dashboard.web.security.throttle import ThrottledError
from heating.alarms import ForbiddenTransitionError
from heating.errors import HeatingError
from heating.tickets import ForbiddenTicketMoveError
from storage.readings.errors import TimeSeriesError
from storage.records.device_values import AssignmentConflictError
from storage.records.pages import InvalidCursorError

__all__ = ["ErrorPage", "install_problem_handlers", "problem_response"]

ErrorPage = Callable[[Request, int, str], Response]
"""Renders an error page from request, HTTP status and code (``not_found``, ``forbidden``, ``failed``, ...)."""

log = structlog.get_logger()


_STATUS: dict[type[HeatingError], tuple[int, str]] = {
    NotVisibleError: (404, "not_found"),
    SignInNeededError: (401, "sign_in_needed"),
    LogInRefusedError: (401, "login_refused"),
    ForbiddenError: (403, "forbidden"),
    CrossSiteError: (403, "cross_site"),
    ThrottledError: (429, "throttled"),
    TooManyStreamsError: (429, "too_many_streams"),
    LogInsBusyError: (503, "busy"),
    ForbiddenTransitionError: (409, "forbidden_transition"),
    ForbiddenTicketMoveError: (409, "forbidden_move"),
    AssignmentConflictError: (409, "assignment_conflict"),
    InvalidCursorError: (422, "invalid_cursor"),
    UnknownPointError: (422, "unknown_point"),
    UnfitActionError: (422, "unfit_action"),
    InvalidRequestError: (422, "invalid_request"),
}
_RETRY_AFTER_S = {429: ThrottledError.retry_after_s, 503: LogInsBusyError.retry_after_s}
_READINGS_AWAY = (
    "The store of readings does not answer. What devices send is kept meanwhile; ask again in a moment."
)
_RECORDS_AWAY = "A database that this needs does not answer. Nothing was changed; ask again in a moment."
_SILENT = frozenset({401, 403, 404})
"""Answers that say nothing beyond their title."""


def problem_response(
    request: Request, status: int, code: str, detail: str = "", *, errors: Sequence[object] = ()
) -> Response:
    """Return a problem document (RFC 9457) with our `code` as an extension member."""
    document: dict[str, object] = {
        "type": f"urn:nuanliu:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or HTTPStatus(status).description or HTTPStatus(status).phrase,
        "instance": request.url.path,
        "code": code,
    }
    if errors:
        document["errors"] = errors
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    if status in _RETRY_AFTER_S:
        headers["retry-after"] = str(_RETRY_AFTER_S[status])
    return Response(orjson.dumps(document), status, headers, "application/problem+json")


def install_problem_handlers(app: FastAPI, error_page: ErrorPage | None = None) -> None:
    """Hang the handlers into an application; without a renderer pages get a bare one."""
    answers = _Answers(error_page or _bare_page)
    app.add_exception_handler(HeatingError, answers.to_ours)
    app.add_exception_handler(HTTPException, answers.to_http)
    app.add_exception_handler(RequestValidationError, answers.to_validation)
    app.add_middleware(_CrashAnswers, answers=answers)


class _Answers:
    def __init__(self, error_page: ErrorPage) -> None:
        self._page = error_page

    def to_ours(self, request: Request, error: Exception) -> Response:
        known = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), None)
        if known is not None:
            status, code = known
            explained = status not in _SILENT or code in ("cross_site", "login_refused")
            return self._answer(request, status, code, str(error) if explained else "")
        ours = cast(HeatingError, error)
        log.error("dashboard.request_failed", path=request.url.path, error=type(error).__name__)
        if not ours.retryable:
            return self._answer(request, 500, "failed")
        # The phrase of the status speaks of a high load, which is not what happened.
        away = _READINGS_AWAY if isinstance(error, TimeSeriesError) else _RECORDS_AWAY
        return self._answer(request, 503, "unavailable", away)

    def to_http(self, request: Request, error: Exception) -> Response:
        status = cast(HTTPException, error).status_code
        response = self._answer(request, status, HTTPStatus(status).name.lower())
        for name, value in (cast(HTTPException, error).headers or {}).items():
            response.headers[name] = value
        if status == 405:
            response.headers["allow"] = ", ".join(sorted(methods_at(request)))
        return response

    def to_validation(self, request: Request, error: Exception) -> Response:
        if not _is_for_programs(request):
            return self._page(request, 422, "invalid_request")
        errors = [
            {"where": ".".join(str(part) for part in entry["loc"]), "what": entry["msg"]}
            for entry in cast(RequestValidationError, error).errors()
        ]
        detail = "The request does not fit its form."
        return problem_response(request, 422, "invalid_request", detail, errors=errors)

    def to_unexpected(self, request: Request, error: Exception) -> Response:
        # The text of the trace and not the exception: a renderer might add local variables, passwords among them.
        trace = "".join(traceback.format_exception(error))
        log.error("dashboard.request_crashed", path=request.url.path, trace=trace)
        return self._answer(request, 500, "failed")

    def _answer(self, request: Request, status: int, code: str, detail: str = "") -> Response:
        if _is_for_programs(request):
            return problem_response(request, status, code, detail)
        if code == "sign_in_needed":
            return _to_sign_in(request)
        return self._page(request, status, code)


class _CrashAnswers:
    """Answers what nobody foresaw, inside the wrappers that add headers; Starlette's own catch is outside of them."""

    def __init__(self, app: ASGIApp, *, answers: _Answers) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            response = self._answers.to_unexpected(Request(scope), error)
            if started:
                raise
            await response(scope, receive, send)


def methods_at(request: Request) -> set[str]:
    """Return every method that the address of a request takes: each route knows its own only."""
    found: set[str] = set()
    for route in request.app.routes:
        contexts = getattr(route, "effective_route_contexts", None)
        for context in () if contexts is None else contexts():
            if context.path_regex.match(request.url.path):
                found |= set(context.methods)
    return found


def _is_for_programs(request: Request) -> bool:
    return request.url.path.startswith(("/api/", "/healthz", "/readyz", "/metrics"))


def _to_sign_in(request: Request) -> Response:
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = f"/login?next={quote(here if request.method == 'GET' else '/', safe='')}"
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"hx-redirect": target})
    return RedirectResponse(target, status_code=303)


def _bare_page(request: Request, status: int, code: str) -> Response:
    phrase = HTTPStatus(status).phrase
    return HTMLResponse(
        f"<!doctype html><meta charset=utf-8><title>{status}</title><p>{status} {phrase}", status
    )
