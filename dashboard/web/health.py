"""Health, readiness, metrics, and the page that lists the interface."""

import re
from collections.abc import Iterator, Mapping
from html import escape

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from dashboard.web.replies import reply
from dashboard.web.security.access import anybody
from dashboard.web.services import ServicesDep
from heating.protocols import Health, HealthStatus

__all__ = ["router"]

router = APIRouter(dependencies=[Depends(anybody)])

_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_]+")


@router.get("/healthz", tags=["health"])
def healthz() -> Response:
    """Say that the process lives."""
    return reply({"status": "ok"})


@router.get("/readyz", tags=["health"])
def readyz(services: ServicesDep) -> Response:
    """Say how each part stands; 503 when one is down."""
    parts = services.health_parts()
    worst = _worst(parts)
    document = {
        "status": worst.value,
        "parts": {
            name: {"status": part.status.value, "reason": part.reason} for name, part in sorted(parts.items())
        },
    }
    return reply(document, 503 if worst is HealthStatus.DOWN else 200)


@router.get("/metrics", tags=["health"])
def metrics(services: ServicesDep) -> Response:
    """Figures of every part in Prometheus text form."""
    parts = dict(services.health_parts())
    parts["dashboard"] = services.broadcaster.health()
    lines = "\n".join(_metric_lines(parts)) + "\n"
    extra = services.metrics_extra() if services.metrics_extra is not None else ""
    return PlainTextResponse(lines + extra, media_type="text/plain; version=0.0.4; charset=utf-8")


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


def _worst(parts: Mapping[str, Health]) -> HealthStatus:
    order = (HealthStatus.DOWN, HealthStatus.DEGRADED)
    found = {part.status for part in parts.values()}
    return next((status for status in order if status in found), HealthStatus.OK)


def _metric_lines(parts: Mapping[str, Health]) -> Iterator[str]:
    yield "# HELP nuanliu_part_up 1 when the part is ok, 0.5 when degraded, 0 when down."
    yield "# TYPE nuanliu_part_up gauge"
    worth = {HealthStatus.OK: 1, HealthStatus.DEGRADED: 0.5, HealthStatus.DOWN: 0}
    for name, part in sorted(parts.items()):
        yield f'nuanliu_part_up{{part="{_label(name)}"}} {worth[part.status]}'
    for name, part in sorted(parts.items()):
        for figure, value in sorted(part.figures.items()):
            metric = _NOT_IN_NAMES.sub("_", f"nuanliu_{name}_{figure}")
            yield f"# TYPE {metric} {'counter' if metric.endswith('_total') else 'gauge'}"
            yield f"{metric} {float(value):g}"


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
