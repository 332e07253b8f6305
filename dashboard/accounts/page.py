"""Log-in, log-out, the language switch, the small account page, and where ``/`` leads."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from dashboard.accounts.actions import open_wall, sign_in, sign_out
from dashboard.web.context import page_response, reader_of
from dashboard.web.languages import LOCALE_COOKIE, LOCALES, N_
from dashboard.web.navigation import landing_page, safe_return_path
from dashboard.web.security.access import MaybeViewer, SignedIn, entry
from dashboard.web.security.accounts import Accounts, LogInRefusedError
from dashboard.web.security.log_in_desk import LogInsBusyError
from dashboard.web.security.session_cookie import set_session_cookie
from dashboard.web.security.throttle import ThrottledError
from dashboard.web.services import ServicesDep
from heating.errors import HeatingError

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_YEAR_S = 365 * 86_400

_FAILURES: dict[type[HeatingError], tuple[int, str]] = {
    LogInRefusedError: (401, N_("用户名或密码不对。")),
    ThrottledError: (429, N_("尝试太频繁，请一分钟后再试。")),
    LogInsBusyError: (503, N_("登录的人太多，请几秒后再试。")),
}


@router.get("/")
def home(viewer: MaybeViewer) -> Response:
    """Lead to the page a person starts with."""
    target = "/login" if viewer is None else landing_page(viewer.roles)
    return RedirectResponse(target, 303)


@router.get("/login")
def log_in_form(request: Request, viewer: MaybeViewer, next: str = "") -> Response:
    """Show the log-in form; somebody signed in already goes on."""
    if viewer is not None:
        return RedirectResponse(safe_return_path(next, otherwise=landing_page(viewer.roles)), 303)
    return page_response(request, None, "accounts/login.html", failure="", next=next[:500], username="")


@router.post("/login", dependencies=[Depends(entry)])
async def log_in(
    request: Request,
    services: ServicesDep,
    username: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=500)] = "",
    next: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Open a session and go on; a wrong name and a wrong password look the same."""
    try:
        signed_in = await sign_in(request, services, username, password)
    except (LogInRefusedError, ThrottledError, LogInsBusyError) as error:
        status, text = _FAILURES[type(error)]
        refusal = page_response(
            request,
            None,
            "accounts/login.html",
            status=status,
            failure=reader_of(request, None).text(text),
            next=next,
            username=username,
        )
        if isinstance(error, ThrottledError | LogInsBusyError):
            refusal.headers["retry-after"] = str(error.retry_after_s)
        return refusal
    target = safe_return_path(next, otherwise=landing_page(signed_in.viewer.roles))
    response = RedirectResponse(target, 303)
    set_session_cookie(response, signed_in, secure=services[Accounts].cookie_secure)
    return response


@router.get("/wall")
def wall(request: Request, viewer: MaybeViewer, services: ServicesDep, token: str = "") -> Response:
    """Open the overview on a wall by its link, which works once; the browser that opened it comes in again by its cookie."""
    try:
        signed_in = open_wall(request, services, token)
    except LogInRefusedError:
        if viewer is None:
            raise
        return RedirectResponse(landing_page(viewer.roles), 303)
    response = RedirectResponse(landing_page(signed_in.viewer.roles), 303)
    set_session_cookie(response, signed_in, secure=services[Accounts].cookie_secure)
    return response


@router.post("/logout")
def log_out(viewer: SignedIn, services: ServicesDep) -> Response:
    """End the session and show the log-in form."""
    return sign_out(services, viewer, RedirectResponse("/login", 303))


@router.get("/language/{locale}")
def switch_language(_viewer: MaybeViewer, services: ServicesDep, locale: str, next: str = "/") -> Response:
    """Keep a person's language in a cookie and return to the page they came from."""
    if locale not in LOCALES:
        raise HTTPException(404)
    response = RedirectResponse(safe_return_path(next, otherwise="/"), 303)
    secure = services[Accounts].cookie_secure
    response.set_cookie(LOCALE_COOKIE, locale, max_age=_YEAR_S, secure=secure, httponly=True, samesite="lax")
    return response


@router.get("/account")
def account(request: Request, viewer: SignedIn) -> Response:
    """Show who is signed in, and the way out."""
    return page_response(request, viewer, "accounts/account.html", areas=viewer.area_ids)
