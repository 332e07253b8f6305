"""Which pages a role is shown in its header, and where a person lands after log-in.

Showing an entry is a courtesy; whether the page opens is decided by its route.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from dashboard.web.languages import N_

__all__ = ["DESK_ROLES", "HOTLINE_ROLES", "Entry", "entries_for", "landing_page", "safe_return_path"]

DESK_ROLES = frozenset({"admin", "dispatcher", "maintenance", "wall"})
"""Roles of the dispatcher's pages; the wall reads only."""
HOTLINE_ROLES = frozenset({"admin", "hotline", "dispatcher"})
"""Roles that may open households and tickets."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the header."""

    path: str
    label: str
    """Chinese source text."""
    key: str
    """Letter after ``g`` that goes there."""
    roles: frozenset[str]


_ENTRIES = (
    Entry("/overview", N_("总览"), "o", DESK_ROLES | {"regulator", "hotline"}),
    Entry("/stations", N_("换热站"), "s", DESK_ROLES | {"hotline"}),
    Entry("/alarms", N_("告警"), "a", DESK_ROLES | {"hotline"}),
    Entry("/incidents", N_("事件"), "i", DESK_ROLES | {"hotline"}),
    Entry("/hotline", N_("热线"), "h", HOTLINE_ROLES),
    Entry("/tickets", N_("工单"), "t", HOTLINE_ROLES | {"maintenance"}),
    Entry("/devices", N_("设备"), "d", frozenset({"admin", "maintenance"})),
    Entry("/my", N_("我家"), "m", frozenset({"resident"})),
)


def entries_for(roles: AbstractSet[str]) -> list[Entry]:
    """Return the header's entries for somebody with these roles, in order."""
    return [entry for entry in _ENTRIES if entry.roles & roles]


def landing_page(roles: AbstractSet[str]) -> str:
    """Return where somebody with these roles starts."""
    if roles & DESK_ROLES or "regulator" in roles:
        return "/overview"
    entries = entries_for(roles)
    if "hotline" in roles:
        return "/hotline"
    return entries[0].path if entries else "/account"


def safe_return_path(wanted: str | None, *, otherwise: str) -> str:
    """Return a path on this site to go back to; anything that could lead elsewhere becomes `otherwise`.

    A browser reads ``//host`` and ``/\\host`` as another host and drops tabs and line ends, so only plain paths pass.
    """
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return otherwise
    if "\\" in wanted or any(ord(character) < 32 for character in wanted):
        return otherwise
    return wanted
