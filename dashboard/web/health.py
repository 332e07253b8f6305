"""Health, readiness, metrics, and the page that lists the interface."""

from html import escape

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from dashboard.web.part_figures import exposition, readiness
from dashboard.web.replies import reply
from dashboard.web.security.access import anybody
from dashboard.web.services import ServicesDep

__all__ = ["router"]

router = APIRouter(dependencies=[Depends(anybody)])


@router.get("/healthz", tags=["health"])
def healthz() -> Response:
    """Say that the process lives."""
    return reply({"status": "ok"})


@router.get("/readyz", tags=["health"])
def readyz(services: ServicesDep) -> Response:
    """Say how each part stands; 503 when one is down."""
    document, ready = readiness(services.health_parts())
    return reply(document, 200 if ready else 503)


@router.get("/metrics", tags=["health"])
def metrics(request: Request, services: ServicesDep) -> Response:
    """Figures of every part, in the text form that the scraper asks for."""
    text, content_type = exposition(services.metric_parts, accept=request.headers.get("accept", ""))
    return Response(text, headers={"content-type": content_type})


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
