"""Progress of long work: a bar on a terminal, plain lines otherwise.

What lives here: how far something is, on standard error, so that standard output holds events only. What does not: how
often it is told (`simulators.publishing.history`).
"""

from typing import TextIO

__all__ = ["Progress"]

_BAR = 30
_EVERY_PCT = 10


class Progress:
    """Shows how far one piece of work is.

    Parameters
    ----------
    out : TextIO
        Where to; a bar that renews itself when this is a terminal, a line every tenth of the way otherwise.
    label : str
        What is being done.
    """

    def __init__(self, out: TextIO, label: str) -> None:
        self._out = out
        self._label = label
        self._bar = out.isatty()
        self._shown_pct = -1

    def show(self, done: float, total: float) -> None:
        """Tell how far it is.

        Parameters
        ----------
        done, total : float
            In the same unit; `total` above 0.
        """
        pct = int(100 * min(1.0, max(0.0, done / total)))
        due = (
            pct > self._shown_pct if self._bar else pct // _EVERY_PCT > max(self._shown_pct, 0) // _EVERY_PCT
        )
        if not due:
            return
        self._shown_pct = pct
        if self._bar:
            filled = _BAR * pct // 100
            end = "\n" if pct == 100 else ""
            self._out.write(f"\r{self._label} [{'#' * filled}{'.' * (_BAR - filled)}] {pct:3d} %{end}")
        else:
            self._out.write(f"{self._label}: {pct} %\n")
        self._out.flush()
