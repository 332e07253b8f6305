"""The session cookie and the address a request comes from."""

from fastapi import Request
from starlette.responses import Response

from dashboard.web.security.access import cookie_name
from dashboard.web.security.accounts import SignedIn

__all__ = ["clear_session_cookie", "client_address", "set_session_cookie"]


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


def client_address(request: Request, *, trusted_proxies: tuple[str, ...]) -> str:
    """Return the address that a request comes from.

    ``X-Forwarded-For`` is believed only where our own proxy sent it: from the right, the first address that is no
    trusted proxy.
    """
    address = request.client.host if request.client is not None else "unknown"
    hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    while address in trusted_proxies and hops:
        address = hops.pop()
    return address[:64]
