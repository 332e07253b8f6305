"""The pages people see: one router for all of them, and their error page."""

from fastapi import APIRouter

import dashboard.accounts.page
import dashboard.alarms.page
import dashboard.devices.page
import dashboard.homes.page
import dashboard.incidents.page
import dashboard.overview.page
import dashboard.places.page
import dashboard.residents.page
import dashboard.stations.page
import dashboard.tickets.page
from dashboard.homes.evidence_sentences import evidence_sentence, script_sentence
from dashboard.web import assets
from dashboard.web.context import error_page
from dashboard.web.rendering import register_sentences

__all__ = ["error_page", "router"]

router = APIRouter(include_in_schema=False)
"""Every page; `dashboard.app` includes it."""
for _module in (
    assets,
    dashboard.accounts.page,
    dashboard.stations.page,
    dashboard.overview.page,
    dashboard.places.page,
    dashboard.devices.page,
    dashboard.alarms.page,
    dashboard.incidents.page,
    dashboard.tickets.page,
    dashboard.homes.page,
    dashboard.residents.page,
):
    router.include_router(_module.router)
register_sentences(evidence=evidence_sentence, script=script_sentence)
