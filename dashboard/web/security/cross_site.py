"""Against requests that another site makes in a signed-in person's browser: origin check and token."""

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from fastapi import Request

from heating.errors import HeatingError

__all__ = ["FORM_TYPES", "TOKEN_FIELD", "TOKEN_HEADER", "CrossSiteError", "check_origin", "check_token"]

TOKEN_HEADER = "X-CSRF-Token"
"""Header with the token; scripts of pages send it."""
TOKEN_FIELD = "csrf_token"
"""Form field with the token; plain forms send it."""
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


class CrossSiteError(HeatingError):
    """The request does not provably come from our own pages; the message says what is missing."""


def check_origin(headers: Mapping[str, str]) -> None:
    """Refuse a request that a browser says another site made.

    ``Sec-Fetch-Site`` counts where it is sent (every current browser); ``Origin`` must name the host that was asked.
    Clients that are no browsers send neither and pass.

    Raises
    ------
    CrossSiteError
        When either header speaks of another origin.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise CrossSiteError("this request comes from another site")
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        raise CrossSiteError("this request comes from another origin")


async def check_token(request: Request, *, expected: str) -> None:
    """Refuse a request without the session's token, compared in constant time.

    Raises
    ------
    CrossSiteError
        When the token is missing or another one.
    """
    given = request.headers.get(TOKEN_HEADER, "")
    if not given and request.headers.get("content-type", "").startswith(FORM_TYPES):
        field = (await request.form()).get(TOKEN_FIELD)
        given = field if isinstance(field, str) else ""
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise CrossSiteError(
            f"send the csrf_token of GET /api/v1/me in the header {TOKEN_HEADER} (or as form field)"
        )
