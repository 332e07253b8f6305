"""How many files this process may open, and how many of them connections of strangers may take."""

import resource

from heating.errors import HeatingError

__all__ = ["FEWEST_CONNECTIONS", "RESERVED", "TooFewFilesError", "room_for_connections"]

RESERVED = 160
"""Descriptors that the web server leaves to stores, spool, broker, channels and a backup at work."""
FEWEST_CONNECTIONS = 32
"""With fewer connections the pages are of no use: a browser alone takes six."""


class TooFewFilesError(HeatingError):
    """The process may open so few files that pages would take those of the collector."""


def room_for_connections(wanted: int) -> int:
    """Return how many connections fit beside everything else; raises the soft limit of the process where it must.

    Parameters
    ----------
    wanted : int
        Connections that the settings allow.

    Raises
    ------
    TooFewFilesError
        When not even `FEWEST_CONNECTIONS` fit; says what is missing.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = RESERVED + wanted
    allowed = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        soft = allowed
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    room = wanted if soft == resource.RLIM_INFINITY else soft - RESERVED
    if room < FEWEST_CONNECTIONS:
        least = RESERVED + FEWEST_CONNECTIONS
        raise TooFewFilesError(
            f"this process may open {soft} files and needs {least} at least, {needed} for all connections of "
            f"web.max_connections: start it with LimitNOFILE={needed} (systemd) or `ulimit -n {needed}`"
        )
    return min(wanted, room)
