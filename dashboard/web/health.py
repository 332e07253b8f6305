"""Health, readiness, metrics, and the page that lists the interface."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import escape
from typing import TypeVar

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from dashboard.web.part_figures import exposition, readiness
from dashboard.web.replies import reply
from dashboard.web.security.access import anybody
from dashboard.web.services import ServicesDep

__all__ = ["router"]

router = APIRouter(dependencies=[Depends(anybody)])

Answer = TypeVar("Answer")

_WATCHERS = ThreadPoolExecutor(2, thread_name_prefix="watchers")


@router.get("/healthz", tags=["health"])
async def healthz() -> Response:
    """Say that the process lives; waits for no thread."""
    return reply({"status": "ok"})


@router.get("/readyz", tags=["health"])
async def readyz(services: ServicesDep) -> Response:
    """Say how each part stands; 503 when one is down."""
    document, ready = await _asked(lambda: readiness(services.health_parts()))
    return reply(document, 200 if ready else 503)


@router.get("/metrics", tags=["health"])
async def metrics(request: Request, services: ServicesDep) -> Response:
    """Figures of every part, in the text form that the scraper asks for."""
    accept = request.headers.get("accept", "")
    text, content_type = await _asked(lambda: exposition(services.metric_parts, accept=accept))
    return Response(text, headers={"content-type": content_type})


@router.get("/api/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """Describe the interface. Encoded once: anybody may ask, and each encoding would stop everybody for a while."""
    state = request.app.state
    if not hasattr(state, "openapi_document"):
        state.openapi_document = await asyncio.to_thread(lambda: orjson.dumps(request.app.openapi()))
    return Response(state.openapi_document, media_type="application/json")


@router.get("/api/docs", include_in_schema=False)
def docs(request: Request) -> Response:
    """List the interface, without anything from outside."""
    schema = request.app.openapi()
    rows = "".join(
        f"<tr><td><code>{method.upper()}</code><td><code>{escape(path)}</code><td>{escape(entry.get('description', ''))}"
        for path, methods in sorted(schema["paths"].items())
        for method, entry in methods.items()
    )
    return HTMLResponse(
        "<!doctype html><html lang=en><meta charset=utf-8><title>API</title>"
        "<style>body{font:16px/1.5 sans-serif;margin:2rem}td{padding:.25rem .75rem;vertical-align:top}</style>"
        f"<h1>{escape(schema['info']['title'])} API</h1>"
        '<p>OpenAPI: <a href="/api/openapi.json">/api/openapi.json</a></p>'
        f"<table>{rows}</table></html>"
    )


async def _asked(look: Callable[[], Answer]) -> Answer:
    """Ask every part in threads of its own: who watches the service is answered while it is in trouble."""
    return await asyncio.get_running_loop().run_in_executor(_WATCHERS, look)
