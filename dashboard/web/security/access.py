"""From a request to a viewer, and what a route asks of one. Every route declares `require(...)` or `anybody`.

Contract for routes and pages:

- ``viewer: Staff`` (and `Clerk`, `Actor`, ...): 401 without a log-in, 403 without the role.
- ``viewer: MaybeViewer``: no log-in needed; the viewer if there is one.
- cookie-authenticated POST, PUT, PATCH and DELETE need the cross-site token, as form field ``csrf_token`` or header
  ``X-CSRF-Token``; templates find it in ``request.state.csrf_token`` (empty without a session).
- the log-in itself declares `entry`: it checks where the request comes from, and needs no token.

Areas and households are not checked here but by the view of the subject.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

from fastapi import Depends, Request

from dashboard.web.refusals import InvalidRequestError, NotVisibleError
from dashboard.web.security.accounts import Accounts
from dashboard.web.security.addresses import client_address
from dashboard.web.security.cross_site import FORM_TYPES, check_origin, check_token
from dashboard.web.security.viewer import ACTORS, CLERKS, CREW, KEEPERS, OBSERVERS, STAFF, Role, Viewer
from dashboard.web.services import services_of
from heating.errors import HeatingError

__all__ = [
    "Access",
    "Actor",
    "Clerk",
    "Crew",
    "ForbiddenError",
    "Keeper",
    "MaybeViewer",
    "Observer",
    "Resident",
    "SignInNeededError",
    "SignedIn",
    "Staff",
    "anybody",
    "cookie_name",
    "current_viewer",
    "entry",
    "require",
]

_IDENTITY_THREADS = ThreadPoolExecutor(8, thread_name_prefix="identity")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class SignInNeededError(HeatingError):
    """Nobody is signed in; pages lead to the log-in, the JSON interface answers 401."""


class ForbiddenError(HeatingError):
    """Signed in, without the role that the route asks for: 403."""


def cookie_name(*, secure: bool) -> str:
    """Return the name of the session cookie; the ``__Host-`` prefix binds it to TLS, this host and the whole path."""
    return "__Host-nuanliu" if secure else "nuanliu"


async def current_viewer(request: Request) -> Viewer | None:
    """Return who sent the request, None when nobody is signed in; asks the records once a request.

    A bearer token is looked at first; where one is sent the cookie is not believed.
    """
    if hasattr(request.state, "viewer"):
        known: Viewer | None = request.state.viewer
        return known
    accounts = services_of(request)[Accounts]
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    address = client_address(request, trusted_proxies=services_of(request).settings.web.trusted_proxies)
    if scheme:
        bearer = token.strip() if scheme.lower() == "bearer" else ""
        viewer = await _identified(accounts.viewer_of_token, bearer, address) if bearer else None
    else:
        cookie = request.cookies.get(cookie_name(secure=accounts.cookie_secure), "")
        viewer = await _identified(accounts.viewer_of_session, cookie, address) if cookie else None
    request.state.viewer = viewer
    by_cookie = viewer is not None and not viewer.by_token
    request.state.csrf_token = accounts.csrf_token(viewer) if viewer is not None and by_cookie else ""
    return viewer


async def _identified(find: Callable[[str, str], Viewer | None], secret: str, address: str) -> Viewer | None:
    """Look a secret up in threads of its own: who is asking must be known while routes hold all of the others."""
    return await asyncio.get_running_loop().run_in_executor(_IDENTITY_THREADS, find, secret, address)


class Access:
    """What a route asks of who calls it; a FastAPI dependency that gives the viewer.

    Parameters
    ----------
    roles : tuple of str, optional
        One of them is needed; empty: any signed-in viewer; None: nobody needs to be signed in.
    token : bool
        Whether cookie-authenticated unsafe methods need the cross-site token.
    """

    def __init__(self, *, roles: tuple[str, ...] | None, token: bool = True) -> None:
        self.roles = roles
        self.token = token

    async def __call__(self, request: Request) -> Viewer | None:
        """Return the viewer, or raise `SignInNeededError`, `ForbiddenError`, `CrossSiteError`."""
        viewer = await current_viewer(request)
        if "\x00" in request.scope["path"]:
            raise NotVisibleError("no id holds a NUL")
        if b"%00" in request.scope.get("query_string", b""):
            raise InvalidRequestError("no text holds a NUL; databases choke on it")
        if self.roles is not None:
            if viewer is None:
                raise SignInNeededError("sign in first")
            if self.roles and not viewer.has(*self.roles):
                raise ForbiddenError("this needs another role")
        if request.method not in _SAFE_METHODS:
            await self._refuse_cross_site(request, viewer)
            await _refuse_nul_in_form(request)
        return viewer

    async def _refuse_cross_site(self, request: Request, viewer: Viewer | None) -> None:
        if viewer is not None and viewer.by_token:
            return
        check_origin(request.headers)
        if viewer is not None and self.token:
            await check_token(request, expected=request.state.csrf_token)


async def _refuse_nul_in_form(request: Request) -> None:
    """Refuse what PostgreSQL cannot keep; JSON is checked by its models."""
    if request.headers.get("content-type", "").startswith(FORM_TYPES):
        fields = await request.form()
        if any(isinstance(value, str) and "\x00" in value for value in fields.values()):
            raise InvalidRequestError("no text holds a NUL; databases choke on it")


def require(*roles: str) -> Access:
    """Return the dependency that needs one of the roles; without arguments any signed-in viewer."""
    return Access(roles=roles)


anybody = Access(roles=None)
"""Dependency of routes that are open to everybody; gives the viewer or None."""
entry = Access(roles=None, token=False)
"""Dependency of the log-in: open, checks the origin, needs no token."""

MaybeViewer = Annotated[Viewer | None, Depends(anybody)]
"""Parameter of a route that is open to everybody."""
SignedIn = Annotated[Viewer, Depends(require())]
"""Parameter of a route for anybody who is signed in."""
Staff = Annotated[Viewer, Depends(require(*STAFF))]
"""Parameter of a route for who may read stations, alarms and incidents."""
Observer = Annotated[Viewer, Depends(require(*OBSERVERS))]
"""Parameter of a route for who may read aggregates."""
Actor = Annotated[Viewer, Depends(require(*ACTORS))]
"""Parameter of a route for who may act on alarms."""
Clerk = Annotated[Viewer, Depends(require(*CLERKS))]
"""Parameter of a route for who may look up households."""
Crew = Annotated[Viewer, Depends(require(*CREW))]
"""Parameter of a route for who may read tickets."""
Keeper = Annotated[Viewer, Depends(require(*KEEPERS))]
"""Parameter of a route for who may look after devices."""
Resident = Annotated[Viewer, Depends(require(Role.RESIDENT))]
"""Parameter of a route about the resident's own home."""
