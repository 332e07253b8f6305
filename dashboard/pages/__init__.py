"""The pages people see: one router for all of them, and their error page.

Route modules: account (log-in, language), dispatcher (overview, one station), station_list, buildings (facade,
community), devices, alarm_console, incidents, hotline (households, tickets), resident, assets (files for the browser).
"""

from fastapi import APIRouter

from dashboard.pages import (
    account,
    alarm_console,
    assets,
    buildings,
    devices,
    dispatcher,
    hotline,
    incidents,
    resident,
    station_list,
)
from dashboard.pages.context import error_page

__all__ = ["error_page", "router"]

router = APIRouter(include_in_schema=False)
"""Every page; `dashboard.app` includes it."""
# The list comes before the single station: «sparks» is no station.
for _module in (
    assets,
    account,
    station_list,
    dispatcher,
    buildings,
    devices,
    alarm_console,
    incidents,
    hotline,
    resident,
):
    router.include_router(_module.router)
