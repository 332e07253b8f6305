"""The application factory: one FastAPI application from collaborators that `runtime` opened.

Nothing is opened or read here. Routes are in `dashboard.api` (JSON), `dashboard.stream` (events) and
`dashboard.pages` (HTML).
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from config.rules_file import RuleSet
from config.settings import Settings
from dashboard.problems import install_problem_handlers
from dashboard.queries.queries import Queries
from dashboard.security.response_headers import SecurityHeaders
from heating.clock import Clock
from heating.protocols import Health, LatestValues, TimeSeriesStore
from storage.records.records import Records

__all__ = ["create_app"]

STATIC_FOLDER = Path(__file__).parent / "static"
"""Styles, scripts and vendored assets, served under ``/static``."""


def create_app(
    *,
    records: Records,
    store: TimeSeriesStore,
    live: LatestValues,
    rules: RuleSet,
    clock: Clock,
    settings: Settings,
    health_parts: Callable[[], Mapping[str, Health]],
    metrics_extra: Callable[[], str] | None = None,
    real_clock: Clock | None = None,
) -> FastAPI:
    """Build the application.

    Parameters
    ----------
    records, store, live, rules
        What is read and written.
    clock : Clock
        The time data are judged by (virtual in a demo).
    settings : Settings
        The whole tree.
    health_parts : callable
        Returns the health of each part for /readyz and /metrics; must answer within 2 s.
    metrics_extra : callable, optional
        Returns further lines for /metrics in Prometheus text form.
    real_clock : Clock, optional
        Real time for sessions; the system's by default.
    """
    raise NotImplementedError
