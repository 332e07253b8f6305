"""How long a window one query may span: 3.x Core reads a limited number of files, one or more for every 10 minutes.

Longer windows are read in pieces. The length starts from a setting or the server's default and falls when the server
says that a piece was too long.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import structlog

from heating.intervals import Interval
from storage.readings.errors import WindowTooLongError
from storage.readings.influxdb.flavour import Flavour

__all__ = ["QueryReach"]

FILE_SPAN = timedelta(minutes=10)
"""What one file of 3.x Core holds of a table; late rows make further files of the same span."""
DEFAULT_FILES = 432
"""Files that one query of 3.x Core may touch, as it is shipped (``--query-file-limit``)."""
MARGIN_FILES = 12
"""Files left over for the borders of a window and for late rows."""

_T = TypeVar("_T")
_log = structlog.get_logger()


class QueryReach:
    """Reads windows in pieces that the server reads.

    Parameters
    ----------
    flavour
        Only 3.x has a limit of its own.
    longest
        Longest window of a query; None: what the flavour reads at once.
    """

    def __init__(self, flavour: Flavour, longest: timedelta | None = None) -> None:
        if longest is None and flavour is Flavour.V3:
            longest = _span_of(DEFAULT_FILES)
        self.longest = longest
        """Longest window of a query now; None: any."""

    def read(self, window: Interval, ask: Callable[[Interval], _T]) -> list[_T]:
        """Ask for a window piece by piece and return the answers, oldest first.

        Raises
        ------
        WindowTooLongError
            When the server does not even read the span of one file.
        """
        answers: list[_T] = []
        start = window.start
        while True:
            end = window.end if self.longest is None else min(window.end, start + self.longest)
            piece = Interval(start, end)
            try:
                answers.append(ask(piece))
            except WindowTooLongError as error:
                self._shorten(piece, error)
                continue
            if end >= window.end:
                return answers
            start = end

    def _shorten(self, piece: Interval, error: WindowTooLongError) -> None:
        if piece.length <= FILE_SPAN:
            raise error
        half = piece.length / 2
        told = half if error.file_limit is None else _span_of(error.file_limit)
        self.longest = max(FILE_SPAN, told if told < piece.length else half)
        _log.warning(
            "storage.influxdb_query_shortened", longest_s=self.longest.total_seconds(), reason=str(error)
        )


def _span_of(files: int) -> timedelta:
    return FILE_SPAN * max(1, files - MARGIN_FILES)
