"""The application factory: one FastAPI application from collaborators that `runtime` opened.

Nothing is opened or read here. Each subject has its JSON routes in `api` and its pages in `page`; events are in `dashboard.web.stream`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from fastapi import FastAPI
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.gzip import GZipMiddleware

from config.rules.reading import RuleSet
from config.settings.tree import Settings
from dashboard.accounts import api as accounts_api
from dashboard.alarms import api as alarms_api
from dashboard.alarms.actions import AlarmDesk
from dashboard.devices import api as devices_api
from dashboard.devices.actions import DeviceDesk
from dashboard.homes import api as homes_api
from dashboard.stations import api as stations_api
from dashboard.tickets.actions import TicketDesk
from dashboard.web import health, pages
from dashboard.web.problems import install_problem_handlers
from dashboard.web.queries import Queries
from dashboard.web.security.accounts import Accounts
from dashboard.web.security.passwords import PasswordVerifier
from dashboard.web.security.response_headers import SecurityHeaders
from dashboard.web.services import Services
from dashboard.web.stream import routes as stream_routes
from dashboard.web.stream.broadcaster import Broadcaster
from heating.clock import Clock, SystemClock
from heating.protocols import Health, LatestValues, TimeSeriesStore
from storage.records.records import Records

__all__ = ["create_app"]

MAX_BODY_BYTES = 1_048_576
"""Longest request body [bytes]: forms and small JSON only."""


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
    verifier: PasswordVerifier | None = None,
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
    verifier : PasswordVerifier, optional
        Compares passwords at log-in; one with the usual effort by default.

    Raises
    ------
    dashboard.web.security.accounts.MissingSecretError
        When cookies go over TLS and ``web.secret`` is missing or short.
    """
    real = real_clock or SystemClock()
    accounts = Accounts(
        people=records.people, audit=records.audit, settings=settings.web, clock=real, verifier=verifier
    )
    queries = Queries(records=records, store=store, live=live, rules=rules, clock=clock, settings=settings)
    broadcaster = Broadcaster(
        queries=queries, records=records, accounts=accounts, clock=clock, real_clock=real
    )
    app = FastAPI(
        title=settings.site.name_en,
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_with_streams(broadcaster),
    )
    app.state.services = Services(
        settings=settings,
        clock=clock,
        queries=queries,
        alarm_desk=AlarmDesk(records=records, clock=clock, defaults=rules.defaults),
        ticket_desk=TicketDesk(
            records=records,
            queries=queries,
            policies=settings.policies,
            clock=clock,
            announce=broadcaster.announce_ticket,
        ),
        device_desk=DeviceDesk(records=records, clock=clock),
        accounts=accounts,
        broadcaster=broadcaster,
        health_parts=health_parts,
        metrics_extra=metrics_extra,
    )
    _include_routes(app)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES)
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=5)
    app.add_middleware(SecurityHeaders, transport_security=settings.web.cookie_secure)
    return app


def _include_routes(app: FastAPI) -> None:
    for router in (
        accounts_api.router,
        stations_api.router,
        alarms_api.router,
        devices_api.router,
        homes_api.router,
        health.router,
        stream_routes.router,
    ):
        app.include_router(router)
    app.include_router(pages.router, include_in_schema=False)
    install_problem_handlers(app, pages.error_page)


def _with_streams(broadcaster: Broadcaster) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(broadcaster.run(), name="dashboard-streams")
        try:
            yield
        finally:
            broadcaster.close()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return lifespan
