"""Alarms, incidents and tickets of a running product, read by its API page by page.

What lives here: asking. What does not: what rows mean (`simulators.scoring.readers`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from simulators.scoring.readers import UnreadableError, alarm_of, incident_of, ticket_of
from simulators.scoring.score import Product

__all__ = ["fetch_product"]

_TIMEOUT_S = 30.0
_LIMIT = 200
_FORBIDDEN = (401, 403)


def fetch_product(url: str, token: str, *, client: httpx.Client | None = None) -> Product:
    """Read everything that a token may see.

    Parameters
    ----------
    url : str
        Address of the product.
    token : str
        Bearer token of a user who may see alarms of all areas; tickets are left out when it may not see them.
    client : httpx.Client or None
        Instead of one made from `url` and `token`.

    Raises
    ------
    UnreadableError
        When the product cannot be reached or refuses.
    """
    asking = client or httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=_TIMEOUT_S
    )
    try:
        return Product(
            alarms=[alarm_of(row) for row in _rows(asking, "/api/v1/alarms")],
            incidents=[incident_of(row) for row in _rows(asking, "/api/v1/incidents")],
            tickets=_tickets(asking),
        )
    except httpx.HTTPError as error:
        raise UnreadableError(f"{url}: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError(f"{url}: an answer has another shape than expected ({error!r})") from error
    finally:
        if client is None:
            asking.close()


def _tickets(client: httpx.Client) -> list[Any] | None:
    if client.get("/api/v1/tickets", params={"limit": 1}).status_code in _FORBIDDEN:
        return None
    return [ticket_of(row) for row in _rows(client, "/api/v1/tickets")]


def _rows(client: httpx.Client, path: str) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of all pages."""
    cursor: str | None = None
    while True:
        params: dict[str, str | int] = {"limit": _LIMIT}
        if cursor is not None:
            params["cursor"] = cursor
        reply = client.get(path, params=params)
        if not reply.is_success:
            raise UnreadableError(f"{reply.request.url}: the product answers {reply.status_code}")
        page = reply.json()
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return
