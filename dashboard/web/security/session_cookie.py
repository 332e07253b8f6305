"""The session cookie."""

from starlette.responses import Response

from dashboard.web.security.access import cookie_name
from dashboard.web.security.accounts import SignedIn

__all__ = ["clear_session_cookie", "set_session_cookie"]


def set_session_cookie(response: Response, signed_in: SignedIn, *, secure: bool) -> None:
    """Put a fresh session into a response."""
    response.set_cookie(
        cookie_name(secure=secure),
        signed_in.token,
        max_age=signed_in.max_age_s,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def clear_session_cookie(response: Response, *, secure: bool) -> None:
    """Take the session out of the browser."""
    response.delete_cookie(cookie_name(secure=secure), path="/", secure=secure, httponly=True, samesite="lax")
