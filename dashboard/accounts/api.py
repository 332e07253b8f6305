"""Log-in, log-out and who I am."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from dashboard.accounts.actions import sign_in, sign_out
from dashboard.web.replies import PlainText, reply
from dashboard.web.security.access import entry, require
from dashboard.web.security.accounts import Accounts
from dashboard.web.security.session_cookie import set_session_cookie
from dashboard.web.security.viewer import Viewer
from dashboard.web.services import ServicesDep

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["account"])


class LogIn(BaseModel):
    """Name and password."""

    username: PlainText = Field(min_length=1, max_length=128)
    password: PlainText = Field(min_length=1, max_length=1024)


class Me(BaseModel):
    """The signed-in account."""

    username: str
    roles: list[str]
    area_ids: list[str] | None = Field(description="Areas it is bound to; null: all.")
    household_id: str | None
    locale: str | None
    csrf_token: PlainText = Field(
        description="To be sent as X-CSRF-Token with POST, PATCH and DELETE; empty for tokens."
    )


@router.post("/login", dependencies=[Depends(entry)], response_model=Me)
async def login(body: LogIn, request: Request, services: ServicesDep) -> Response:
    """Open a session; the answer sets the session cookie."""
    accounts = services[Accounts]
    signed_in = await sign_in(request, services, body.username, body.password)
    response = reply(_me(signed_in.viewer, accounts.csrf_token(signed_in.viewer)).model_dump())
    set_session_cookie(response, signed_in, secure=accounts.cookie_secure)
    return response


@router.post("/logout", status_code=204)
def logout(viewer: Annotated[Viewer, Depends(require())], services: ServicesDep) -> Response:
    """End the session; its event streams end within seconds."""
    return sign_out(services, viewer, Response(status_code=204))


@router.get("/me", response_model=Me)
def me(viewer: Annotated[Viewer, Depends(require())], request: Request) -> Response:
    """Who is signed in, with the cross-site token."""
    return reply(_me(viewer, request.state.csrf_token).model_dump())


def _me(viewer: Viewer, csrf_token: str) -> Me:
    return Me(
        username=viewer.username,
        roles=sorted(viewer.roles),
        area_ids=None if viewer.area_ids is None else sorted(viewer.area_ids),
        household_id=viewer.household_id,
        locale=viewer.locale,
        csrf_token=csrf_token,
    )
