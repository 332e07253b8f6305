"""The pages people see: one router for all of them, and their error page.

Route modules: account (log-in, language), dispatcher (overview, stations), alarm_console (alarms, incidents), hotline
(households, tickets), resident, assets (files for the browser).
"""

from fastapi import APIRouter

from dashboard.pages import account, alarm_console, assets, dispatcher, hotline, resident
from dashboard.pages.context import error_page

__all__ = ["error_page", "router"]

router = APIRouter(include_in_schema=False)
"""Every page; `dashboard.app` includes it."""
for _module in (assets, account, dispatcher, alarm_console, hotline, resident):
    router.include_router(_module.router)
