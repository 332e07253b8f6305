"""Opening a session for a request, and closing it."""

from fastapi import Request
from starlette.responses import Response

from dashboard.web.security.accounts import Accounts, SignedIn
from dashboard.web.security.addresses import client_address
from dashboard.web.security.log_in_desk import LogInDesk
from dashboard.web.security.session_cookie import clear_session_cookie
from dashboard.web.security.viewer import Viewer
from dashboard.web.services import Services

__all__ = ["open_wall", "sign_in", "sign_out"]


async def sign_in(request: Request, services: Services, username: str, password: str) -> SignedIn:
    """Open a session. Raises `LogInRefusedError`, `ThrottledError`, `LogInsBusyError`."""
    address = client_address(request, trusted_proxies=services.settings.web.trusted_proxies)
    accounts = services[Accounts]
    return await services[LogInDesk].attend(
        lambda: accounts.sign_in(username, password, address=address), username=username, address=address
    )


def open_wall(request: Request, services: Services, token: str) -> SignedIn:
    """Exchange the token of a wall, once, for the cookie of its browser. Raises `LogInRefusedError`."""
    address = client_address(request, trusted_proxies=services.settings.web.trusted_proxies)
    return services[Accounts].open_wall(token, address=address)


def sign_out(services: Services, viewer: Viewer, response: Response) -> Response:
    """End the viewer's session and take its cookie out of the browser; event streams end within seconds."""
    services[Accounts].sign_out(viewer)
    clear_session_cookie(response, secure=services[Accounts].cookie_secure)
    return response
