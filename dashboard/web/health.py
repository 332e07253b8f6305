"""Health, readiness, metrics, and the page that lists the interface."""

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from dashboard.web.replies import reply
from dashboard.web.security.access import anybody
from dashboard.web.services import ServicesDep
from heating.protocols import Health, HealthStatus

if TYPE_CHECKING:
    from prometheus_client.core import Metric

__all__ = ["PartFigures", "router"]

router = APIRouter(dependencies=[Depends(anybody)])

_WORTH = {HealthStatus.OK: 1.0, HealthStatus.DEGRADED: 0.5, HealthStatus.DOWN: 0.0}
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
def metrics(request: Request, services: ServicesDep) -> Response:
    """Figures of every part, in the text form that the scraper asks for."""
    from prometheus_client import CollectorRegistry  # 0.1 s that a start need not wait for
    from prometheus_client.exposition import choose_encoder

    registry = CollectorRegistry(auto_describe=False)
    registry.register(PartFigures(services.metric_parts))
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(registry), headers={"content-type": content_type})


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


class PartFigures:
    """Turns the health of parts into metrics when a registry collects.

    Parameters
    ----------
    parts : callable
        Returns the health of each part by name.
    """

    def __init__(self, parts: Callable[[], Mapping[str, Health]]) -> None:
        self._parts = parts

    def collect(self) -> "Iterator[Metric]":
        """Yield whether each part is up, then its figures; those that end in ``_total`` are counters."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        parts = sorted(self._parts().items())
        up = GaugeMetricFamily(
            "nuanliu_part_up", "1 when the part is ok, 0.5 when degraded, 0 when down.", labels=["part"]
        )
        for name, part in parts:
            up.add_metric([name], _WORTH[part.status])
        yield up
        for name, part in parts:
            for figure, value in sorted(part.figures.items()):
                metric = _NOT_IN_NAMES.sub("_", f"nuanliu_{name}_{figure}")
                family = CounterMetricFamily if metric.endswith("_total") else GaugeMetricFamily
                yield family(metric, f"{figure} of {name}", value=float(value))
